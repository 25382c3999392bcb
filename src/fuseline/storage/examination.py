"""A look at a database file that leaves it as it is. It makes no tables and settles nothing."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from fuseline.storage.connections import locate, reading
from fuseline.storage.refusals import BUSY_S
from fuseline.storage.schema import VERSION
from fuseline.storage.sqlite import explained, version
from fuseline.storage.timings import read_timings
from fuseline.types.performance import Timed


@dataclass(frozen=True, slots=True)
class Condition:
    """How a database was found."""

    version: str | None
    """The migration that it was last brought to; `None` where it has no tables."""
    journal: str
    """How SQLite keeps it whole: `wal` once Fuseline has opened it."""
    runs: int = 0
    newest: float | None = None
    """When the last run began, in seconds since the epoch."""


def examine(path: Path) -> Condition:
    """Look at the database at `path`, and see that it could be written.

    :raises BadConfiguration: when it is none, or cannot be written.
    :raises StorageFailed: when it could be, but another process holds it.
    """
    with (
        explained(path),
        closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", BUSY_S, isolation_level=None, uri=True)) as open,
    ):
        journal = str(open.execute("PRAGMA journal_mode").fetchone()[0])
        open.execute("BEGIN IMMEDIATE")  # refused where nothing could be written
        found = version(open)
        runs, newest = open.execute("SELECT count(*), max(created_at) FROM runs").fetchone() if found else (0, None)
        open.execute("ROLLBACK")
        return Condition(found, journal, runs, newest)


def recent(path: Path, since: float, most: int) -> list[Timed]:
    """How the calls since a moment went, the oldest first; none where there is no database of today's tables.

    :raises BadConfiguration: when it cannot be read.
    :raises StorageFailed: when another process holds it.
    """
    if not path.is_file() or examine(path).version != VERSION:
        return []
    engine = reading(locate(path))
    try:
        with explained(path):
            return read_timings(engine, since, most)
    finally:
        engine.dispose()
