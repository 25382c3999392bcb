"""The shelf on which runs are kept: what a store must be able to do, whichever database it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from fuseline.types.json import Json, JsonObject
from fuseline.types.performance import Timed
from fuseline.types.runs import Call, Noted, Record, RunStatus


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

    async def close(self) -> None:
        """Write what is left and let go of the database."""
