"""The index as those see it who fill it: folders that are remembered, and the documents of each."""

import json
import sqlite3
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fuseline.documents.addresses import address_of
from fuseline.documents.connections import explained, open_to_write
from fuseline.documents.extraction import Document
from fuseline.documents.formats import Format
from fuseline.documents.schema import SHIFT
from fuseline.documents.survey import Choice, Stamp
from fuseline.documents.words import spaced

FOLDERS = "SELECT id, collection, path, label, include, exclude, refreshed_at FROM folders ORDER BY collection, path"
REMEMBER = """
    INSERT INTO folders (collection, path, label, include, exclude) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (collection, path) DO UPDATE SET include = excluded.include, exclude = excluded.exclude
"""
KNOWN = "SELECT path, id, size, mtime_ns, digest, passages, problem FROM documents WHERE folder = ?"
PUT = """
    INSERT INTO documents (folder, path, address, title, media_type, size, mtime_ns, digest, passages, problem)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
TOUCH = "UPDATE documents SET size = ?, mtime_ns = ? WHERE folder = ? AND path = ?"
DROP_PASSAGES = "DELETE FROM passages WHERE rowid BETWEEN ? AND ?"
ADD_PASSAGE = "INSERT INTO passages (rowid, title, heading, text) VALUES (?, ?, ?, ?)"
FIGURES = """
    SELECT folder, sum(passages > 0), sum(passages), sum(iif(passages > 0, size, 0)), sum(problem NOT IN ('', 'binary'))
    FROM documents GROUP BY folder
"""

STEP = 2_000
"""Pages of the list of words that are merged at a time."""
MERGED = 2
"""Changes from which on a merge has done something: the statement itself counts as one."""
BINARY = "binary"
"""What is noted of a file that is no text, so that it is not opened again as long as it stays as it is."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that is remembered."""

    id: int
    collection: str
    path: Path
    label: str
    """What the paths of its documents begin with within the collection; empty for the folder that it is named after."""
    choice: Choice
    refreshed_at: float | None = None

    def address(self, path: str) -> str:
        """The address of a document by its path within the folder."""
        return address_of(self.collection, f"{self.label}/{path}".lstrip("/"))


@dataclass(frozen=True, slots=True)
class Known:
    """A document as the index has it."""

    id: int
    stamp: Stamp
    digest: bytes
    passages: int
    problem: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What came of reading a file."""

    path: str
    stamp: Stamp
    digest: bytes
    format: Format
    document: Document | None
    """`None` where there is no text to be had."""
    problem: str = ""
    """What kept it out, or a part of it."""


@dataclass(frozen=True, slots=True)
class Touched:
    """A file that was read and has not changed."""

    path: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Figures:
    """How much there is of a folder."""

    documents: int = 0
    passages: int = 0
    size: int = 0
    """Bytes of the files."""
    problems: int = 0


class Index:
    """The index, open to be filled. It blocks, and is used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection = open_to_write(path)

    def close(self) -> None:
        """Fold the log into the file and let go of it."""
        with explained(self.path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        with explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            finally:
                if self._connection.in_transaction:
                    self._connection.rollback()

    def folders(self) -> list[Folder]:
        """The folders, by collection and path."""
        with explained(self.path):
            return [folder_of(*row) for row in self._connection.execute(FOLDERS)]

    def remember(self, collection: str, path: Path, label: str, choice: Choice) -> Folder:
        """Keep a folder in mind, or change what is wanted of it."""
        values = (collection, str(path), label, json.dumps(choice.include), json.dumps(choice.exclude))
        with self._writing() as connection:
            connection.execute(REMEMBER, values)
        return next(one for one in self.folders() if (one.collection, one.path) == (collection, path))

    def forget(self, folder: Folder) -> None:
        """Drop a folder with all its documents, so that nothing of their text stays in the file."""
        self.drop(known.id for known in self.known(folder).values())
        with self._writing() as connection:
            connection.execute("DELETE FROM folders WHERE id = ?", (folder.id,))
        self.tidy()
        with explained(self.path):
            self._connection.execute("VACUUM")

    def tidy(self) -> None:
        """Rewrite the list of words without those of documents that are gone, in steps that others write between."""
        step, changes = -STEP, MERGED
        while changes >= MERGED:
            with self._writing() as connection:
                before = connection.total_changes
                connection.execute("INSERT INTO passages (passages, rank) VALUES ('merge', ?)", (step,))
                changes = connection.total_changes - before
            step = STEP  # only the first is negative: it has all that there is merged into one

    def known(self, folder: Folder) -> Mapping[str, Known]:
        """The documents of a folder, by their path in it."""
        with explained(self.path):
            rows = self._connection.execute(KNOWN, (folder.id,))
            return {path: Known(number, Stamp(size, time_ns), *rest) for path, number, size, time_ns, *rest in rows}

    def drop(self, documents: Iterable[int]) -> None:
        """Drop documents."""
        with self._writing() as connection:
            for document in documents:
                drop(connection, document)

    def put(self, folder: Folder, batch: Sequence[Entry | Touched]) -> None:
        """Write down what came of reading files, all of it or, where the process ends, nothing."""
        with self._writing() as connection:
            for one in batch:
                if isinstance(one, Touched):
                    connection.execute(TOUCH, (one.stamp.size, one.stamp.mtime_ns, folder.id, one.path))
                else:
                    put(connection, folder, one)

    def refreshed(self, folder: Folder) -> None:
        """Note that a folder has been looked through to its end."""
        with self._writing() as connection:
            connection.execute("UPDATE folders SET refreshed_at = ? WHERE id = ?", (time.time(), folder.id))

    def figures(self) -> Mapping[int, Figures]:
        """How much there is of each folder that has documents, by its number."""
        with explained(self.path):
            return {folder: Figures(*rest) for folder, *rest in self._connection.execute(FIGURES)}


def folder_of(
    number: int, collection: str, path: str, label: str, include: str, exclude: str, refreshed_at: float | None
) -> Folder:
    """A folder as it was written down."""
    choice = Choice(tuple(json.loads(include)), tuple(json.loads(exclude)))
    return Folder(number, collection, Path(path), label, choice, refreshed_at)


def drop(connection: sqlite3.Connection, document: int) -> None:
    """Drop a document with its passages."""
    connection.execute(DROP_PASSAGES, (document << SHIFT, (document + 1 << SHIFT) - 1))
    connection.execute("DELETE FROM documents WHERE id = ?", (document,))


def put(connection: sqlite3.Connection, folder: Folder, entry: Entry) -> None:
    """Put a document in the place of what was known of its file."""
    earlier = "SELECT id FROM documents WHERE folder = ? AND path = ?"
    for (document,) in connection.execute(earlier, (folder.id, entry.path)).fetchall():
        drop(connection, document)
    title = entry.document.title if entry.document else ""
    passages = entry.document.passages if entry.document else ()
    stamp = (entry.stamp.size, entry.stamp.mtime_ns, entry.digest)
    about = (folder.id, entry.path, folder.address(entry.path), title, entry.format.media_type)
    row = connection.execute(PUT, (*about, *stamp, len(passages), entry.problem)).lastrowid
    assert row is not None
    heading = spaced(title)
    connection.executemany(
        ADD_PASSAGE,
        (
            (row << SHIFT | number, heading, spaced(passage.heading), spaced(passage.text))
            for number, passage in enumerate(passages)
        ),
    )
