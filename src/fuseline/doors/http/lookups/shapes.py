"""The shapes of queries and replies that look-ups share. They are checked, served and documented by the same words."""

from typing import TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import to_json
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from fuseline.types.errors import InvalidRequest


class Shown(BaseModel):
    """A JSON object of a reply. A field with a default is sent all the same."""

    model_config = ConfigDict(
        frozen=True, use_attribute_docstrings=True, json_schema_serialization_defaults_required=True
    )


class Query(BaseModel):
    """The query of a look-up. What we do not know is let through and forgotten."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True, extra="ignore")


def digits(value: object) -> object:
    """A number of a query, which is a run of digits and nothing else."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and len(value) < 16):
        raise ValueError("must be a whole number, in digits")
    return value


DIGITS = BeforeValidator(digits)
MOST = 1_000_000_000
"""No list is longer and no context larger."""
AnyQuery = TypeVar("AnyQuery", bound=Query)


def read_query(kind: type[AnyQuery], request: HTTPRequest) -> AnyQuery:
    """Read and check a query.

    :raises InvalidRequest: naming the first parameter that is missing or wrong.
    """
    try:
        return kind.model_validate(dict(request.query_params))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        name = str(first["loc"][0])
        if first["type"] == "missing":
            raise InvalidRequest(f"{name} is required", name) from None
        said = first["msg"].removeprefix("Value error, ")
        raise InvalidRequest(f"{name}: {said[:1].lower()}{said[1:]}", name) from None


def reply(shown: Shown, status: int = 200) -> Response:
    """An object as a response."""
    return Response(to_json(shown), status, media_type="application/json")
