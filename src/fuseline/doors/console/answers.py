"""What the console's routes have in common: how a body is read, how an answer is written, and how a refusal is."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from fuseline.doors.http.messages import ClientGone, read_body
from fuseline.storage.rows import write_json
from fuseline.types.errors import FuselineError, InvalidRequest
from fuseline.types.json import Json, JsonObject
from fuseline.wires.base import ErrorBody
from fuseline.wires.refusals import headers_of
from fuseline.wires.shapes import invalid

API = "/console/api"
"""What stands before every path of the console's API."""
AnyBody = TypeVar("AnyBody", bound=BaseModel)


async def read(kind: type[AnyBody], request: HTTPRequest, limit: int) -> AnyBody:
    """Read and check a JSON body of at most so many bytes.

    :raises InvalidRequest: naming the first thing that is wrong with it.
    """
    try:
        body = await read_body(request.receive, request.headers, limit)
    except ClientGone:
        raise InvalidRequest("the client left before it had sent everything") from None
    try:
        return kind.model_validate(from_json(body))
    except ValidationError as error:
        raise invalid(error) from None
    except ValueError:
        raise InvalidRequest("the body is not JSON") from None


def told(body: JsonObject, status: int = 200) -> Response:
    """A value as an answer. What a model wrote and JSON cannot say is mended."""
    return Response(write_json(body), status, media_type="application/json")


def nothing() -> Response:
    """The answer where there is nothing to tell but that it is done."""
    return Response(status_code=204)


def write_refusal(error: FuselineError) -> ErrorBody:
    """An error as the console's page reads it."""
    body: dict[str, Json] = {"message": error.message, "kind": error.kind}
    if isinstance(error, InvalidRequest) and error.param:
        body["param"] = error.param
    return ErrorBody(error.status, write_json({"error": body}).encode(), headers_of(error))
