"""What is known of everybody in a run at this moment, kept from its events. Views that redraw look here."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from fuseline.doors.cli.research import calling, outcome
from fuseline.doors.cli.words import money, seconds
from fuseline.types.events import (
    AnalysisFailed,
    AnalysisMade,
    AnalysisStarted,
    CallSettled,
    CallStarted,
    Event,
    LookedUp,
    ReasoningDelta,
    SeatAnswered,
    SeatFailed,
    SeatJoined,
    TextDelta,
    ToolCalled,
    WriterStarted,
)
from fuseline.types.runs import Call, Lookup, Speaker
from fuseline.types.tokens import estimate

State = Literal["asked", "thinking", "writing", "done", "failed"]
VERBS: dict[State, str] = {"asked": "asked", "thinking": "thinks", "writing": "writes", "done": "", "failed": ""}


@dataclass(slots=True)
class Part:
    """Somebody's part in the run, as far as it has come."""

    speaker: Speaker
    state: State = "asked"
    note: str = ""
    """What is special: why it failed, that it was cut off, which tool it calls, what it found."""
    searches: int = 0
    pages: int = 0
    pieces: list[str] = field(default_factory=list[str])
    tokens: int = 0
    """As counted by the upstream, of the calls that have ended."""
    cost: int = 0
    """Nano-dollars of the calls that have ended."""
    cost_known: bool = True
    began: float = field(default_factory=time.monotonic)
    ended: float | None = None

    @property
    def name(self) -> str:
        """What the part is called."""
        return f"seat {self.speaker.seat + 1}" if self.speaker.role == "panel" else self.speaker.role

    @property
    def text(self) -> str:
        """What has been said so far."""
        return "".join(self.pieces)

    @property
    def figures(self) -> str:
        """Tokens, seconds and cost, as far as there are any."""
        tokens = self.tokens or (estimate(self.text) if self.pieces else 0)
        told = [f"{tokens:,} tokens"] if tokens else []
        told.append(seconds((self.ended or time.monotonic()) - self.began))
        looked_up = [(self.searches, "search", "searches"), (self.pages, "page", "pages")]
        told += [f"{number} {one if number == 1 else many}" for number, one, many in looked_up if number]
        if self.cost or (self.ended and self.tokens):
            told.append(money(self.cost) if self.cost_known else "cost unknown")
        return " · ".join(told)

    def settle(self, call: Call) -> None:
        """Add the figures of a call that has ended."""
        self.tokens += call.usage.output_tokens if call.usage else 0
        self.cost += call.cost
        self.cost_known &= call.cost_source != "unknown"

    def end(self, state: State, note: str = "") -> None:
        """Close the part."""
        self.state, self.note, self.ended = state, note, time.monotonic()


class Board:
    """The parts of one run, in the order in which they began."""

    def __init__(self) -> None:
        self._parts: dict[Speaker, Part] = {}

    def take(self, event: Event) -> None:
        """Take in what happened."""
        match event:
            case SeatJoined(speaker) | AnalysisStarted(speaker) | WriterStarted(speaker):
                self.part(speaker)
            case CallStarted(call):
                self.part(call.speaker)
            case ReasoningDelta(speaker):
                self.part(speaker).state = "thinking"
            case TextDelta(speaker, text):
                self._hear(self.part(speaker), text)
            case ToolCalled(speaker, call):
                self.part(speaker).note = calling(call)
            case LookedUp(lookup):
                self._look_up(self.part(lookup.speaker), lookup)
            case CallSettled(call):
                self.part(call.speaker).settle(call)
            case SeatAnswered(speaker, answer):
                self.part(speaker).end("done", "its end is missing" if answer.truncated else "")
            case SeatFailed(speaker, answer):
                self.part(speaker).end("failed", answer.error)
            case AnalysisMade(speaker):
                self.part(speaker).end("done")
            case AnalysisFailed(speaker, reason):
                self.part(speaker).end("failed", reason)
            case _:
                pass  # the beginning and the end of things, of which views make headings

    def part(self, speaker: Speaker) -> Part:
        """Somebody's part; it begins when it is first asked for."""
        return self._parts.setdefault(speaker, Part(speaker))

    def parts(self, *roles: str) -> Iterable[Part]:
        """The parts of some roles."""
        return [part for part in self._parts.values() if part.speaker.role in roles]

    def _look_up(self, part: Part, lookup: Lookup) -> None:
        part.note = outcome(lookup)
        if lookup.verdict == "ok":
            part.searches += lookup.kind == "search"
            part.pages += lookup.kind == "fetch"

    def _hear(self, part: Part, text: str) -> None:
        part.pieces.append(text)
        part.state, part.note = "writing", ""
