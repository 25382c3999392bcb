"""The index as those see it who search it: documents with their best passages, and the whole text of one."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from fuseline.documents.addresses import canonical
from fuseline.documents.connections import explained, open_to_read
from fuseline.documents.passages import Passage
from fuseline.documents.schema import SHIFT
from fuseline.documents.words import all_of, any_of, terms_of, unspaced

AT_ONCE = 4
"""Searches that run at the same time."""
PASSAGES = 3
"""Passages of one document that one result may hold."""
ENOUGH = 1_000
"""Passages among which the best are sought: the rarest words of a question choose them, and the others rate them."""
COMMON = 10_000
"""Passages from which on a word tells too little for the time it takes, unless there is no rarer one."""
RATED = 20_000
"""Passages that are rated, at the most: only a question of nothing but common words reaches it."""

SEARCH = """
    SELECT document, number FROM (
        SELECT number, number >> :shift AS document,
            row_number() OVER (PARTITION BY number >> :shift ORDER BY score, number) AS place,
            min(score) OVER (PARTITION BY number >> :shift) AS best
        FROM (
            SELECT rowid AS number, bm25(passages, 4.0, 2.0, 1.0) AS score FROM passages
            WHERE passages MATCH :terms LIMIT :rated
        )
        WHERE :everywhere OR number >> :shift IN (
            SELECT documents.id FROM documents JOIN folders ON folders.id = folder
            WHERE collection IN (SELECT value FROM json_each(:collections))
        )
    )
    WHERE place <= :passages ORDER BY best, document, place LIMIT :most
"""
"""The best passages of the best documents. FTS5 rates passages only where a limit keeps that apart from the sorting."""
COUNT = "SELECT count(*) FROM (SELECT 1 FROM passages WHERE passages MATCH ? LIMIT ?)"
PASSAGE = "SELECT heading, text FROM passages WHERE rowid = ?"
TEXTS = "SELECT text FROM passages WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
BY_NUMBER = "SELECT address, title FROM documents WHERE id = ?"
BY_ADDRESS = """
    SELECT documents.id, collection, address, title, media_type, size, problem
    FROM documents JOIN folders ON folders.id = folder WHERE address = ? AND passages > 0
"""
COLLECTIONS = "SELECT DISTINCT collection FROM folders ORDER BY collection"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Match:
    """A document that was found."""

    address: str
    title: str
    passages: tuple[Passage, ...]
    """Where it was found, the best first."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A document with all of its text."""

    collection: str
    address: str
    title: str
    media_type: str
    size: int
    """Bytes of the file."""
    problem: str
    """What kept a part of it out."""
    text: str


class Shelf:
    """The index, open to be searched. What is written meanwhile is found by the next search."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: list[sqlite3.Connection] = [open_to_read(path)]
        self._turns = CapacityLimiter(AT_ONCE)

    def close(self) -> None:
        """Let go of the file."""
        while self._idle:
            self._idle.pop().close()

    async def search(self, question: str, collections: Sequence[str], most: int) -> list[Match]:
        """Find documents in these collections, the best first. Any text is a question."""
        terms = terms_of(question)
        if not terms or not collections:
            return []
        return await self._ask(lambda connection: search(connection, terms, collections, most))

    async def whole(self, address: str) -> Whole | None:
        """The document of an address, however it is escaped; `None` where there is none."""
        return await self._ask(lambda connection: whole(connection, canonical(address)))

    async def collections(self) -> tuple[str, ...]:
        """The names of all collections."""
        return await self._ask(names)

    async def _ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        return await to_thread.run_sync(self._answer, question, limiter=self._turns)

    def _answer(self, question: Callable[[sqlite3.Connection], T]) -> T:
        with explained(self.path):
            connection = self._taken()
            connection.execute("BEGIN")  # all that a question needs is seen as it was at one moment
            try:
                return question(connection)
            finally:
                connection.execute("ROLLBACK")
                self._idle.append(connection)

    def _taken(self) -> sqlite3.Connection:
        with suppress(IndexError):
            return self._idle.pop()
        return open_to_read(self.path)


def search(connection: sqlite3.Connection, terms: Sequence[str], collections: Sequence[str], most: int) -> list[Match]:
    """Find the best documents, and read their best passages."""
    values = {
        "terms": expression(connection, terms),
        "everywhere": set(names(connection)) <= set(collections),
        "collections": json.dumps(collections),
        "passages": PASSAGES,
        "rated": RATED,
        "shift": SHIFT,
        "most": most * PASSAGES,
    }
    found: dict[int, list[int]] = {}
    for document, number in connection.execute(SEARCH, values).fetchall():
        found.setdefault(document, []).append(number)
    matches = (match(connection, document, numbers) for document, numbers in list(found.items())[:most])
    return [one for one in matches if one is not None]


def expression(connection: sqlite3.Connection, terms: Sequence[str]) -> str:
    """Terms as one expression: the rarest of them choose passages, and all rate them that are not all too common."""
    counts = {term: connection.execute(COUNT, (term, COMMON)).fetchone()[0] for term in terms}
    telling = [term for term in sorted(terms, key=counts.__getitem__) if counts[term] < COMMON]
    if not any(map(counts.__getitem__, telling)):
        return any_of(terms)
    choosing: list[str] = []
    reached = 0
    while reached < ENOUGH and len(choosing) < len(telling):
        choosing.append(telling[len(choosing)])
        reached += counts[choosing[-1]]
    return any_of(telling) if choosing == telling else all_of(any_of(choosing), any_of(telling))


def match(connection: sqlite3.Connection, document: int, numbers: Sequence[int]) -> Match | None:
    """A document with some of its passages; `None` where it has gone in the meantime."""
    about = connection.execute(BY_NUMBER, (document,)).fetchone()
    rows = [connection.execute(PASSAGE, (number,)).fetchone() for number in numbers]
    if about is None or None in rows:
        return None
    address, title = about
    return Match(address, title, tuple(Passage(unspaced(heading), unspaced(text)) for heading, text in rows))


def whole(connection: sqlite3.Connection, address: str) -> Whole | None:
    """A document with all of its text."""
    about = connection.execute(BY_ADDRESS, (address,)).fetchone()
    if about is None:
        return None
    document, collection, path, title, media_type, size, problem = about
    rows = connection.execute(TEXTS, (document << SHIFT, (document + 1 << SHIFT) - 1))
    text = "\n\n".join(unspaced(text) for (text,) in rows)
    return Whole(collection, path, title, media_type, size, problem, text)


def names(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The names of all collections."""
    return tuple(name for (name,) in connection.execute(COLLECTIONS))
