"""What an upstream's failure means, in the words of the fault table. It knows no wire: a wire finds the error."""

import math
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic_core import from_json

from fuseline.types.errors import ParameterRefused, UpstreamError
from fuseline.types.json import list_of, object_of

MESSAGE_LIMIT = 300
RETRY_AFTER_MOST = 86_400
BEHIND_LITELLM = "llm_provider-retry-after"
"""What LiteLLM's proxy makes of the `Retry-After` of its own upstream (tests/real/test_litellm.py, 2026-11)."""
RETRIED = frozenset({408, 429, 500, 502, 503, 504, 529})
CONTEXT_WORDS = (
    "context_length", "context length", "context size", "maximum context", "too many tokens", "prompt is too long",
)  # fmt: skip
SPEND_WORDS = ("spend limit", "spending limit", "usage limit", "insufficient_quota", "credit balance", "billing")
SEARCH = "web_search"
"""What stands for the upstream's own search among the optional parameters of a call."""
SEARCH_WORDS = ("web_search", "web search", "google_search", "google search", "googlesearch", "search tool")
SECRET = re.compile(r"(?:sk|pk|fg|gsk|xai|key|AIza)[-_A-Za-z0-9]{12,}|Bearer\s+\S+", re.IGNORECASE)
REASONS: Mapping[int, tuple[str, str]] = {
    400: ("bad_request", "the upstream refused the request"),
    401: ("upstream_auth", "the upstream refused our key; check the key of this endpoint"),
    402: ("upstream_credits", "the account at the upstream has no credit"),
    403: ("forbidden", "the upstream does not permit this request"),
    404: ("model_not_found", "the upstream has no such model"),
    408: ("upstream_timeout", "the upstream timed out"),
    413: ("too_large", "the request is too large for the upstream; send less"),
    422: ("unprocessable", "the upstream could not process the request"),
    429: ("rate_limited", "the upstream's rate limit is reached"),
    529: ("overloaded", "the upstream is overloaded"),
}
KINDS: Mapping[str, int] = {
    "context_length_exceeded": 400,
    "max_tokens_exceeded": 400,
    "token_limit_exceeded": 400,
    "string_too_long": 400,
    "invalid_request": 400,
    "invalid_prompt": 400,
    "precondition_failed": 400,
    "authentication": 401,
    "payment_required": 402,
    "permission_denied": 403,
    "content_policy_violation": 403,
    "refusal": 403,
    "not_found": 404,
    "timeout": 408,
    "payload_too_large": 413,
    "unprocessable": 422,
    "rate_limit_exceeded": 429,
    "server": 500,
    "provider_unavailable": 502,
    "provider_overloaded": 529,
}
"""The status that each error type of OpenRouter's, and so of ours, stands for; its envelopes on all wires name it."""


def failure(status: int, headers: Mapping[str, str], error: Mapping[str, Any], sent: frozenset[str]) -> UpstreamError:
    """Say what an upstream's error response means, once the wire has found the error in its body."""
    asked = headers.get("Retry-After") or headers.get(BEHIND_LITELLM)
    found = meaning(status, error, retry_after(asked) if asked else None, sent)
    if asked is not None and not is_seconds(asked):
        found.retryable = False  # a date or nonsense: whoever sent it did not mean the next few seconds
    return found


def meaning(status: int, error: Mapping[str, Any], wait: float | None, sent: frozenset[str]) -> UpstreamError:
    """Match status and wording to a reason. The upstream's sentence is kept short, and never for a key it refused."""
    text = redact(str(error.get("message") or ""))
    words = f"{text} {error.get('code')} {error.get('type')}".lower()
    refused = refused_parameter(status, words, str(error.get("param") or ""), sent)
    if refused:
        return ParameterRefused(refused, f"the upstream refuses the parameter {refused}", status_code=status)
    reason, sentence = REASONS.get(status, ("upstream_error", "the upstream failed"))
    if status and status not in REASONS and not 500 <= status < 600:
        reason, sentence = "unexpected_status", f"the upstream answered with status {status}"
    spent = status in (400, 403, 429) and any(word in words for word in SPEND_WORDS)
    if spent:
        reason, sentence = "upstream_spend_limit", "the spend limit at the upstream is reached"
    elif status in (400, 413, 422) and any(word in words for word in CONTEXT_WORDS):
        reason, sentence = "context_length", "the request is longer than the model's context"
    if text and status not in (0, 401, 402) and status < 500:
        sentence = f"{sentence}: {text}"
    return UpstreamError(
        reason,
        sentence if status or not text else f"{sentence}: {text}",
        status_code=status or None,
        provider_code=redact(str(error.get("code") or error.get("type") or ""))[:60],
        retryable=status in RETRIED and not spent,
        retry_after=wait,
    )


def error_object(body: bytes) -> Mapping[str, Any]:
    """The error inside a response body, however its upstream nests it; empty where there is none."""
    try:
        value: Any = from_json(body)
    except ValueError:
        return {}
    first = (list_of(value) or [value])[0]  # Gemini's compatible endpoint wraps its error in a list
    fields = object_of(first)
    inner: Any = fields.get("error", fields)
    return object_of(inner) or {"message": str(inner)}


def refused_parameter(status: int, words: str, param: str, sent: frozenset[str]) -> str:
    """Which optional parameter of ours the upstream refuses, if that is what it says."""
    if status not in (400, 422):
        return ""
    if SEARCH in sent and any(word in words for word in SEARCH_WORDS):
        return SEARCH  # before `tools`, where some say it is: our function still stands in for it
    return next((name for name in sorted(sent) if name in (param, param.split(".")[0]) or name in words), "")


def redact(text: str) -> str:
    """An upstream's sentence made safe to show: one short line, without anything that looks like a key."""
    return SECRET.sub("***", " ".join(text.split()))[:MESSAGE_LIMIT]


def retry_after(value: str) -> float | None:
    """Seconds to wait, from either form of `Retry-After`; `None` for one that makes no sense."""
    try:
        seconds = float(value)
    except ValueError:
        return retry_date(value)
    return seconds if math.isfinite(seconds) and 0 <= seconds <= RETRY_AFTER_MOST else None


def is_seconds(value: str) -> bool:
    """Whether a `Retry-After` is a sensible number of seconds."""
    return value.strip().replace(".", "", 1).isdigit() and float(value) <= RETRY_AFTER_MOST


def retry_date(value: str) -> float | None:
    """Seconds until an HTTP date. Never waited for by us, but told to clients."""
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    from_now = moment.timestamp() - time.time()
    return from_now if 0 <= from_now <= RETRY_AFTER_MOST else None
