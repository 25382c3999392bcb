"""Reads the files of a folder, several at a time, and has them written down as they come."""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

import anyio
from anyio import to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from fuseline.documents.extraction import Document, Unreadable, read_apart, read_here
from fuseline.documents.formats import Format, format_of
from fuseline.documents.index import BINARY, Entry, Folder, Index, Known, Touched
from fuseline.documents.survey import Opened, Stamp, open_file
from fuseline.pages.workshop import Workshop
from fuseline.types.errors import FuselineError

BATCH = 500
"""Files that are written down as one."""
COMPANY_S = 0.1
"""How long a file that was read waits for others: each time that something is written costs more than all of them."""
AT_ONCE = 6
"""Files that are read at the same time: more than the workshop has places, so that those who wait are at hand."""
LARGE = 1 << 16
"""Bytes from which on a file is large."""
LARGE_ONES = 16
"""Large files that are held in memory at the same time, from when they are read until they are written down."""
FRESH_NS = 2_000_000_000
"""How old the time of a file must be to tell that it has not changed: the clocks of file systems are coarse."""
UNTOLD = -1
"""The time of a file that is to be read again."""

Tell: TypeAlias = Callable[[int, int], None]
"""Hears how many files are done, of how many."""


@dataclass(frozen=True, slots=True)
class Unopened:
    """A file that could not be opened. Nothing is written down, since it may be open the next time."""

    path: str
    reason: str


Outcome: TypeAlias = Entry | Touched | Unopened


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a file, in a word, and what is wrong with it."""

    kind: Literal["new", "changed", "unchanged", "binary", "unread"]
    reason: str = ""


def verdict_of(outcome: Outcome | None, known: Known | None) -> Verdict:
    """What became of a file that was known so before; `None` where it was not read, or was not known."""
    match outcome:
        case Unopened(_, reason):
            return Verdict("unread", reason)
        case Entry(problem=problem) if problem == BINARY:
            return Verdict("binary")
        case Entry(document=None, problem=problem):
            return Verdict("unread", problem)
        case Entry(problem=problem):
            return Verdict("changed" if known and known.passages else "new", problem)
        case _ if known is None or known.problem == BINARY:
            return Verdict("binary")
        case _:
            return Verdict("unchanged" if known.passages else "unread", known.problem)


@dataclass(frozen=True, slots=True)
class Reading:
    """The files of a folder as they are read."""

    folder: Folder
    workshop: Workshop
    known: Mapping[str, Known]
    anew: bool = False
    """Whether also files are read to the end that have not changed."""
    room: anyio.Semaphore = field(default_factory=lambda: anyio.Semaphore(LARGE_ONES))

    async def read_all(self, due: Mapping[str, Stamp], index: Index, tell: Tell) -> dict[str, Verdict]:
        """Read files, and write them down in batches; gives what became of each."""
        give, take = anyio.create_memory_object_stream[tuple[Outcome, bool]](BATCH)
        waiting = ((path, stamp.size > LARGE) for path, stamp in due.items())
        failure = FuselineError("the files were left unread")
        async with anyio.create_task_group() as tasks, take:
            with give:
                for _ in range(AT_ONCE):
                    tasks.start_soon(self._read_some, waiting, give.clone())
            try:
                return await self._write_all(take, len(due), index, tell)
            except FuselineError as error:  # raised in here it would leave the group as one of several
                tasks.cancel_scope.cancel()
                failure = error
        raise failure

    async def _write_all(
        self, take: MemoryObjectReceiveStream[tuple[Outcome, bool]], total: int, index: Index, tell: Tell
    ) -> dict[str, Verdict]:
        verdicts: dict[str, Verdict] = {}
        async for first in take:
            if len(verdicts) + 1 < total:
                await anyio.sleep(COMPANY_S)
            batch = [first, *at_hand(take)]
            opened = [one for one, _ in batch if not isinstance(one, Unopened)]
            await to_thread.run_sync(index.put, self.folder, opened)
            for one, large in batch:
                verdicts[one.path] = verdict_of(one, self.known.get(one.path))
                if large:
                    self.room.release()
            tell(len(verdicts), total)
        return verdicts

    async def _read_some(
        self, waiting: Iterator[tuple[str, bool]], give: MemoryObjectSendStream[tuple[Outcome, bool]]
    ) -> None:
        with give:
            for path, large in waiting:
                if large:
                    await self.room.acquire()
                await give.send((await self._read(path), large))

    async def _read(self, path: str) -> Outcome:
        kind = format_of(PurePosixPath(path))
        try:
            begun = await to_thread.run_sync(self._begin, path, kind)
            if not isinstance(begun, Opened):
                return begun
            document = await read_apart(begun.body, kind, path, self.workshop)
        except OSError as error:
            return Unopened(path, f"it cannot be read: {error.strerror or error}")
        return entry(path, begun, kind, document)

    def _begin(self, path: str, kind: Format) -> Entry | Touched | Opened:
        """Read a file's bytes, and what they say, unless that is to be read in the workshop."""
        opened = open_file(self.folder.path, path, kind)
        known = self.known.get(path)
        if known is not None and not self.anew and known.digest == digest_of(opened.body):
            return Touched(path, settled(opened.stamp))
        if opened.binary:
            return entry(path, opened, kind, Unreadable(BINARY))
        return opened if kind.apart else entry(path, opened, kind, read_here(opened.body, kind.form, path))


def at_hand(take: MemoryObjectReceiveStream[tuple[Outcome, bool]]) -> Iterator[tuple[Outcome, bool]]:
    """What has come in already, as far as it fits into a batch."""
    try:
        for _ in range(BATCH):
            yield take.receive_nowait()
    except (anyio.WouldBlock, anyio.EndOfStream):
        return


def entry(path: str, opened: Opened, kind: Format, read: Document | Unreadable) -> Entry:
    """A file as it goes into the index."""
    document, problem = (read, read.cut) if isinstance(read, Document) else (None, str(read))
    return Entry(path, settled(opened.stamp), digest_of(opened.body), kind, document, problem)


def settled(stamp: Stamp) -> Stamp:
    """A stamp that can be trusted: a file that was written just now may be written again within the same tick."""
    fresh = time.time_ns() - stamp.mtime_ns < FRESH_NS
    return Stamp(stamp.size, UNTOLD) if fresh else stamp


def digest_of(body: bytes) -> bytes:
    """What tells one content from another."""
    return hashlib.blake2b(body, digest_size=16).digest()
