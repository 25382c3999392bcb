"""The HTTP door as a whole: routes, the guard before them, and errors that always come in the documented envelope."""

import logging
from collections.abc import Iterable, Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from fuseline.assembly import SERVER_WIRES, House
from fuseline.doors.console.answers import write_refusal
from fuseline.doors.console.pages import page_routes
from fuseline.doors.console.routes import console_routes
from fuseline.doors.console.safety import Safety, concerns
from fuseline.doors.console.session import Sessions, session_routes
from fuseline.doors.http.completions import Completions
from fuseline.doors.http.cors import Cors
from fuseline.doors.http.counting import Counting
from fuseline.doors.http.express import Express
from fuseline.doors.http.guard import Guard
from fuseline.doors.http.lookups.routes import PREFIXES, lookup_routes
from fuseline.doors.http.openapi.document import document_bytes
from fuseline.doors.http.stream import Pace
from fuseline.types.errors import FuselineError, InvalidRequest, NotFound
from fuseline.wires.base import ErrorBody

logger = logging.getLogger(__name__)


def build_app(house: House, pace: Pace | None = None) -> ASGIApp:
    """The application that serves a gateway over HTTP."""
    server = house.settings.server
    key = server.api_key.get_secret_value() if server.api_key else ""
    sessions = Sessions(key)
    every = routes(house, pace or Pace(), sessions)
    app = Starlette(
        routes=every,
        exception_handlers={FuselineError: tell, HTTPException: tell_http, Exception: tell_unexpected},
    )
    guarded = Guard(Express(app, expresses(every)), key, server.allowed_hosts, Safety(sessions), write_error)
    return Cors(guarded, server.cors_origins) if server.cors_origins else guarded


def routes(house: House, pace: Pace, sessions: Sessions) -> list[BaseRoute]:
    """Every route, under both of the prefixes that clients use, and a few without; those that are in a hurry first."""
    completions = [Completions(wire, house.gateway, house.settings, pace) for wire in SERVER_WIRES.values()]
    endpoints = [*completions, Counting(SERVER_WIRES["messages"], house.settings.server.body_limit)]
    inference = [Route(prefix + one.path, one, methods=["POST"]) for prefix in PREFIXES for one in endpoints]
    told = [Route(prefix + "/openapi.json", describe) for prefix in PREFIXES]
    console = [*page_routes(), *session_routes(sessions), *console_routes(house)]
    return [*inference, *console, *lookup_routes(house), *told]


def expresses(every: Iterable[BaseRoute]) -> dict[str, ASGIApp]:
    """The endpoints that carry out runs, by their paths. What breaks in them is told as everywhere else."""
    runs = (route for route in every if isinstance(route, Route) and isinstance(route.endpoint, Completions))
    return {route.path: ServerErrorMiddleware(route.app, tell_unexpected) for route in runs}


async def describe(request: HTTPRequest) -> Response:
    """Give this server's own description, which needs no key."""
    return Response(document_bytes(), media_type="application/json")


def write_error(error: FuselineError, path: str) -> ErrorBody:
    """An error as the wire says it that a client speaks who comes by this path; as chat completions elsewhere."""
    if concerns(path):
        return write_refusal(error)
    bare = path.removeprefix("/api").removeprefix("/v1")
    wires = SERVER_WIRES.values()
    spoken = next((wire for wire in wires if bare == wire.path or bare.startswith(f"{wire.path}/")), None)
    return (spoken or SERVER_WIRES["chat"]).write_error(error)


def respond(error: FuselineError, request: HTTPRequest, headers: Mapping[str, str] | None = None) -> Response:
    """An error as a response, with these headers beside its own."""
    body = write_error(error, request.url.path)
    return Response(body.body, body.status, {**body.headers, **(headers or {})}, media_type="application/json")


async def tell(request: HTTPRequest, error: Exception) -> Response:
    """Answer with an error of ours."""
    return respond(error if isinstance(error, FuselineError) else FuselineError("something went wrong"), request)


async def tell_http(request: HTTPRequest, error: Exception) -> Response:
    """Answer for a route or method that is not there."""
    status, headers = (error.status_code, error.headers) if isinstance(error, HTTPException) else (500, None)
    if status == 405 and request.method == "OPTIONS":
        return Response(status_code=204, headers=headers)
    if status == 404:
        return respond(NotFound(f"there is no route {request.method} {request.url.path[:100]}"), request)
    if status == 405:
        return respond(InvalidRequest(f"{request.method} is not allowed here", status=405), request, headers)
    return respond(InvalidRequest("the request cannot be served", status=status), request)


async def tell_unexpected(request: HTTPRequest, error: Exception) -> Response:
    """Answer for a fault of ours, without its details."""
    logger.error("a request broke", exc_info=error)
    return respond(FuselineError("something went wrong inside the gateway; its log has the details"), request)
