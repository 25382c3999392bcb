"""Errors as messages upstreams tell them, in a response of their own or as an event."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json

from fuseline.types.errors import UpstreamError
from fuseline.types.json import object_of
from fuseline.wires.faults import KINDS, error_object, failure, meaning

TYPES: Mapping[str, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "timeout_error": 408,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "overloaded_error": 529,
}
"""The status that each of the vendor's error types stands for, where it comes without one."""


def read_error(status: int, headers: Mapping[str, str], body: bytes, sent: frozenset[str]) -> UpstreamError:
    """Say what an upstream's error response means."""
    error = error_object(body)
    known = {**error, "type": error.get("error_type") or error.get("type"), "param": param_of(body)}
    return failure(status, headers, known, sent)


def read_event_error(error: Any) -> UpstreamError:
    """Say what an error inside a stream or a body means; its type stands in for a status."""
    fields = object_of(error) or {"message": str(error or "")}
    status = KINDS.get(str(fields.get("error_type"))) or TYPES.get(str(fields.get("type"))) or 0
    return meaning(status, fields, None, frozenset())


def param_of(body: bytes) -> str:
    """The path to what is wrong, which we put beside the error: the vendor's envelope has no place for it."""
    try:
        fields = object_of(from_json(body))
    except ValueError:
        return ""
    return str(object_of(fields.get("metadata")).get("param") or "")
