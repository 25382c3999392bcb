"""Runs that go on whoever watches. What happens in them is kept for a while; the store has them for good."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress

import anyio
from anyio.abc import TaskGroup

from fuseline.doors.console.happenings import channel_of, write_event
from fuseline.doors.console.log import Channel, Log
from fuseline.doors.console.recalled import question_of, run_of
from fuseline.doors.console.views import Said, Shown, write_header, write_run, write_seat
from fuseline.gateway import Gateway
from fuseline.journal import asked
from fuseline.storage.base import Marks
from fuseline.types.deliberation import PanelAnswer, Seat
from fuseline.types.errors import FuselineError
from fuseline.types.events import (
    Event,
    Failed,
    Finished,
    FusionStarted,
    ReasoningDelta,
    RunStarted,
    SeatAnswered,
    SeatFailed,
    TextDelta,
)
from fuseline.types.json import Json, JsonObject
from fuseline.types.quick import replace
from fuseline.types.requests import Request
from fuseline.types.runs import Run

logger = logging.getLogger(__name__)

KEPT_S = 60.0
"""Seconds for which a run that has ended is still told from here."""


class LiveRun:
    """One run under way, and all that was told of it."""

    def __init__(self, request: Request, given: Sequence[PanelAnswer | None], marks: Marks, content: bool) -> None:
        self.request = request
        self.asked = asked(request) if content else {}
        """As it is kept."""
        self.given = given
        self.marks = marks
        self.prompt = question_of(request.messages)
        self.log = Log()
        self.scope = anyio.CancelScope()
        self.known = anyio.Event()
        """Set when it has begun, or will not."""
        self.run: Run | None = None
        """As it began, and in the end as it ended."""
        self.refusal: FuselineError | None = None
        """Why it did not begin."""
        self._panel: tuple[str, ...] = ()

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.run is not None and self.run.status != "running"

    @property
    def parameters(self) -> JsonObject:
        """The parameters of fusion that it was asked for with."""
        plugins = self.request.plugins
        return next((one.parameters for one in plugins if one.id == "fusion"), dict[str, Json]())

    @property
    def said(self) -> Mapping[int, Said]:
        """What each seat was heard to say and think."""
        return {seat: self._said_by(seat) for seat in range(len(self._panel))}

    def shown(self, run: Run) -> Shown:
        """The run with what is known of it here."""
        return Shown(run, self.prompt, self._panel, self.marks, said=self.said, asked=self.asked)

    async def hear(self, event: Event) -> None:
        """Write down what happened. It never waits, so that no reader slows the run."""
        match event:
            case RunStarted(run):
                self.run = run
                self.known.set()
            case FusionStarted(_, _, seats) if self.run is not None:
                self.log.add(self._started(self.run, seats))
            case TextDelta() | ReasoningDelta() if (channel := channel_of(event)) is not None:
                self.log.say(channel, event.text)
            case SeatAnswered(speaker, answer) | SeatFailed(speaker, answer):
                seat = write_seat(answer, self._said_by(speaker.seat), kept=self._given(speaker.seat))
                self.log.add({"type": "seat.done", "seat": seat})
            case _:
                told = write_event(event)
                if told is not None:
                    self.log.add(told)

    def end(self, outcome: Finished | Failed) -> None:
        """Write down how it ended, or why it did not begin."""
        match outcome, self.run:
            case Finished(run), _:
                self._close(run, {"type": "finished"})
            case Failed(error), None:
                self.refusal = error
            case Failed(error), begun:
                run = error.run or replace(begun, status="failed", error=error.message, error_kind=error.kind)
                self._close(run, {"type": "failed", "error": error.message, "kind": error.kind})
        self.known.set()

    def _close(self, run: Run, told: Mapping[str, Json]) -> None:
        self.run = run
        self.log.add({**told, "run": write_run(self.shown(run))}, last=True)

    def _started(self, run: Run, seats: Sequence[Seat]) -> Mapping[str, Json]:
        self._panel = tuple(seat.model for seat in seats)
        header = write_header(run, self.marks, self.prompt, self._panel)
        return {"type": "started", "run": header, "seats": list(self._panel)}

    def _given(self, seat: int) -> bool:
        return seat < len(self.given) and self.given[seat] is not None

    def _said_by(self, seat: int) -> Said:
        return Said(self.log.said(Channel("seat.delta", seat)), self.log.said(Channel("seat.reasoning", seat)))


class LiveRuns:
    """The runs that the console began and that go on, or have ended just now."""

    def __init__(
        self, gateway: Gateway, background: TaskGroup, kept_s: float = KEPT_S, *, content: bool = True
    ) -> None:
        self._gateway = gateway
        self._background = background
        self._kept_s = kept_s
        self._content = content
        self._runs: dict[str, LiveRun] = {}

    async def start(
        self, request: Request, given: Sequence[PanelAnswer | None] = (), marks: Marks | None = None
    ) -> str:
        """Begin a run and return its id. `given` are answers, one for each seat, that are fused in place of new ones.

        :raises FuselineError: when there is something wrong with the request, so that nothing was begun.
        """
        live = LiveRun(request, given, marks or Marks(), self._content)
        self._background.start_soon(self._keep, live)
        with anyio.CancelScope(shield=True):  # it goes on whoever watches, so it must be found again
            await live.known.wait()
        if live.run is None:
            raise live.refusal or FuselineError("the run did not begin")
        self._runs[live.run.id] = live
        return live.run.id

    def find(self, run_id: str) -> LiveRun | None:
        """A run that goes on, or has ended just now."""
        return self._runs.get(run_id)

    def stop(self, run_id: str) -> bool:
        """Stop a run; say whether there was one to be stopped."""
        live = self._runs.get(run_id)
        if live is None or live.over:
            return False
        live.scope.cancel()
        return True

    async def _keep(self, live: LiveRun) -> None:
        """Carry a run through, and keep what was told of it for a while."""
        try:
            await self._carry(live)
        except Exception:  # raised from here it would end every other run
            logger.exception("a run of the console broke")
            live.refusal = FuselineError("something went wrong inside the console; the server's log has the details")
        finally:
            live.log.close()
            live.known.set()
        if live.run is not None:
            await anyio.sleep(self._kept_s)
            self._runs.pop(live.run.id, None)

    async def _carry(self, live: LiveRun) -> None:
        with live.scope:
            live.end(await self._gateway.outcome(live.request, live.hear, live.given))
        if live.run is not None and not live.over:
            live.end(Failed(await self._stopped(live.run)))

    async def _stopped(self, run: Run) -> FuselineError:
        """The end of a run that was stopped, with what it had cost."""
        error = FuselineError("the run was stopped")
        error.kind = "cancelled"
        error.run = replace(run, status="cancelled", error_kind="cancelled")
        with suppress(FuselineError):
            stored = await self._gateway.store.run(run.id)
            error.run = run_of(stored) if stored else error.run
        return error
