"""The shelf on which runs are kept: what a store must be able to do, whichever database it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from fuseline.types.json import Json, JsonObject
from fuseline.types.performance import Timed
from fuseline.types.runs import Call, Noted, Record, Role, RunStatus


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run as it was read back: the header, and on request all that hangs on it."""

    id: str
    requested: str
    model: str
    provider: str
    router: str
    status: RunStatus
    created_at: float
    """Seconds since the epoch."""
    finished_at: float | None
    convened: bool
    streamed: bool
    cost: int
    """Nano-dollars, as far as it is known."""
    cost_known: bool
    error: str
    degraded: str
    prompts: str
    """The hash of the prompts in force."""
    error_kind: str = ""
    """The type of the error; empty where there is none."""
    request: Mapping[str, Json] = field(default_factory=dict[str, Json])
    result: Mapping[str, Json] = field(default_factory=dict[str, Json])
    calls: tuple[Call, ...] = ()
    events: tuple[Noted, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """A response as it was sent, without what only kept its connection open."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case; without the length."""
    body: bytes


ClaimState = Literal["running", "finished", "unkept", "stopped", "released"]
"""Under way; answered, with or without a reply that can be given again; cut off; as if it had never been claimed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What is known of a key under which a client asked for something, so that it is done at most once."""

    key: str
    """A hash of the client's key and of whose it is; never the key itself."""
    token: str
    """Tells this claim from every other of the same key."""
    fingerprint: str
    """A hash of what was asked, by which another request under the same key is noticed."""
    claimed_at: float
    """Seconds since the epoch."""
    expires_at: float
    """When the key is free again, unless the claim is still under way."""
    state: ClaimState = "running"
    run_id: str = ""
    sent: Sent | None = None


@dataclass(frozen=True, slots=True)
class CachedReply:
    """A good reply that may be given again to whoever asks the same."""

    key: str
    """A hash of what was asked, and by whom."""
    run_id: str
    """The run that made it."""
    kept_at: float
    """Seconds since the epoch."""
    expires_at: float
    sent: Sent
    about: JsonObject = field(default_factory=dict[str, Json])
    """What a lookup says of the run."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What people, and the console on their behalf, add to a run."""

    title: str = ""
    """Empty until somebody gives one."""
    starred: bool = False
    parent: str = ""
    """The run whose panel this one was written from, or empty."""
    preset: str = ""
    """The preset that was chosen for it, or empty."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A run as a history lists it."""

    run: StoredRun
    """The header, without request, result, calls and events."""
    marks: Marks
    prompt: str
    """How what was asked begins; empty where content is not kept."""
    panel: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs of the history are wanted; what is empty does not matter."""

    search: str = ""
    """Words in prompt, title or answer, whichever their case."""
    status: RunStatus | Literal[""] = ""
    model: str = ""
    """A part of the name of the writer or of somebody on the panel."""
    error: str = ""
    """Words in why the run, one of its seats or its analysis failed, or why its answer is less than a fused one."""
    starred: bool = False
    before: float | None = None
    """Seconds since the epoch."""
    before_id: str = ""
    """Of the runs that began at that very moment, those are wanted whose ids come before this one."""
    limit: int = 50


Removal = Literal["removed", "running", "unknown"]
"""The run is gone; it is still under way and was left alone; there is none."""
Choice = Literal["left", "right", "tie", "neither"]


@dataclass(frozen=True, slots=True)
class Side:
    """One of two answers that were compared, and who wrote it."""

    run_id: str
    seat: int | None
    """`None` for the answer of the run itself."""
    role: Role
    model: str
    preset: str


@dataclass(frozen=True, slots=True)
class Vote:
    """Which of two answers somebody found better, without knowing whose they were."""

    id: str
    at: float
    """Seconds since the epoch."""
    choice: Choice
    left: Side
    right: Side


@dataclass(frozen=True, slots=True)
class Score:
    """How the answers of one name fared. Where neither answer was good enough, that is a tie."""

    name: str
    wins: int
    losses: int
    ties: int


@dataclass(frozen=True, slots=True)
class Scores:
    """How fused answers and panelists fared, by name, those with most votes first."""

    votes: int
    presets: tuple[Score, ...]
    """The presets of fused answers, against everything that was not of the same preset."""
    panelists: tuple[Score, ...]
    """The models of seats, against fused answers and seats of other models."""
    writers: tuple[Score, ...]
    """The models that wrote fused answers, against everything that was not a fused answer of the same model."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What something cost, in nano-dollars as far as known, in how many calls."""

    name: str
    cost: int
    calls: int


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent since a moment. A run counts on the day on which it began, and stays when it is removed."""

    models: tuple[Sum, ...]
    """By the slug that was asked for, the dearest first; searches and pages are one of them."""
    roles: tuple[Sum, ...]
    days: Mapping[str, int]
    """Nano-dollars by the local date, such as `2026-10-01`, on which anything was spent."""
    panels: int
    """Completed runs that paid for a panel, as long as they are kept."""
    fused: int
    """What these, and those that were written from the same panels again, cost."""
    single: int
    """What the dearest seat of each of these panels cost."""


class Store(Protocol):
    """Where records go. One writer owns all writes; what is noted first is durable first."""

    def note(self, *records: Record) -> None:
        """Keep these soon, in order, without waiting. For what may be lost with the machine but not with the run."""

    async def write(self, *records: Record) -> None:
        """Keep these and all that was noted before, and return once they would survive the loss of the machine.

        :raises StorageFailed: when the database refuses. Nothing may be spent then.
        """

    async def run(self, run_id: str) -> StoredRun | None:
        """Read one run with its calls and events, by its id or by an unambiguous end of it. `last` is the newest."""

    async def runs(self, limit: int = 20, before: float | None = None) -> Sequence[StoredRun]:
        """Read the headers of the newest runs, newest first, without calls and events."""
        ...

    async def spent(self, *since: float) -> tuple[int, ...]:
        """Add up what all runs cost that began at or after each of these moments, in nano-dollars as far as known."""
        ...

    async def timings(self, since: float, most: int) -> Sequence[Timed]:
        """Read how the calls since a moment went, the oldest first, among so many of the latest."""
        ...

    async def claim(self, claim: Claim) -> Claim:
        """Claim a key unless somebody holds it, and return the claim that holds: this one, or the earlier one.

        When it returns, the claim would survive the loss of the machine. One whose process died counts as stopped.

        :raises StorageFailed: when the database refuses. Nothing is claimed then.
        """
        ...

    def settle(self, claim: Claim) -> None:
        """Keep what came of a claim soon, without waiting. One that is released, or expired, can be claimed again."""

    async def cached(self, key: str, now: float) -> CachedReply | None:
        """Read a reply that has not expired."""

    def cache(self, reply: CachedReply, room: int) -> None:
        """Keep a reply soon, without waiting. The oldest make way now and then, so that all fit in `room` bytes."""

    def forget(self, key: str) -> None:
        """Drop a cached reply soon, without waiting."""

    async def listed(self, run_id: str) -> Listed | None:
        """Read a run as the history lists it, by its whole id."""

    async def history(self, wanted: Wanted) -> Sequence[Listed]:
        """Read the runs that are wanted, newest first."""
        ...

    async def mark(
        self,
        run_id: str,
        *,
        title: str | None = None,
        starred: bool | None = None,
        parent: str | None = None,
        preset: str | None = None,
    ) -> Listed | None:
        """Add to a run what is not `None`, and return it as it is now listed; `None` where there is no such run."""

    async def remove(self, run_id: str) -> Removal:
        """Forget a run, and all that hangs on it, unless it is under way. What it cost stays in the sums."""
        ...

    async def vote(self, vote: Vote) -> None:
        """Keep a vote.

        :raises StorageFailed: when the database refuses, as it does where either run is not there.
        """

    async def votes(self, run_id: str) -> Sequence[Vote]:
        """Read the votes on answers of a run, the oldest first."""
        ...

    async def scores(self) -> Scores:
        """Add up all votes."""
        ...

    async def spending(self, since: float) -> Spending:
        """Add up what all runs cost that began at or after a moment, in seconds since the epoch."""
        ...

    async def close(self) -> None:
        """Write what is left and let go of the database."""
