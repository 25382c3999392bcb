"""The shelf on which runs are kept: what a store must be able to do, whichever database it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from fuseline.types.json import Json
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

    async def close(self) -> None:
        """Write what is left and let go of the database."""
