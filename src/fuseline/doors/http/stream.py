"""How a run reaches a client over HTTP: streamed or whole, never silent for long, with a real status while it can."""

import time
from contextlib import suppress
from dataclasses import dataclass

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream
from starlette.types import Send

from fuseline.doors.http.marks import marks
from fuseline.doors.http.messages import ClientGone, answer, answer_error, piece, send_piece, start
from fuseline.gateway import Gateway
from fuseline.types.events import Event, Failed, Finished, RunStarted, SeatAnswered, TextDelta
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from fuseline.wires.base import ServerWire

WHITE_SPACE = b" \n"


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a client may be left without a word, in seconds."""

    stream_hold_s: float = 1.9
    """A stream's status line is held back for so long, so that a quick failure still gets a status of its own."""
    whole_hold_s: float = 3.0
    """The same for a reply that comes whole; clients were seen to give up after five seconds without a byte."""
    silence_s: float = 1.5
    """After so long a silence something is sent."""
    stall_s: float = 60.0
    """So long a client may take to accept a piece before it is given up."""


async def next_batch(events: MemoryObjectReceiveStream[Event]) -> list[Event]:
    """The next event, and all that have come behind it by now: what is sent together costs one frame."""
    batch = [await events.receive()]
    with suppress(anyio.WouldBlock):
        while not isinstance(batch[-1], Finished | Failed):
            batch.append(events.receive_nowait())
    return batch


class Outlet:
    """One client's stream: held back at first, then written to at every event, and at every long silence.

    Silence and stalling are watched by one task beside the stream, so that a piece costs no clock of its own.
    """

    def __init__(self, request: Request, wire: ServerWire, send: Send, pace: Pace) -> None:
        self._request = request
        self._wire = wire
        self._writer = wire.stream(request)
        self._send = send
        self._pace = pace
        self.hold_s = pace.stream_hold_s
        """When it is to be kept open."""
        self._held: list[bytes] = []
        self._committed = False
        self._next_sign = time.monotonic() + pace.stream_hold_s
        self._sending_since: float | None = None
        self.over = False
        self.run: Run | None = None
        self.outcome: Finished | Failed | None = None

    async def carry(self, gateway: Gateway) -> None:
        """Carry the request through and send its events as they happen."""
        async with gateway.listen(self._request) as events:
            while not self.over:
                await self.take(await next_batch(events))

    async def take(self, batch: list[Event]) -> None:
        """Send what a batch of events says."""
        last = batch[-1]
        if isinstance(last, Finished | Failed):
            self.over, self.outcome = True, last
        if isinstance(last, Failed) and not self._committed:
            await answer_error(self._send, self._wire.write_error(last.error, self._request), marks(self.run, last))
            return
        frames = b"".join(self._writer.write(event) for event in batch)
        if not self._committed:
            self._held.append(frames)
            self.run = self.run or next((one.run for one in batch if isinstance(one, RunStarted)), None)
            if any(shows_life(event, self._request) for event in batch):
                await self._commit()
        elif frames or self.over:
            await self._put(frames)

    async def keep_open(self) -> None:
        """Begin the response, now that the hold is over, break every long silence, and give up on a client that stalls.

        :raises ClientGone: when the client accepts nothing more.
        """
        while not self.over:
            now = time.monotonic()
            if self._sending_since is not None:
                if now - self._sending_since > self._pace.stall_s:
                    raise ClientGone
                await anyio.sleep(min(self._pace.silence_s, self._pace.stall_s))
            elif now < self._next_sign:
                await anyio.sleep(self._next_sign - now)
            elif self._committed:
                await self._put(self._wire.keep_alive)
            else:
                await self._commit()

    async def _commit(self) -> None:
        self._committed = True
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        await start(self._send, 200, {**headers, **marks(self.run, self.outcome)})
        await self._put(b"".join(self._held) or self._wire.keep_alive)

    async def _put(self, frames: bytes) -> None:
        self._sending_since = time.monotonic()
        await send_piece(self._send, frames, last=self.over)
        self._sending_since = None
        self._next_sign = time.monotonic() + self._pace.silence_s


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


class Whole:
    """One reply that comes whole: silence through the hold, then white space, until there is an outcome."""

    def __init__(self, request: Request, wire: ServerWire, send: Send, pace: Pace) -> None:
        self._request = request
        self._wire = wire
        self._send = send
        self._pace = pace
        self.hold_s = pace.whole_hold_s
        """When it is to be kept open."""
        self._late = False
        """Whether the response has begun as a good one, so that what follows can only be told in its body."""
        self.run: Run | None = None
        self.outcome: Finished | Failed | None = None

    async def carry(self, gateway: Gateway) -> None:
        """Carry the request through and send the reply."""
        await self.deliver(await gateway.outcome(self._request, self.hear))

    async def hear(self, event: Event) -> None:
        """Remember which run it is that begins."""
        if isinstance(event, RunStarted):
            self.run = event.run

    async def keep_open(self) -> None:
        """Begin the response, now that the hold is over, and send a sign of life now and then."""
        if self.outcome is None:
            self._late = True
            await start(self._send, 200, {"Content-Type": "application/json", **marks(self.run, None)})
        while self.outcome is None:
            await piece(self._send, WHITE_SPACE, patience=self._pace.stall_s)
            await anyio.sleep(self._pace.silence_s)

    async def deliver(self, outcome: Finished | Failed) -> None:
        """Send the reply or the error."""
        self.outcome = outcome
        match outcome:
            case Failed(error) if self._late:
                await piece(self._send, self._wire.write_late_error(error, self._request), last=True)
            case Failed(error):
                await answer_error(self._send, self._wire.write_error(error, self._request), marks(self.run, outcome))
            case Finished(run) if self._late:
                await piece(self._send, self._wire.write_reply(run, self._request), last=True)
            case Finished(run):
                await answer(self._send, 200, self._wire.write_reply(run, self._request), marks(run, outcome))
