"""The one thread that writes: it takes all that waits, commits it as one, and wakes everybody who waited for it."""

import asyncio
import logging
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

from fuseline.storage.history import ORDER as HISTORY
from fuseline.storage.refusals import FAULTY, sentence
from fuseline.storage.replies import ORDER as REPLIES
from fuseline.storage.rows import ORDER as RUNS
from fuseline.storage.rows import Row, Statement, Values, well_formed
from fuseline.storage.votes import ORDER as VOTES
from fuseline.types.errors import StorageFailed

logger = logging.getLogger(__name__)

COMPANY_S = 0.002
"""How long a waiter waits for company, where the last batch was a crowd: fewer commits serve more runs."""
CROWD = 8
"""More waiters than the panel of one run can be."""
RETRY_S = 5.0
"""How long after a refusal notes are tried again when nothing new arrives."""
KEPT = 10_000
"""Noted rows that are kept while the database refuses; what comes after is lost, and counted."""
ORDER: tuple[Statement, ...] = (*RUNS, *REPLIES, *VOTES, *HISTORY)
"""How statements follow one another inside a transaction."""


class Parcel(NamedTuple):
    """Rows that are written together or not at all."""

    rows: Sequence[Row]
    waiter: "asyncio.Future[None] | None" = None


class Writer:
    """Owns the connection from `start` to `stop`. What is put first is durable first."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._lock = threading.Lock()
        self._waiting: list[Parcel] = []
        self._kept: list[Parcel] = []
        self._bell = SimpleQueue[None]()
        """Rung to wake the thread, in a third of the time that an event of `threading` takes, which is Python."""
        self._rung = False
        """Whether it was since the thread last looked."""
        self._stopping = False
        self._busy = False
        """Whether the last batch served a crowd."""
        self._thread = threading.Thread(target=self._work, name="fuseline-writer", daemon=True)
        self.lost = 0
        """Noted rows that were given up."""

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, parcel: Parcel) -> None:
        """Queue a parcel, to be written at the next `hurry` with all that was put before.

        :raises StorageFailed: after `stop`.
        """
        with self._lock:
            if self._stopping:
                raise StorageFailed(f"the store {self._path} is closed")
            self._waiting.append(parcel)

    def hurry(self) -> None:
        """Have what waits written now."""
        if not self._rung:
            self._rung = True
            self._bell.put(None)

    def stop(self) -> None:
        """Write what is left, fold the log into the file and close it. Blocks until that is done."""
        with self._lock:
            self._stopping = True
        self._bell.put(None)
        self._thread.join()

    def _work(self) -> None:
        stopping = False
        while not stopping:
            with suppress(Empty):
                self._bell.get(timeout=RETRY_S if self._kept else None)
            if self._busy:
                time.sleep(COMPANY_S)
            arrived, stopping = self._take()
            self._busy = len(waiting(arrived)) > CROWD
            batch, self._kept = self._kept + arrived, []
            if batch:
                self._attempt(batch)
        self._finish()

    def _take(self) -> tuple[list[Parcel], bool]:
        with self._lock:
            self._rung = False
            taken, self._waiting = self._waiting, []
            return taken, self._stopping

    def _attempt(self, batch: Sequence[Parcel]) -> None:
        try:
            self._write([row for parcel in batch for row in parcel.rows])
        except Exception as error:  # the rim of the thread: whatever it is, the waiters must hear of it
            if len(batch) > 1 and isinstance(error, FAULTY):
                for parcel in batch:  # one by one, so that only the faulty one is refused
                    self._attempt([parcel])
            else:
                self._refuse(batch, error)
        else:
            tell(batch)

    def _write(self, rows: Sequence[Row]) -> None:
        try:
            self._commit(rows)
        except UnicodeEncodeError:  # half a surrogate pair, which is too rare to look for in every text
            self._commit([Row(row.statement, mended(row.values)) for row in rows])

    def _commit(self, rows: Sequence[Row]) -> None:
        groups: defaultdict[Statement, list[Values]] = defaultdict(list)
        for statement, values in rows:
            groups[statement].append(values)
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in sorted(groups, key=ORDER.index):
                carry_out(self._connection, statement, groups[statement])
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.rollback()

    def _refuse(self, batch: Sequence[Parcel], error: Exception) -> None:
        reason = sentence(error, self._path)
        logger.error("%s", reason)
        tell(batch, reason)
        room = 0 if isinstance(error, FAULTY) else KEPT - sum(len(parcel.rows) for parcel in self._kept)
        for parcel in batch:
            if parcel.waiter is None and len(parcel.rows) <= room:
                room -= len(parcel.rows)
                self._kept.append(parcel)
            elif parcel.waiter is None:
                room = 0  # nothing may overtake what is lost
                self._lose(parcel)

    def _lose(self, parcel: Parcel) -> None:
        self.lost += len(parcel.rows)
        logger.error("%d noted rows are lost to %s, %d in all", len(parcel.rows), self._path, self.lost)

    def _finish(self) -> None:
        for parcel in self._kept:
            self._lose(parcel)
        try:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:  # all is in the log already; the next to open the file folds it in
            logger.warning("%s", sentence(error, self._path))
        self._connection.close()


def carry_out(connection: sqlite3.Connection, statement: Statement, rows: Sequence[Values]) -> None:
    """Write rows in as few steps as there are: at each step the thread must win the interpreter back.

    Sizes are powers of two, so that a handful of prepared statements serves every number of rows.
    """
    start = 0
    while left := len(rows) - start:
        size = min(statement.most, 1 << left.bit_length() - 1)
        connection.execute(statement.text(size), tuple(chain.from_iterable(rows[start : start + size])))
        start += size


def mended(values: Values) -> Values:
    """The same row with every text well formed."""
    return tuple(well_formed(value) if isinstance(value, str) else value for value in values)


def waiting(batch: Sequence[Parcel]) -> "list[asyncio.Future[None]]":
    """Those who wait for a parcel of a batch."""
    return [waiter for _, waiter in batch if waiter is not None]


def tell(batch: Sequence[Parcel], reason: str = "") -> None:
    """Wake everybody who waits for a parcel of this batch, once for each event loop."""
    loops: defaultdict[asyncio.AbstractEventLoop, list[asyncio.Future[None]]] = defaultdict(list)
    for waiter in waiting(batch):
        loops[waiter.get_loop()].append(waiter)
    for loop, waiters in loops.items():
        try:
            loop.call_soon_threadsafe(wake, waiters, reason)
        except RuntimeError:
            logger.debug("an event loop ended before its rows were written")


def wake(waiters: Sequence["asyncio.Future[None]"], reason: str) -> None:
    """Let the waiters go on, or give each the refusal. Runs on their own event loop."""
    for waiter in waiters:
        if waiter.done():
            continue
        if reason:
            waiter.set_exception(StorageFailed(reason))
        else:
            waiter.set_result(None)
