"""Runs and replies kept in a SQLite file: one thread writes, others read beside it."""

import asyncio
import importlib
import logging
import sqlite3
import time
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, TypeVarTuple

from anyio import CancelScope, to_thread
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from fuseline.storage.base import (
    CachedReply,
    Claim,
    Listed,
    Removal,
    Scores,
    Spending,
    StoredRun,
    Vote,
    Wanted,
)
from fuseline.storage.connections import MEMORY, connect, create_file, locate, preparing, reading
from fuseline.storage.history import (
    is_left,
    read_history,
    read_listed,
    write_marks,
    write_removal,
)
from fuseline.storage.lookups import read_headers, read_whole
from fuseline.storage.orphans import settle_orphans
from fuseline.storage.owners import this_process
from fuseline.storage.refusals import MISPLACED, code, sentence
from fuseline.storage.replies import (
    CLAIM,
    FORGET,
    SETTLE,
    SWEEP_CACHE,
    SWEEP_CLAIMS,
    Command,
    read_cached,
    read_claim,
    tidy,
    write_cached,
    write_claim,
)
from fuseline.storage.rows import Row, write_row
from fuseline.storage.schema import VERSION
from fuseline.storage.spending import read_spending, read_sums
from fuseline.storage.timings import read_timings
from fuseline.storage.votes import read_scores, read_votes, write_vote
from fuseline.storage.writer import Parcel, Writer
from fuseline.types.errors import BadConfiguration, StorageFailed
from fuseline.types.performance import Timed
from fuseline.types.runs import Record, RunClosed

logger = logging.getLogger(__name__)

LINGER_S = 0.25
"""How long notes wait for company when nobody waits for them: each commit costs more than all its rows."""
END_LINGER_S = 0.02
"""The same for the end of a run, which is lost with the process until it is written."""
SWEEP_S = 10.0
"""How long what has expired may stay while others come and go."""
Asked = TypeVarTuple("Asked")
Found = TypeVar("Found")


class SqliteStore:
    """A `Store` in one file. Made by `open_sqlite`, which also brings the file up to date."""

    def __init__(self, writer: Writer, engine: Engine, path: Path) -> None:
        self._writer = writer
        self._engine = engine
        self._path = path
        self._owner = this_process()
        self._hurried = False
        self._swept: dict[Command, float] = {}
        self._reminder: asyncio.TimerHandle | None = None
        """Set while notes wait for company: a timer of the loop costs less than waking a thread for each."""

    def note(self, *records: Record) -> None:
        """Keep these soon, in order, without waiting: with the next write or within a moment."""
        self._writer.put(Parcel([write_row(record, self._owner) for record in records]))
        ended = RunClosed in map(type, records)
        if self._reminder is None or ended:
            self._remind(END_LINGER_S if ended else LINGER_S)

    def _remind(self, seconds: float) -> None:
        """Have what waits written so many seconds from now, in place of what was said before."""
        if self._reminder is not None:
            self._reminder.cancel()
        self._reminder = asyncio.get_running_loop().call_later(seconds, self._go)

    def _hurry(self) -> None:
        """Have all that this turn of the loop puts written as one: the seats of a panel are dispatched together."""
        if not self._hurried:
            self._hurried = True
            asyncio.get_running_loop().call_soon(self._go)

    def _go(self) -> None:
        """Wake the writer, which takes all that waits: there is nothing left to be reminded of."""
        self._hurried = False
        if self._reminder is not None:
            self._reminder.cancel()
            self._reminder = None
        self._writer.hurry()

    async def write(self, *records: Record) -> None:
        """Keep these and all that was noted before, and return once they would survive the loss of the machine.

        :raises StorageFailed: when the database refuses. These records are then forgotten; what was noted is not.
        """
        await self._durable([write_row(record, self._owner) for record in records])

    async def _durable(self, rows: Sequence[Row]) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._writer.put(Parcel(rows, waiter))
        self._hurry()
        await waiter

    def _soon(self, *rows: Row) -> None:
        self._writer.put(Parcel(rows))
        self._remind(END_LINGER_S)

    async def run(self, run_id: str) -> StoredRun | None:
        """Read one run with its calls and events, by its id or by an unambiguous end of it. `last` is the newest."""
        return await self._read(read_whole, run_id)

    async def runs(self, limit: int = 20, before: float | None = None) -> Sequence[StoredRun]:
        """Read the headers of the newest runs, newest first, without request, result, calls and events."""
        return await self._read(read_headers, limit, before)

    async def spent(self, *since: float) -> tuple[int, ...]:
        """Add up what all runs cost that began at or after each of these moments, in nano-dollars as far as known."""
        return await self._read(read_sums, since)

    async def timings(self, since: float, most: int) -> Sequence[Timed]:
        """Read how the calls since a moment went, the oldest first, among so many of the latest."""
        return await self._read(read_timings, since, most)

    async def claim(self, claim: Claim) -> Claim:
        """Claim a key unless somebody holds it, and return the claim that holds: this one, or the earlier one."""
        held: Claim | None = None
        try:
            while held is None or held.state == "released":
                await self._durable([write_claim(claim, CLAIM, self._owner)])
                with explained(self._path):
                    held = await to_thread.run_sync(read_claim, self._engine, claim.key)
        except BaseException:
            self.settle(replace(claim, state="released"))  # it may have been written, and nobody will answer for it
            raise
        return held

    def settle(self, claim: Claim) -> None:
        """Keep what came of a claim soon, without waiting."""
        self._soon(write_claim(claim, SETTLE, ""), *self._sweep(SWEEP_CLAIMS, time.time()))

    async def cached(self, key: str, now: float) -> CachedReply | None:
        """Read a reply that has not expired."""
        return await self._read(read_cached, key, now)

    def cache(self, reply: CachedReply, room: int) -> None:
        """Keep a reply soon, without waiting. The oldest make way now and then, so that all fit in `room` bytes."""
        self._soon(write_cached(reply), *self._sweep(SWEEP_CACHE, time.time(), room))

    def forget(self, key: str) -> None:
        """Drop a cached reply soon, without waiting."""
        self._soon(Row(FORGET, (key,)))

    def _sweep(self, sweep: Command, *values: float) -> Sequence[Row]:
        """What sweeps a table, where it is due."""
        now = time.monotonic()
        if now - self._swept.get(sweep, -SWEEP_S) < SWEEP_S:
            return ()
        self._swept[sweep] = now
        return (Row(sweep, values),)

    async def listed(self, run_id: str) -> Listed | None:
        """Read a run as the history lists it, by its whole id."""
        return await self._read(read_listed, run_id)

    async def history(self, wanted: Wanted) -> Sequence[Listed]:
        """Read the runs that are wanted, newest first."""
        return await self._read(read_history, wanted)

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
        await self._durable([write_marks(run_id, title, starred, parent, preset)])
        return await self.listed(run_id)

    async def remove(self, run_id: str) -> Removal:
        """Forget a run, and all that hangs on it, unless it is under way. What it cost stays in the sums."""
        if await self.listed(run_id) is None:
            return "unknown"
        await self._durable(write_removal(run_id))
        return "running" if await self._read(is_left, run_id) else "removed"

    async def vote(self, vote: Vote) -> None:
        """Keep a vote. The database refuses where either run is not there."""
        await self._durable([write_vote(vote)])

    async def votes(self, run_id: str) -> Sequence[Vote]:
        """Read the votes on answers of a run, the oldest first."""
        return await self._read(read_votes, run_id)

    async def scores(self) -> Scores:
        """Add up all votes."""
        return await self._read(read_scores)

    async def spending(self, since: float) -> Spending:
        """Add up what all runs cost that began at or after a moment, in seconds since the epoch."""
        return await self._read(read_spending, since)

    async def _read(self, read: Callable[[Engine, *Asked], Found], *asked: *Asked) -> Found:
        """Look something up beside the writer, in what it has written."""
        await self._settled()
        with explained(self._path):
            return await to_thread.run_sync(read, self._engine, *asked)

    async def _settled(self) -> None:
        """Let all that was noted be written, so that a reader sees it; a database that refuses can still be read."""
        with suppress(StorageFailed):
            await self.write()

    async def close(self) -> None:
        """Write what is left and let go of the database. A cancelled caller waits for it all the same."""
        if self._reminder is not None:
            self._reminder.cancel()
        with CancelScope(shield=True):
            await to_thread.run_sync(self._engine.dispose)  # readers first: the last to leave folds in the log
            await to_thread.run_sync(self._writer.stop)


