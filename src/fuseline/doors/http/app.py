"""The HTTP door as a whole: routes, the guard before them, and errors that always come in the documented envelope."""

import logging

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from fuseline.assembly import SERVER_WIRES, House
from fuseline.doors.http.completions import Completions
from fuseline.doors.http.guard import Guard
from fuseline.doors.http.lookups import Lookups
from fuseline.doors.http.stream import Pace
from fuseline.types.errors import FuselineError, InvalidRequest, NotFound

logger = logging.getLogger(__name__)


def build_app(house: House, pace: Pace | None = None) -> ASGIApp:
    """The application that serves a gateway over HTTP."""
    app = Starlette(
        routes=routes(house, pace or Pace()),
        exception_handlers={FuselineError: tell, HTTPException: tell_http, Exception: tell_unexpected},
    )
    server = house.settings.server
    key = server.api_key.get_secret_value() if server.api_key else ""
    return Guard(app, key, server.allowed_hosts, SERVER_WIRES["chat"].write_error)


def routes(house: House, pace: Pace) -> list[BaseRoute]:
    """Every route, under both of the prefixes that clients use, and a few without."""
    limit = house.settings.server.body_limit
    lookups = Lookups(house.catalog, house.store)
    endpoints = [Completions(wire, house.gateway, limit, pace) for wire in SERVER_WIRES.values()]
    found: list[BaseRoute] = [Route("/healthz", lookups.healthz), Route("/readyz", lookups.readyz)]
    for prefix in ("/v1", "/api/v1", ""):
        found += [
            *(Route(f"{prefix}{one.path}", one, methods=["POST"]) for one in endpoints),
            Route(f"{prefix}/models", lookups.models),
            Route(f"{prefix}/models/count", lookups.count),
            Route(f"{prefix}/generation", lookups.generation),
        ]
    return found


def respond(error: FuselineError) -> Response:
    """An error as a response."""
    body = SERVER_WIRES["chat"].write_error(error)
    return Response(body.body, body.status, dict(body.headers), media_type="application/json")


async def tell(request: HTTPRequest, error: Exception) -> Response:
    """Answer with an error of ours."""
    return respond(error if isinstance(error, FuselineError) else FuselineError("something went wrong"))


async def tell_http(request: HTTPRequest, error: Exception) -> Response:
    """Answer for a route or method that is not there."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404:
        return respond(NotFound(f"there is no route {request.method} {request.url.path[:100]}"))
    if status == 405:
        return respond(InvalidRequest(f"{request.method} is not allowed here", status=405))
    return respond(InvalidRequest("the request cannot be served", status=status))


async def tell_unexpected(request: HTTPRequest, error: Exception) -> Response:
    """Answer for a fault of ours, without its details."""
    logger.error("a request broke", exc_info=error)
    return respond(FuselineError("something went wrong inside the gateway; its log has the details"))
