"""Errors as the Responses wire carries them: in an envelope of their own, and inside a failed response."""

from collections.abc import Mapping

from pydantic_core import to_json

from fuseline.types.errors import FuselineError, InvalidRequest
from fuseline.types.json import Json
from fuseline.types.requests import Request
from fuseline.wires.base import ErrorBody
from fuseline.wires.metadata import write_metadata
from fuseline.wires.refusals import availability, error_metadata, headers_of, type_of

CODES: Mapping[str, str] = {
    "rate_limit_exceeded": "rate_limit_exceeded",
    "invalid_request": "invalid_prompt",
    "invalid_prompt": "invalid_prompt",
    "context_length_exceeded": "invalid_prompt",
    "content_policy_violation": "image_content_policy_violation",
}
"""The word of this wire for each error type; `server_error` for all others."""
PATHS: Mapping[str, str] = {"messages": "input"}
"""Where on this wire stands what is found wrong with the conversation as a whole."""


def write_error(error: FuselineError, request: Request | None = None) -> ErrorBody:
    """An error as a response of its own: a number for a code as HTTP has it, and this wire's word as its type."""
    fields: dict[str, Json] = {
        "code": error.status,
        "message": error.message,
        "type": CODES.get(error.kind) or type_of(error),
        "param": param_of(error),
        "metadata": error_metadata(error),
    }
    if available := availability(error, request):
        fields["availability"] = available
    body: dict[str, Json] = {"error": fields}
    if request is not None and request.include_metadata and error.run is not None:
        body["openrouter_metadata"] = write_metadata(error.run, request)
    return ErrorBody(error.status, to_json(body), headers_of(error))


def error_field(error: FuselineError) -> dict[str, Json]:
    """The `error` of a failed response, where the code is a word."""
    return {
        "code": CODES.get(error.kind, "server_error"),
        "message": error.message,
        "metadata": error_metadata(error),
    }


def param_of(error: FuselineError) -> str | None:
    """The path to what is wrong."""
    param = error.param if isinstance(error, InvalidRequest) else None
    return None if param is None else PATHS.get(param, param)
