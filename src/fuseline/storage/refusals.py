"""What a database's refusal means for people: a sentence that names the file and says what to do."""

import sqlite3
from pathlib import Path

BUSY_S = 5.0
"""Seconds that a statement waits for another process to let go of the database."""

MISPLACED = (
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CORRUPT,
)
"""Refusals that no waiting mends: the path or the file is wrong."""

FAULTY = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    OverflowError,
    TypeError,
    ValueError,
)
"""Errors of the rows themselves, which would be refused again however often they are written."""


def code(error: Exception) -> int:
    """SQLite's primary result code of an error; 0 where it has none."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def sentence(error: Exception, path: Path) -> str:
    """Say why the database refused, and what helps."""
    match code(error):
        case sqlite3.SQLITE_FULL:
            return f"the disk that holds {path} is full: free some space, or set store.path to another disk"
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return f"{path} has been locked by another process for {BUSY_S:.0f} seconds: end it, or try again"
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN:
            return f"{path} cannot be written: make the file and its directory writable, or set store.path to another"
        case sqlite3.SQLITE_IOERR:
            return f"the disk that holds {path} failed ({error}): look for free space and the system's log"
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT:
            return f"{path} is not a sound SQLite database: move it away, or set store.path to another file"
        case _:
            return f"the database {path} refused: {type(error).__name__}: {error}"
