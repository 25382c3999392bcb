"""The clocks of one attempt: as one deadline that moves, and an alarm that cancels the attempt when it is past."""

import asyncio
import time
from types import TracebackType
from typing import Self

from fuseline.settings.sections import Clocks
from fuseline.types.errors import UpstreamError
from fuseline.wires.base import ReplyReader

TAIL_S = 5.0
"""Seconds that usage may lag behind the finish reason."""
SLACK = 1.1
CLOSING_S = 0.05
"""Seconds that the connection may take to end after the stream said that it has."""
AGAIN_S = 3.0
"""How soon the alarm rings again for an attempt that does not end; what has to be let go of may take two seconds."""


class Clock:
    """Ends the block that it stands around, quietly, when one of the clocks has run out.

    They may run over by a tenth, so that the deadline need not be moved at every read. Every call has one of these: a
    timer of the loop's and a plain cancellation, as `asyncio.timeout` has them, cost a third of what a cancel scope
    does, which was 3 % of all that a fusion takes.
    """

    def __init__(self, clocks: Clocks, call_s: float) -> None:
        now = time.monotonic()
        self._clocks = clocks
        self._end = now + call_s
        self._quiet_end = self._end
        """Until when comments alone may keep the stream open."""
        self._phase = "first_byte_timeout"
        self._deadline = min(self._end, now + clocks.first_byte_s * SLACK)
        self._rung = 0

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None, "a call is made in a task"
        self._loop = asyncio.get_running_loop()
        self._task, self._before = task, task.cancelling()
        self._set_alarm(self._deadline)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self._alarm.cancel()
        for _ in range(self._rung):
            self._task.uncancel()
        ours = self._rung > 0 and self._task.cancelling() <= self._before
        return ours and isinstance(error, asyncio.CancelledError)

    def _set_alarm(self, at: float) -> None:
        self._rings_at = at
        self._alarm = self._loop.call_at(at, self._ring)

    def _ring(self) -> None:
        """Cancel the attempt, unless the deadline has been moved, or somebody else cancels it already."""
        now = time.monotonic()
        if now < self._deadline:
            self._set_alarm(self._deadline)
            return
        if self._task.cancelling() == self._before + self._rung:
            self._rung += 1
            self._task.cancel()
        self._set_alarm(now + AGAIN_S)

    def _move(self, deadline: float) -> None:
        """Move the deadline. An alarm that rings too early sets itself anew."""
        self._deadline = deadline
        if deadline < self._rings_at:
            self._alarm.cancel()
            self._set_alarm(deadline)

    def headers(self) -> None:
        """The response has begun; now its first token is waited for."""
        self._phase = "first_token_timeout"
        self._wait(self._clocks.first_byte_s, time.monotonic())

    def heard(self, said: bool, finished: bool, done: bool) -> None:
        """Something came: words, or only a comment."""
        now = time.monotonic()
        if done or finished:
            self._move(min(self._end, now + (CLOSING_S if done else TAIL_S)))
        elif said:
            self._phase = "idle_timeout"
            self._quiet_end = now + self._clocks.first_byte_s
            self._wait(self._clocks.idle_s, now)
        elif self._phase == "idle_timeout":
            self._wait(min(self._clocks.idle_s, self._quiet_end - now), now)

    def _wait(self, seconds: float, now: float) -> None:
        if not seconds <= self._deadline - now <= seconds * SLACK:
            self._move(min(self._end, now + seconds * SLACK))

    def expired(self, reader: ReplyReader) -> UpstreamError:
        """Say which of the clocks ran out."""
        if time.monotonic() >= self._end:
            return UpstreamError("deadline_exceeded", "the call took longer than it may", partial=reader.partial())
        words = {
            "first_byte_timeout": "the upstream did not begin to answer in time",
            "first_token_timeout": "the upstream opened a stream but said nothing in time",
            "idle_timeout": "the upstream fell silent in the middle of its answer",
        }
        return UpstreamError(self._phase, words[self._phase], partial=reader.partial())
