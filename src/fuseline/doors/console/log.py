"""What happened in one run, in order, for readers who come and go: each may begin anywhere and be as slow as it likes.

Every event has a number. Pieces of one speaker's text that nobody has read yet are joined. Where much has piled up, all
pieces between two other events are folded into one event, of which each reader gets what it has not had: one for all
speakers, since a reader may be broken off behind any event, and has had everything up to its number then.
"""

import time
from array import array
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import anyio

from fuseline.types.json import Json, JsonObject

LIMIT = 8 << 20
"""Bytes of a run's text, as it is kept, above which pieces are folded."""
WEIGHT = 400
"""About the bytes that a piece takes beside its text."""
LONGEST_PIECE = 4096
"""Characters above which a piece is not joined any further: to join is to copy."""
BATCH = 500
"""Events that a reader gets at once at the most."""


class Channel(NamedTuple):
    """One kind of text from one speaker."""

    type: str
    seat: int | None = None
    """`None` for whoever speaks to the client."""


@dataclass(slots=True)
class Entry:
    """One event, or the pieces of one speaker's text that were joined to one."""

    n: int
    at: float
    """Seconds since the epoch."""
    body: Mapping[str, Json]
    channel: Channel | None = None
    """Whose text it is; `None` for an event of another kind."""
    text: str = ""

    @property
    def size(self) -> int:
        """About the bytes that it takes; events of another kind are few."""
        return WEIGHT + len(self.text) if self.channel else 0

    def said(self, channel: Channel) -> str:
        """What it holds of a channel."""
        return self.text if self.channel == channel else ""

    def told(self, after: int) -> JsonObject:
        """The event, for readers who have not had it."""
        named: dict[str, Json] = {"n": self.n, "at": self.at, **self.body}
        if self.channel is not None:
            named["text"] = self.text
        return named


@dataclass(slots=True)
class Column:
    """All that was said on one channel between two events, with the number of each piece."""

    text: str
    numbers: "array[int]"
    ends: "array[int]"
    """Where each piece ends in the text."""

    def rest(self, after: int) -> str:
        """What a reader has not had who has had everything up to this number."""
        had = bisect_right(self.numbers, after)
        return self.text[self.ends[had - 1] :] if had else self.text


@dataclass(slots=True)
class Words:
    """All that was said by everybody between two events, as one event at the place of its last piece."""

    n: int
    at: float
    """Seconds since the epoch."""
    columns: Mapping[Channel, Column]

    @property
    def size(self) -> int:
        """About the bytes that it takes."""
        return sum(WEIGHT + len(column.text) for column in self.columns.values())

    def said(self, channel: Channel) -> str:
        """What it holds of a channel."""
        column = self.columns.get(channel)
        return column.text if column else ""

    def told(self, after: int) -> JsonObject:
        """The event for a reader who has had everything up to this number."""
        rests = [(channel, column.rest(after)) for channel, column in self.columns.items()]
        said: list[Json] = [{**body_of(channel), "text": rest} for channel, rest in rests if rest]
        return {"n": self.n, "at": self.at, "type": "words", "said": said}


class Log:
    """The events of one run."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._entries: list[Entry | Words] = []
        self._last = 0
        self._read = 0
        """The highest number that anybody has had."""
        self._open: dict[Channel, Entry] = {}
        """The latest piece of each channel, since the last event of another kind."""
        self._size = 0
        self._limit = limit
        self._news: anyio.Event | None = None
        self.over = False
        """Whether nothing more will come."""

    def add(self, body: Mapping[str, Json], *, last: bool = False) -> None:
        """Write an event down."""
        self._open.clear()
        self._append(body)
        self.over = self.over or last
        self._tell()

    def say(self, channel: Channel, text: str) -> None:
        """Write a piece of text down, with the one before it where nobody has read that yet."""
        if not text:
            return
        entry = self._open.get(channel)
        if entry is None or entry.n <= self._read or len(entry.text) > LONGEST_PIECE:
            entry = self._append(body_of(channel), channel)
            self._open[channel] = entry
            self._size += WEIGHT
        entry.text += text
        self._size += len(text)
        if self._size > self._limit:
            self._fold()
        self._tell()

    def said(self, channel: Channel) -> str:
        """All that was said on a channel."""
        return "".join([entry.said(channel) for entry in self._entries])

    def close(self) -> None:
        """Let the readers go: nothing more will come."""
        self.over = True
        self._tell()

    async def news(self, after: int) -> list[tuple[int, JsonObject]]:
        """What happened behind this number, as soon as there is any of it, each event with its own number.

        It is empty where nothing more will come.
        """
        while not self.over and self._last <= after:
            if self._news is None:
                self._news = anyio.Event()
            await self._news.wait()
        first = bisect_right(self._entries, after, key=attrgetter("n"))
        told = self._entries[first : first + BATCH]
        if told:
            self._read = max(self._read, told[-1].n)
        return [(entry.n, entry.told(after)) for entry in told]

    def _append(self, body: Mapping[str, Json], channel: Channel | None = None) -> Entry:
        self._last += 1
        entry = Entry(self._last, time.time(), body, channel)
        self._entries.append(entry)
        return entry

    def _tell(self) -> None:
        """Wake whoever waits."""
        if self._news is not None:
            self._news.set()
            self._news = None

    def _fold(self) -> None:
        """Make one entry of all pieces between two events of another kind."""
        groups = groupby(self._entries, key=is_text)
        self._entries = [one for texts, group in groups for one in ([folded(list(group))] if texts else group)]
        self._open.clear()
        self._size = sum(entry.size for entry in self._entries)
        self._limit = max(self._limit, 2 * self._size)


def is_text(entry: Entry | Words) -> bool:
    """Whether an entry is what somebody said."""
    return isinstance(entry, Words) or entry.channel is not None


def folded(entries: Sequence[Entry | Words]) -> Words:
    """One entry of these, none of which is an event of another kind."""
    columns: dict[Channel, list[Entry | Column]] = {}
    for entry in entries:
        if isinstance(entry, Words):
            for channel, column in entry.columns.items():
                columns.setdefault(channel, []).append(column)
        elif entry.channel is not None:
            columns.setdefault(entry.channel, []).append(entry)
    last = entries[-1]
    return Words(last.n, last.at, {channel: column_of(pieces) for channel, pieces in columns.items()})


def column_of(pieces: Sequence[Entry | Column]) -> Column:
    """The text of these pieces, with where each of them ends."""
    numbers, ends, length = array("Q"), array("Q"), 0
    for piece in pieces:
        if isinstance(piece, Column):
            numbers.extend(piece.numbers)
            ends.extend([length + end for end in piece.ends])
        else:
            numbers.append(piece.n)
            ends.append(length + len(piece.text))
        length += len(piece.text)
    return Column("".join([piece.text for piece in pieces]), numbers, ends)


def body_of(channel: Channel) -> dict[str, Json]:
    """What an event of a channel says beside the text."""
    return {"type": channel.type} if channel.seat is None else {"type": channel.type, "seat": channel.seat}
