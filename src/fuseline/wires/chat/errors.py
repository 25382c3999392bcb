"""Errors as chat completions carry them: those of upstreams read, those of ours written."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from fuseline.types.errors import FuselineError, InvalidRequest, UpstreamError
from fuseline.types.json import Json, object_of
from fuseline.types.requests import Request
from fuseline.wires.base import ErrorBody
from fuseline.wires.faults import error_object, failure, meaning
from fuseline.wires.metadata import write_metadata
from fuseline.wires.refusals import availability, error_metadata, headers_of, public_type, type_of


def read_error(status: int, headers: Mapping[str, str], body: bytes, sent: frozenset[str]) -> UpstreamError:
    """Say what an upstream's error response means."""
    return failure(status, headers, error_object(body), sent)


def read_stream_error(error: Any) -> UpstreamError:
    """Say what an error object inside a body or a stream means; its code stands in for a status."""
    fields = object_of(error) or {"message": str(error)}
    code = fields.get("code")
    status = int(code) if isinstance(code, int | str) and str(code).isdigit() and len(str(code)) == 3 else 0
    return meaning(status, fields, None, frozenset())


def write_error(error: FuselineError, request: Request | None = None) -> ErrorBody:
    """An error as a response of its own. After money was spent it tells SDKs not to buy the run again."""
    envelope: dict[str, Json] = {"error": error_body(error, request)}
    if error.run is not None and request is not None and request.include_metadata:
        envelope["openrouter_metadata"] = write_metadata(error.run, request)
    return ErrorBody(error.status, to_json(envelope), headers_of(error))


def late_error_body(error: FuselineError, request: Request) -> dict[str, Json]:
    """The same inside a stream, where the vendor's list of error types is closed."""
    body = error_body(error, request)
    return {**body, "metadata": {**error_metadata(error), "error_type": public_type(error)}}


def error_body(error: FuselineError, request: Request | None = None) -> dict[str, Json]:
    """The inner object of the envelope, readable by OpenAI's and OpenRouter's clients alike."""
    body: dict[str, Json] = {
        "code": error.status,
        "message": error.message,
        "type": type_of(error),
        "param": error.param if isinstance(error, InvalidRequest) else None,
        "metadata": error_metadata(error),
    }
    if available := availability(error, request):
        body["availability"] = available
    return body
