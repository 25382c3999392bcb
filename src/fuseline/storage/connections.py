"""How a SQLite file is created and opened: modes, pragmas, and the two kinds of engine on top."""

import itertools
import os
import sqlite3
from pathlib import Path

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool, QueuePool

from fuseline.storage.functions import teach
from fuseline.storage.refusals import BUSY_S

MEMORY = Path(":memory:")
PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON")
numbers = itertools.count(1)


def locate(path: Path) -> str:
    """Where SQLite finds the database. Each `:memory:` is one of its own, shared by all connections of its store."""
    return f"file:/fuseline-{next(numbers)}?vfs=memdb" if path == MEMORY else str(path.absolute())


def create_file(path: Path) -> None:
    """Create what is missing of directory and file, for the owner's eyes only. What is there keeps its mode.

    :raises OSError: when the place cannot be written.
    """
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    if path.exists():  # never open and close it: closing any handle would drop the locks this process holds on it
        return
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return  # another process was faster


def connect(location: str) -> sqlite3.Connection:
    """Open a connection whose every commit survives the loss of power.

    :raises sqlite3.Error: when there is no database, or none that can be used.
    """
    connection = sqlite3.connect(
        location, timeout=BUSY_S, isolation_level=None, check_same_thread=False, uri=location.startswith("file:")
    )
    try:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def connect_to_read(location: str) -> sqlite3.Connection:
    """Open a connection that cannot write, so that the one writer stays the only one."""
    connection = connect(location)
    connection.execute("PRAGMA query_only = ON")
    teach(connection)
    return connection


def reading(location: str) -> Engine:
    """An engine for lookups, kept open as long as the store."""
    return create_engine(
        "sqlite://", creator=lambda: connect_to_read(location), poolclass=QueuePool, hide_parameters=True
    )


def preparing(location: str) -> Engine:
    """An engine for what is done once, before the writer starts."""
    return create_engine("sqlite://", creator=lambda: connect(location), poolclass=NullPool, hide_parameters=True)
