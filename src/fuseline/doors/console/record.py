"""What happened in a run as it is kept: every event in a line, and each whole where somebody opens it."""

from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import Route

from fuseline.assembly import House
from fuseline.doors.console.answers import API, told
from fuseline.doors.console.history import run_id_of
from fuseline.storage.base import StoredRun
from fuseline.storage.rows import write_json
from fuseline.types.errors import NotFound, shown
from fuseline.types.json import Json
from fuseline.types.runs import Noted

BRIEF = 160
"""Characters of an event that a line shows."""


class Record:
    """The routes of kept events."""

    def __init__(self, house: House) -> None:
        self._store = house.store

    async def list_events(self, request: HTTPRequest) -> Response:
        """Tell every event of a run in a line."""
        run = await self._run(run_id_of(request))
        return told({"events": [in_a_line(event) for event in run.events]})

    async def event(self, request: HTTPRequest) -> Response:
        """Tell all of an event."""
        run, number = await self._run(run_id_of(request)), int(request.path_params["n"])
        found = next((event for event in run.events if event.sequence == number), None)
        if found is None:
            raise NotFound(f"the run has no event {number}")
        return told({**numbered(found), "body": found.body})

    async def _run(self, run_id: str) -> StoredRun:
        listed = await self._store.listed(run_id)  # by the whole id, not by how one begins
        run = await self._store.run(run_id) if listed else None
        if run is None:
            raise NotFound(f"there is no run {shown(run_id)}")
        return run


def numbered(event: Noted) -> dict[str, Json]:
    """Which event it is."""
    return {"n": event.sequence, "at": event.at, "kind": event.kind}


def in_a_line(event: Noted) -> dict[str, Json]:
    """An event with how its body begins, and how many characters that has."""
    body = write_json(event.body)
    return {**numbered(event), "brief": body[:BRIEF], "size": len(body)}


def routes(house: House) -> list[Route]:
    """The routes of kept events."""
    record, path = Record(house), f"{API}/runs/{{id}}/record"
    return [
        Route(path, record.list_events, methods=["GET"]),
        Route(f"{path}/{{n:int}}", record.event, methods=["GET"]),
    ]
