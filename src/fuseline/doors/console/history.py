"""The runs that are kept: found again, named, starred, deleted."""

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictStr
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import Route

from fuseline.assembly import House
from fuseline.doors.console.answers import API, nothing, read, told
from fuseline.doors.console.views import write_header
from fuseline.doors.http.lookups.shapes import Query, read_query
from fuseline.storage.base import Listed, Store, Wanted
from fuseline.types.errors import InvalidRequest, NotFound, shown
from fuseline.types.json import Json
from fuseline.types.runs import RunStatus
from fuseline.wires.shapes import Closed

MOST = 200
"""Runs that are listed at once at the most."""
LONGEST_TITLE = 200
MARKS_LIMIT = 16 << 10
"""Bytes that names and stars may take."""


class RunsQuery(Query):
    """Which runs are wanted."""

    search: str = ""
    """Words in prompt, title or answer."""
    status: RunStatus | Literal[""] = ""
    model: str = ""
    """A part of the name of the writer or of somebody on the panel."""
    error: str = ""
    """Words in why the run or a part of it failed."""
    starred: bool = False
    before: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """Seconds since the epoch: when the last run began that is known already."""
    before_id: str = ""
    """That run, since others may have begun at the same moment."""
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50


class MarksBody(Closed):
    """What changes of a run; what is absent stays."""

    title: Annotated[StrictStr, Field(max_length=LONGEST_TITLE)] | None = None
    """An empty one is none."""
    starred: StrictBool | None = None


class History:
    """The routes of kept runs."""

    def __init__(self, house: House) -> None:
        self._store = house.store

    async def list_runs(self, request: HTTPRequest) -> Response:
        """Tell which runs there are, newest first, and whether there are more."""
        query = read_query(RunsQuery, request)
        found = await self._store.history(
            Wanted(
                search=query.search.strip(),
                status=query.status,
                model=query.model.strip(),
                error=query.error.strip(),
                starred=query.starred,
                before=query.before,
                before_id=query.before_id,
                limit=query.limit + 1,
            )
        )
        return told({"runs": [header(one) for one in found[: query.limit]], "more": len(found) > query.limit})

    async def mark(self, request: HTTPRequest) -> Response:
        """Name or star a run, and tell how it is listed now."""
        run_id, body = run_id_of(request), await read(MarksBody, request, MARKS_LIMIT)
        if body.title is None and body.starred is None:
            raise InvalidRequest("there is nothing to change: give a title, or starred")
        title = None if body.title is None else one_line(body.title)
        listed = await self._store.mark(run_id, title=title, starred=body.starred)
        if listed is None:
            raise NotFound(f"there is no run {shown(run_id)}")
        return told(header(listed))

    async def remove(self, request: HTTPRequest) -> Response:
        """Delete a run with everything that was said in it."""
        run_id = run_id_of(request)
        removal = await self._store.remove(run_id)
        if removal == "running":
            raise InvalidRequest("the run is still under way: stop it, or wait for its end", kind="running", status=409)
        if removal == "unknown":
            raise NotFound(f"there is no run {shown(run_id)}")
        return nothing()


def routes(house: House) -> list[Route]:
    """The routes of kept runs."""
    history, run = History(house), f"{API}/runs/{{id}}"
    return [
        Route(f"{API}/runs", history.list_runs, methods=["GET"]),
        Route(run, history.mark, methods=["PATCH"]),
        Route(run, history.remove, methods=["DELETE"]),
    ]


def header(listed: Listed) -> dict[str, Json]:
    """A run as lists show it. It has no title until somebody gives it one: the page shows how the prompt begins."""
    return write_header(listed.run, listed.marks, listed.prompt, listed.panel)


def run_id_of(request: HTTPRequest) -> str:
    """The run that a path names."""
    return str(request.path_params["id"])


async def listed_run(store: Store, run_id: str) -> Listed:
    """A run by its whole id.

    :raises NotFound: when there is none.
    """
    listed = await store.listed(run_id)
    if listed is None:
        raise NotFound(f"there is no run {shown(run_id)}")
    return listed


def one_line(title: str) -> str:
    """A title without line breaks and what cannot be seen."""
    return "".join(letter for letter in " ".join(title.split()) if letter.isprintable())
