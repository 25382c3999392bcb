"""What a failure is about: the request, which fails everywhere, or this endpoint, so that another may answer."""

from fuseline.types.errors import NotCalled, UpstreamError

ELSEWHERE = frozenset({
    "connect_refused", "connect_timeout", "dns_failure", "tls_failure", "upstream_reset", "pool_exhausted",
    "upstream_auth", "upstream_credits", "upstream_spend_limit", "forbidden", "model_not_found", "rate_limited",
    "upstream_error", "overloaded", "upstream_timeout", "unexpected_status", "first_byte_timeout",
    "first_token_timeout", "upstream_truncated", "upstream_bad_json", "bad_content_type", "bad_encoding",
    "decompression_limit", "line_too_long", "empty_completion",
})  # fmt: skip
"""Failures that another endpoint may not have."""
JUDGED = ("policy", "moderation", "flagged", "refusal")
"""Words by which an upstream forbids what is asked, rather than who asks: elsewhere the same is wrong."""


def may_go_elsewhere(error: UpstreamError) -> bool:
    """Whether another endpoint may answer what this one could not."""
    return isinstance(error, NotCalled) or (error.reason in ELSEWHERE and not judged(error))


def judged(error: UpstreamError) -> bool:
    """Whether an upstream forbade the content of a request."""
    words = f"{error.provider_code} {error.message}".lower()
    return error.reason == "forbidden" and any(word in words for word in JUDGED)
