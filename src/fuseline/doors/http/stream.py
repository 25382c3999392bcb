"""How a run reaches a client over HTTP: streamed or whole, never silent for long, with a real status while one is possible."""

from typing import assert_never

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream
from starlette.types import Send

from fuseline.doors.http.messages import answer, answer_error, piece, start
from fuseline.gateway import Gateway
from fuseline.types.errors import FuselineError
from fuseline.types.events import Event, Failed, Finished, RunStarted, SeatAnswered, TextDelta
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from fuseline.wires.base import ServerWire
from fuseline.wires.sse import KEEP_ALIVE

STREAM_HOLD_S = 1.9
"""Seconds for which a stream's status line is held back, so that a quick failure still gets a status of its own."""
WHOLE_HOLD_S = 3.0
"""The same for a reply that comes whole; clients were seen to give up after five seconds without a byte."""
SILENCE_S = 1.5
"""Seconds of silence after which something is sent."""
WHITE_SPACE = b" \n"


async def stream(request: Request, wire: ServerWire, gateway: Gateway, send: Send) -> None:
    """Carry a request through and send its events as they happen."""
    async with gateway.listen(request) as events:
        outlet = Outlet(request, wire, send)
        while not outlet.over:
            await outlet.take(await next_batch(events, outlet.patience))


async def next_batch(events: MemoryObjectReceiveStream[Event], seconds: float) -> list[Event]:
    """The events that have come by now, or within `seconds`; none where nothing happens for so long."""
    batch: list[Event] = []
    with anyio.move_on_after(max(seconds, 0)):
        batch.append(await events.receive())
    while batch and events.statistics().current_buffer_used:
        batch.append(events.receive_nowait())
    return batch


class Outlet:
    """One client's stream: held back at first, then written to at every event, and at every long silence."""

    def __init__(self, request: Request, wire: ServerWire, send: Send) -> None:
        self._request = request
        self._wire = wire
        self._writer = wire.stream(request)
        self._send = send
        self._held: list[bytes] = []
        self._run: Run | None = None
        self._committed = False
        self._next_sign = anyio.current_time() + STREAM_HOLD_S
        self.over = False

    @property
    def patience(self) -> float:
        """Seconds until the client must hear something."""
        return self._next_sign - anyio.current_time()

    async def take(self, batch: list[Event]) -> None:
        """Send what a batch of events says, or a sign of life where there is none."""
        last = batch[-1] if batch else None
        self.over = isinstance(last, Finished | Failed)
        if isinstance(last, Failed) and not self._committed:
            await answer_error(self._send, self._wire.write_error(last.error))
            return
        frames = b"".join(self._writer.write(event) for event in batch)
        if not self._committed:
            self._held.append(frames)
            self._run = self._run or next((one.run for one in batch if isinstance(one, RunStarted)), None)
            if batch and not any(shows_life(event, self._request) for event in batch):
                return
            frames = await self._commit()
        if frames or not batch or self.over:
            await piece(self._send, frames or KEEP_ALIVE, last=self.over)
            self._next_sign = anyio.current_time() + SILENCE_S

    async def _commit(self) -> bytes:
        self._committed = True
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        await start(self._send, 200, {**headers, **generation(self._run)})
        return b"".join(self._held)


def shows_life(event: Event, request: Request) -> bool:
    """Whether an event proves that an answer is coming, so that the status need not be held any longer."""
    match event:
        case Finished():
            return True
        case TextDelta(speaker):
            return speaker.to_client or request.include_fusion
        case SeatAnswered():
            return request.include_fusion
        case _:
            return False


async def whole(request: Request, wire: ServerWire, gateway: Gateway, send: Send) -> None:
    """Carry a request through and send the reply whole; past the hold, white space keeps the line open."""
    outcome: list[Run | FuselineError] = []
    done = anyio.Event()

    async def carry() -> None:
        try:
            outcome.append(await gateway.ask(request))
        except FuselineError as error:
            outcome.append(error)
        done.set()

    async with anyio.create_task_group() as group:
        group.start_soon(carry)
        with anyio.move_on_after(WHOLE_HOLD_S):
            await done.wait()
        late = not done.is_set()
        if late:
            await start(send, 200, {"Content-Type": "application/json"})
        while not done.is_set():
            await piece(send, WHITE_SPACE)
            with anyio.move_on_after(SILENCE_S):
                await done.wait()
    await deliver(outcome[0], wire, send, late=late)


async def deliver(outcome: Run | FuselineError, wire: ServerWire, send: Send, *, late: bool) -> None:
    """Send the reply or the error; a late error can only be told in the body of a response that began as a good one."""
    match outcome:
        case FuselineError() if late:
            await piece(send, wire.write_error(outcome).body, last=True)
        case FuselineError():
            await answer_error(send, wire.write_error(outcome))
        case Run() if late:
            await piece(send, wire.write_reply(outcome), last=True)
        case Run():
            await answer(send, 200, wire.write_reply(outcome), generation(outcome))
        case _:
            assert_never(outcome)


def generation(run: Run | None) -> dict[str, str]:
    """The header that names the run."""
    return {"X-Generation-Id": run.id} if run else {}
