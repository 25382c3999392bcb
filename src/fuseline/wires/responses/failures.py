"""Errors as Responses upstreams tell them, in a response of their own, in a failed one, or in an event."""

from collections.abc import Mapping
from typing import Any

from fuseline.types.errors import UpstreamError
from fuseline.types.json import object_of
from fuseline.wires.faults import KINDS, error_object, failure, meaning

CODES: Mapping[str, int] = {
    "invalid_prompt": 400,
    "context_length_exceeded": 400,
    "invalid_encrypted_content": 400,
    "invalid_api_key": 401,
    "image_content_policy_violation": 403,
    "bio_policy": 403,
    "cyber_policy": 403,
    "model_not_found": 404,
    "vector_store_timeout": 408,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "server_error": 500,
    "server_is_overloaded": 529,
    "slow_down": 529,
}
"""The status that each code of this protocol stands for, where it comes without one."""
BY_NAME = frozenset({"include", "store"})
"""Parameters whose names are everyday words: refused only where the error says so in its `param`."""


def read_error(status: int, headers: Mapping[str, str], body: bytes, sent: frozenset[str]) -> UpstreamError:
    """Say what an upstream's error response means."""
    error = error_object(body)
    named = str(error.get("param") or "").split(".")[0]
    known = {**error, "type": kind_of(error) or error.get("type")}
    return failure(status, headers, known, sent - (BY_NAME - {named}))


def read_event_error(error: Any, kind: str = "") -> UpstreamError:
    """Say what an error inside a stream or a failed response means; its words stand in for a status."""
    fields = object_of(error) or {"message": str(error or "")}
    code = str(fields.get("code") or "")
    numbered = int(code) if code.isdigit() and len(code) == 3 else 0
    named = KINDS.get(kind_of(fields) or kind) or CODES.get(code) or CODES.get(str(fields.get("type"))) or 0
    return meaning(numbered or named, fields, None, frozenset())


def kind_of(error: Mapping[str, Any]) -> str:
    """The error type that OpenRouter and we put beside the protocol's own words."""
    return str(object_of(error.get("metadata")).get("error_type") or "")
