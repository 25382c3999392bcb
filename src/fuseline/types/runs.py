"""A run as it is remembered: the calls it made, what they cost, and what came of it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fuseline.types.deliberation import FusionStatus, Report, Source
from fuseline.types.json import Json
from fuseline.types.messages import ToolCall
from fuseline.types.provenance import Provenance
from fuseline.types.quick import quick
from fuseline.types.replies import Reply, Usage

Role = Literal["outer", "panel", "analyst", "writer"]
CostSource = Literal["reported", "computed", "unknown"]
Certainty = Literal["exact", "estimate", "maximum"]
NOT_SENT = "not_sent"
"""The error of a call that was written down and never made."""
RunStatus = Literal["running", "completed", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who an event is about: the outer model, a seat of the panel, the analyst, or the writer."""

    role: Role
    model: str
    """The slug as it was asked for."""
    seat: int = 0

    @property
    def to_client(self) -> bool:
        """Whether what this speaker says is the answer that the client reads."""
        return self.role in ("outer", "writer")


@quick
@dataclass(frozen=True, slots=True)
class Call:
    """One request to an upstream: a row that exists before the first byte goes out."""

    id: str
    run_id: str
    speaker: Speaker
    endpoint: str
    model: str
    """What the upstream was asked for; after the reply, what it says it was."""
    started_at: float
    """Seconds since the epoch."""
    hold: int = 0
    """The most this call can cost, in nano-dollars; 0 where no price is known."""
    usage: Usage | None = None
    cost: int = 0
    """Nano-dollars; meaningless while `cost_source` is `unknown`."""
    cost_source: CostSource = "unknown"
    certainty: Certainty = "exact"
    ttft_s: float | None = None
    """Seconds to the first token."""
    duration_s: float | None = None
    finish_reason: str = ""
    error: str = ""
    """The reason from the fault table, or empty."""

    @property
    def settled(self) -> bool:
        """Whether this call has ended and its cost been booked."""
        return self.duration_s is not None


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A server tool that ran for the model that speaks to the client."""

    call: ToolCall
    result: str
    """What the tool gave back to the model."""


@dataclass(frozen=True, slots=True)
class Round:
    """A turn in which that model called server tools."""

    reply: Reply
    uses: tuple[ToolUse, ...]
    """In the order in which they began; what was refused or answered from memory is not among them."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Something that was looked up for a run: words that were searched for, or a page that was read."""

    kind: Literal["search", "fetch"]
    speaker: Speaker
    """Who asked."""
    asked: str
    """The words, or the address."""
    started_at: float
    """Seconds since the epoch."""
    duration_s: float = 0.0
    engine: str = ""
    """Which engine answered; for a page `http`, or `cache` where the run had read it before."""
    verdict: str = "ok"
    """`ok`, or in the words of the fault table why nothing came."""
    sources: tuple[Source, ...] = ()
    """What was found, in order; for a page itself, under the address at which it was found."""
    size: int = 0
    """Bytes that were taken off the wire."""
    cost: int = 0
    """Nano-dollars."""
    warnings: tuple[str, ...] = ()


@quick
@dataclass(frozen=True, slots=True)
class Run:
    """A request carried through, with everything it took."""

    id: str
    """The generation id that the client sees: `gen-<seconds>-<20 characters>`."""
    requested: str
    """The model as the client asked for it."""
    model: str
    """The concrete model that wrote the answer."""
    provider: str
    created_at: float
    """Seconds since the epoch."""
    status: RunStatus = "running"
    router: str = ""
    """The alias that the request came by, or empty."""
    convened: bool = False
    """Whether a panel was heard."""
    reply: Reply | None = None
    preamble: str = ""
    """What the outer model said to the client before it called a server tool."""
    rounds: tuple[Round, ...] = ()
    """The turns before the answer, in order. Where the answer calls server tools too, it is the last of them."""
    report: Report | None = None
    calls: tuple[Call, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    """What was searched for and read on the way, by whomever, in the order in which it ended."""
    provenance: Provenance | None = None
    """Where the answer comes from, where somebody asked."""
    steps: int = 0
    """Server-tool calls that the outer model asked for and got."""
    finished_at: float | None = None
    error: str = ""
    error_kind: str = ""
    degraded: str = ""
    """Why the answer is less than a fused one, such as `best_panel_answer`; empty where it is not."""
    expose: str = ""
    """How much of the run the client wants to see: `none`, `analysis` or `full`; empty leaves it to the wire."""
    streamed: bool = False

    @property
    def answered_in_round(self) -> bool:
        """Whether the last round is the answer itself: it called server tools and functions of the client's at once."""
        return bool(self.rounds and self.rounds[-1].reply.tool_calls)

    @property
    def fusion_status(self) -> FusionStatus:
        """What the client got, in the word that header, body and events share."""
        if self.report is None:
            return "none"
        return "degraded" if self.degraded else self.report.fusion_status

    @property
    def cost(self) -> int:
        """What all calls and searches together cost, in nano-dollars, as far as it is known."""
        return sum([call.cost for call in self.calls]) + self.fees

    @property
    def fees(self) -> int:
        """What searches and pages cost, in nano-dollars."""
        return sum([one.cost for one in self.lookups])

    @property
    def cost_known(self) -> bool:
        """Whether every call's cost is known; where not, `cost` is a lower bound."""
        return "unknown" not in [call.cost_source for call in self.calls]


def new_run_id(now: float) -> str:
    """An id for a run that begins `now`, in seconds since the epoch."""
    return f"gen-{int(now)}-{secrets.token_hex(10)}"


@dataclass(frozen=True, slots=True)
class RunOpened:
    """The record that a run began."""

    run: Run
    request: Mapping[str, Json]
    """What was asked, or an empty object where content is not kept."""
    prompts: str = ""
    """The hash of the prompts in force."""


@quick
@dataclass(frozen=True, slots=True)
class Noted:
    """The record of something that happened in a run."""

    run_id: str
    sequence: int
    at: float
    """Seconds since the epoch."""
    kind: str
    body: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class RunClosed:
    """The record that a run ended."""

    run: Run
    result: Mapping[str, Json]


Record = RunOpened | Call | Noted | RunClosed
"""What a store keeps. A `Call` is kept twice: when it is dispatched, and when it is settled."""