@asynccontextmanager
async def open_sqlite(path: Path) -> AsyncGenerator[SqliteStore]:
    """Open the store at `path`, creating or upgrading it where needed; `:memory:` lives as long as the block.

    Runs that a process left open when it died are settled first.

    :raises BadConfiguration: when the file cannot be used, or was written by a newer Fuseline.
    :raises StorageFailed: when it could be used, but the disk is full or another process holds it.
    """
    store = await to_thread.run_sync(build, path)
    try:
        yield store
    finally:
        await store.close()


def build(path: Path) -> SqliteStore:
    """A running store on a file that is up to date."""
    location = locate(path)
    with explained(path), ExitStack() as undo:
        if path != MEMORY:
            create_file(path)
        connection = connect(location)
        undo.callback(connection.close)
        prepare(location, connection, path)
        undo.pop_all()
    writer = Writer(connection, path)
    writer.start()
    return SqliteStore(writer, reading(location), path)


def prepare(location: str, connection: sqlite3.Connection, path: Path) -> None:
    """Bring the tables up to date, then settle what the dead left open."""
    engine = preparing(location)
    found = version(connection)
    if found != VERSION:
        # alembic takes longer to import than all the rest of a start, and is needed once in a file's life
        importlib.import_module("fuseline.storage.migrations.upgrade").upgrade(engine, found, path)
    with engine.connect() as prepared:
        settled = settle_orphans(prepared, time.time())
        tidy(prepared, time.time())
    if settled:
        logger.warning("%d runs in %s were left open by a process that ended, and are now settled", settled, path)


def version(connection: sqlite3.Connection) -> str | None:
    """The migration that a database was last brought to; `None` where it is empty."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


@contextmanager
def explained(path: Path) -> Generator[None]:
    """Turn what goes wrong with a file into a sentence: the driver's words at most, never the values it was given."""
    try:
        yield
    except OSError as error:
        raise BadConfiguration(f"{path} cannot be created ({error.strerror}): set store.path to another") from None
    except sqlite3.Error as error:
        raise refusal(error, path) from None
    except DBAPIError as error:
        raise refusal(error.orig if isinstance(error.orig, sqlite3.Error) else error, path) from None


def refusal(error: Exception, path: Path) -> BadConfiguration | StorageFailed:
    """What to raise for a database that could not be opened."""
    kind = BadConfiguration if code(error) in MISPLACED else StorageFailed
    return kind(sentence(error, path))
