"""Errors as messages carry them: the vendor's envelope, with the error type that all wires share inside it."""

from collections.abc import Mapping

from pydantic_core import to_json

from fuseline.types.errors import FuselineError, InvalidRequest
from fuseline.types.json import Json
from fuseline.types.requests import Request
from fuseline.wires.base import ErrorBody
from fuseline.wires.metadata import write_metadata
from fuseline.wires.refusals import availability, error_metadata, headers_of, public_type

TYPES: Mapping[str, str] = {
    "authentication": "authentication_error",
    "permission_denied": "permission_error",
    "payment_required": "billing_error",
    "not_found": "not_found_error",
    "image_not_found": "not_found_error",
    "rate_limit_exceeded": "rate_limit_error",
    "provider_overloaded": "overloaded_error",
    "timeout": "timeout_error",
}
"""The vendor's word for each error type; all others are the client's mistake or ours, by their status."""
PATHS: Mapping[str, str] = {"response_format.json_schema.schema": "output_config.format.schema"}
"""Where on this wire stands what the planner finds wrong."""


def write_error(error: FuselineError, request: Request | None = None) -> ErrorBody:
    """An error as a response of its own. After money was spent it tells SDKs not to buy the run again."""
    return ErrorBody(error.status, to_json(error_body(error, request)), headers_of(error))


def error_body(error: FuselineError, request: Request | None) -> dict[str, Json]:
    """The envelope, the same as a response and inside a stream."""
    fields: dict[str, Json] = {"type": type_of(error), "message": error.message, "error_type": public_type(error)}
    if available := availability(error, request):
        fields["availability"] = available
    body: dict[str, Json] = {
        "type": "error",
        "error": fields,
        "request_id": error.run.id if error.run else None,
    }
    if details := details_of(error):
        body["metadata"] = details
    if request is not None and request.include_metadata and error.run is not None:
        body["openrouter_metadata"] = write_metadata(error.run, request)
    return body


def type_of(error: FuselineError) -> str:
    """The vendor's word for an error."""
    mistake = "invalid_request_error" if error.status < 500 else "api_error"
    return TYPES.get(error.kind, mistake)


def details_of(error: FuselineError) -> dict[str, Json]:
    """What the vendor's envelope has no place for: the path to what is wrong, and who failed on the way."""
    if isinstance(error, InvalidRequest) and error.param:
        return {"param": PATHS.get(error.param, error.param)}
    return error_metadata(error) if error.run is not None else {}
