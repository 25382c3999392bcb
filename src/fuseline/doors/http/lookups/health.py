"""The look-ups of those who watch over the process: whether it lives, and whether it can serve."""

from typing import Literal

from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from fuseline.assembly import House
from fuseline.doors.http.lookups.shapes import Shown, reply


class HealthReply(Shown):
    """How the server is."""

    status: Literal["ok", "nothing to call"]


async def healthz(house: House, request: HTTPRequest) -> Response:
    """Tell that the process lives."""
    return reply(HealthReply(status="ok"))


async def readyz(house: House, request: HTTPRequest) -> Response:
    """Tell whether requests can be served: the database answers and there is something to call."""
    await house.store.runs(limit=1)
    ready = bool(house.catalog.reachable())
    return reply(HealthReply(status="ok" if ready else "nothing to call"), 200 if ready else 503)
