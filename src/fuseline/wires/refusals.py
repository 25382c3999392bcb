"""What error responses have in common on all wires: their headers, the word for their kind, what is known beside."""

import math
from collections.abc import Mapping

from fuseline.types.errors import (
    FuselineError,
    ModelNotFound,
    NoEndpoint,
    RunFailed,
    TooBusy,
    Unauthorized,
    UpstreamError,
    shown,
)
from fuseline.types.json import Json
from fuseline.types.requests import Request
from fuseline.types.runs import NOT_SENT, Run
from fuseline.wires.metadata import status_of

TYPES: Mapping[int, str] = {
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
}
"""The `type` where a request was not just bad: litellm takes every `invalid_request_error` for a status of 400."""


def type_of(error: FuselineError) -> str:
    """The `type` of an error, in the words of OpenAI's clients."""
    return TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "server_error")


PUBLIC: Mapping[str, str] = {
    "provider_auth": "provider_unavailable",
    "provider_payment_required": "provider_unavailable",
}
"""Error types of ours that the vendor's list does not have, and what stands for them where that list is closed."""


def headers_of(error: FuselineError) -> dict[str, str]:
    """When to come again, which run it was, and where asking again is useless or would buy the run twice, that."""
    headers: dict[str, str] = {}
    wait = error.retry_after if isinstance(error, RunFailed | UpstreamError | TooBusy) else None
    if wait is not None:
        headers["Retry-After"] = str(max(1, math.ceil(wait)))
    if error.run is not None:
        headers["X-Generation-Id"] = error.run.id
    if isinstance(error, Unauthorized) or (error.run is not None and error.run.calls):
        headers["x-should-retry"] = "false"  # a wrong key stays wrong; Claude Code asks ten times in three minutes
    return headers


def public_type(error: FuselineError) -> str:
    """The error type in the vendor's list, where that is closed."""
    return PUBLIC.get(error.kind, error.kind)


def error_metadata(error: FuselineError) -> dict[str, Json]:
    """What is known of an error beside its sentence: its type, the run, and who failed on the way."""
    metadata: dict[str, Json] = {"error_type": error.kind}
    if isinstance(error, RunFailed | UpstreamError) and error.provider_code and error.status != 500:
        metadata["provider_code"] = error.provider_code
    if error.run is not None:
        metadata["request_id"] = error.run.id
        if previous := write_attempts(error.run):
            metadata["previous_errors"] = previous
    if isinstance(error, RunFailed):
        metadata["failure_reason"] = error.reason
        metadata["failed_models"] = list(error.failures)
    return metadata


MODELS_PATH = "/v1/models"


def availability(error: FuselineError, request: Request | None) -> dict[str, Json]:
    """Why no model of the names that were asked for can be served, and which are near them; empty for other errors.

    The list of those that can be is where to look.
    """
    if isinstance(error, NoEndpoint):
        return {
            "code": error.code,
            "retryable": False,
            "requested_models": [shown(error.model)],
            "docs_url": f"{MODELS_PATH}/{shown(error.model)}/endpoints",
            **({"excluded_by": list(error.excluded_by)} if error.excluded_by else {}),
        }
    if not isinstance(error, ModelNotFound) or request is None:
        return {}
    asked = (error.model,) if error.model else (request.model, *request.fallbacks)
    told: dict[str, Json] = {
        "code": "model_not_found",
        "retryable": False,
        "requested_models": [shown(slug) for slug in asked],
        "docs_url": MODELS_PATH,
    }
    return {**told, "fallback_models": list(error.nearest)} if error.nearest else told


def write_attempts(run: Run) -> list[Json]:
    """The calls of a run that went out and failed, each with our word for it and never the upstream's sentence."""
    return [
        {"provider": call.endpoint, "code": call.error, "status": status_of(call.error)}
        for call in run.calls
        if call.error and call.error not in (NOT_SENT, "cancelled")
    ]
