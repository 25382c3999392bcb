"""The routes of the console's API: to ask, to watch, to stop, to write again; and those of its neighbours."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fuseline.assembly import House
from fuseline.doors.console import export, history, record, spend, votes
from fuseline.doors.console.answers import API, read, told
from fuseline.doors.console.asking import RefusionBody, WishBody, given_of, preset_of, refusion_of, request_of
from fuseline.doors.console.desk import desk
from fuseline.doors.console.estimate import estimate
from fuseline.doors.console.finding import Found, find
from fuseline.doors.console.live import LiveRuns
from fuseline.doors.console.repeating import Asked, read_asked, unrepeatable
from fuseline.doors.console.views import write_run
from fuseline.doors.console.watching import watch
from fuseline.storage.base import Marks
from fuseline.types.errors import InvalidRequest

Answer = Callable[[HTTPRequest], Awaitable[Response]]


class Asking:
    """The routes by which runs are begun, watched and stopped."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._live = LiveRuns(house.gateway, house.background, content=house.settings.store.content)

    @property
    def routes(self) -> list[Route]:
        """All of them."""
        run = f"{API}/runs/{{id}}"
        return [
            route("GET", f"{API}/desk", self.desk),
            route("POST", f"{API}/estimate", self.estimate),
            route("POST", f"{API}/runs", self.ask),
            route("GET", run, self.run),
            route("GET", f"{run}/events", self.events),
            route("POST", f"{run}/stop", self.stop),
            route("POST", f"{run}/fuse", self.fuse),
        ]

    async def desk(self, request: HTTPRequest) -> Response:
        """Tell what there is to ask with."""
        return told(await desk(self._house))

    async def estimate(self, request: HTTPRequest) -> Response:
        """Tell what a run may cost."""
        wish, house = await self._wish(request), self._house
        asked = request_of(wish, house.settings, house.catalog, await self._like(wish))
        return told(estimate(asked, house.settings, house.catalog))

    async def ask(self, request: HTTPRequest) -> Response:
        """Begin a run."""
        wish, house = await self._wish(request), self._house
        given = given_of(wish, await self._find(wish.given.run)) if wish.given else ()
        asked = request_of(wish, house.settings, house.catalog, await self._like(wish))
        parent = wish.given.run if wish.given else ""
        marks = Marks(parent=parent, preset=preset_of(wish, house.settings, house.catalog))
        run_id = await self._live.start(asked, given, marks)
        await house.store.mark(run_id, parent=marks.parent, preset=marks.preset)
        return told({"id": run_id}, 202)

    async def fuse(self, request: HTTPRequest) -> Response:
        """Begin a run over the answers of another."""
        body = await read(RefusionBody, request, self._house.settings.server.body_limit)
        found = await self._find(request.path_params["id"])
        asked, given = refusion_of(body, found, self._house.catalog)
        marks = Marks(parent=found.shown.run.id, preset=found.shown.marks.preset)
        run_id = await self._live.start(asked, given, marks)
        await self._house.store.mark(run_id, parent=marks.parent, preset=marks.preset)
        return told({"id": run_id}, 202)

    async def run(self, request: HTTPRequest) -> Response:
        """Tell all of a run."""
        found = await self._find(request.path_params["id"])
        return told(write_run(found.shown))

    async def events(self, request: HTTPRequest) -> Response:
        """Tell what happens in a run."""
        return await watch(request.path_params["id"], request, self._live, self._house.store)

    async def stop(self, request: HTTPRequest) -> Response:
        """Stop a run; one that is over stays as it is."""
        run_id = str(request.path_params["id"])
        if not self._live.stop(run_id):
            found = await self._find(run_id)
            if found.shown.run.status == "running":
                raise InvalidRequest("the run was not begun here: only its own client can stop it", status=409)
        return told({"id": run_id}, 202)

    async def _find(self, run_id: str) -> Found:
        return await find(run_id, self._live, self._house.store)

    async def _like(self, wish: WishBody) -> Asked | None:
        """How the run was asked that a wish is like; `None` where it is like none."""
        if not wish.like:
            return None
        found = await self._find(wish.like)
        reason = unrepeatable(found.asked)
        if reason:
            raise InvalidRequest(reason, "like")
        return read_asked(found.asked, found.shown.panel)

    async def _wish(self, request: HTTPRequest) -> WishBody:
        return await read(WishBody, request, self._house.settings.server.body_limit)


def route(method: str, path: str, answer: Answer) -> Route:
    """One route."""
    return Route(path, answer, methods=[method])


def console_routes(house: House) -> list[BaseRoute]:
    """Every route of the console's API but that of its sessions."""
    kept = [route for neighbour in (history, record, votes, spend, export) for route in neighbour.routes(house)]
    return [*Asking(house).routes, *kept]
