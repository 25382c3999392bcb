"""The events of a run as a stream of a page: those it has not had, then all that come, to the end."""

from collections.abc import AsyncGenerator
from itertools import starmap

import anyio
from starlette.requests import Request as HTTPRequest
from starlette.responses import StreamingResponse

from fuseline.doors.console.finding import find
from fuseline.doors.console.live import LiveRun, LiveRuns
from fuseline.doors.console.views import Shown, write_run
from fuseline.storage.base import Store
from fuseline.storage.rows import write_json
from fuseline.types.errors import InvalidRequest, NotFound
from fuseline.types.json import Json, JsonObject
from fuseline.wires.sse import frame

SILENCE_S = 10.0
"""After so long a silence a comment is sent, so that nobody on the way takes the connection for dead."""
BEAT_S = 0.04
"""Events are sent at most so often: what comes in between is sent together, which a page draws at once."""
LOOK_S = 0.5
"""How often it is looked whether a run has ended that somebody else began."""
SILENCE = b": still here\n\n"
LONGEST_NUMBER = 15
"""Digits of a number that can be one of ours."""


async def watch(run_id: str, request: HTTPRequest, live: LiveRuns, store: Store) -> StreamingResponse:
    """Answer with the events of a run.

    :raises NotFound: when there is none of that id.
    """
    after = place_of(request)
    found, going = await find(run_id, live, store), live.find(run_id)
    told = follow(going, after) if going else wait_for(found.shown, live, store)
    return StreamingResponse(told, headers={"X-Accel-Buffering": "no"}, media_type="text/event-stream")


def place_of(request: HTTPRequest) -> int:
    """The number of the last event that the page has had; the one that a browser gives by itself is the newer one.

    :raises InvalidRequest: when it is no number.
    """
    said = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
    if not (said.isascii() and said.isdigit() and len(said) <= LONGEST_NUMBER):
        raise InvalidRequest("after: must be the number of an event", "after")
    return int(said)


async def follow(live: LiveRun, after: int) -> AsyncGenerator[bytes]:
    """The events of a run behind a number, as they happen."""
    while True:
        told = None
        with anyio.move_on_after(SILENCE_S):
            told = await live.log.news(after)
        if told is None:
            yield SILENCE
            continue
        if not told:
            return
        after = told[-1][0]
        yield b"".join(starmap(written, told))
        await anyio.sleep(BEAT_S)


async def wait_for(shown: Shown, live: LiveRuns, store: Store) -> AsyncGenerator[bytes]:
    """The end of a run that is not told from here, as soon as it has come."""
    while shown.run.status == "running":
        yield SILENCE
        await anyio.sleep(LOOK_S)
        try:
            shown = (await find(shown.run.id, live, store)).shown
        except NotFound:
            return  # it ended, and somebody was quick to delete it
    yield written(1, {"n": 1, "at": shown.run.finished_at or shown.run.created_at, **ending(shown)})


def ending(shown: Shown) -> dict[str, Json]:
    """The last event of a run that is over."""
    run = shown.run
    if run.status == "completed":
        return {"type": "finished", "run": write_run(shown)}
    return {"type": "failed", "error": run.error, "kind": run.error_kind, "run": write_run(shown)}


def written(number: int, event: JsonObject) -> bytes:
    """An event as a stream has it."""
    return b"id: %d\n" % number + frame(write_json(event).encode())
