"""Opening the index: created for its owner alone, known by its mark, and refused in a sentence."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from fuseline.documents.schema import APPLICATION, TABLES, VERSION
from fuseline.storage.connections import connect, connect_to_read, create_file
from fuseline.storage.refusals import BUSY_S, MISPLACED, code
from fuseline.types.errors import BadConfiguration, StorageFailed

WRITING = (
    "secure_delete = ON",  # what is removed shall not stay in the file
    "synchronous = NORMAL",  # what the loss of power takes away is read again
    "cache_size = -32000",
    "wal_autocheckpoint = 8000",
)


@contextmanager
def explained(path: Path) -> Generator[None]:
    """Turn a refusal of the database into a sentence that names the index."""
    try:
        yield
    except OSError as error:
        raise BadConfiguration(f"{path} cannot be used: {error.strerror}; set documents.path to another") from None
    except sqlite3.Error as error:
        if code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StorageFailed(
                f"{path} has been locked by another process for {BUSY_S:.0f} seconds: end it, or try again"
            ) from error
        if code(error) in MISPLACED:
            raise BadConfiguration(
                f"{path} cannot be used ({error}): move it away and add your folders again, "
                "or set documents.path to another"
            ) from error
        raise StorageFailed(f"the index of documents {path} refused: {error}") from error


def open_to_write(path: Path) -> sqlite3.Connection:
    """Open the index, making what is missing of it.

    :raises BadConfiguration: when there can be none, or the file is something else.
    """
    with explained(path):
        create_file(path)
        connection = connect(str(path.absolute()))
        try:
            for pragma in WRITING:
                connection.execute(f"PRAGMA {pragma}")
            prepare(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open the index so that it cannot be changed.

    :raises BadConfiguration: when it is something else.
    """
    with explained(path):
        connection = connect_to_read(str(path.absolute()))
        try:
            check(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a new file, once, however many begin with it at the same time."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if is_empty(connection):
            for statement in TABLES:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.rollback()
    check(connection, path)


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether there is nothing in a file yet."""
    return connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,)


def check(connection: sqlite3.Connection, path: Path) -> None:
    """See that a file is an index that this version can read.

    :raises BadConfiguration: when it is not.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if (application, version) != (APPLICATION, VERSION):
        raise BadConfiguration(
            f"{path} is no index of documents that this version can read: move it away and add your folders again, "
            "or set documents.path to another"
        )
