"""What happened in one run, in order, for readers who come and go: each may begin anywhere and be as slow as it likes.

Every event has a number. Pieces of one speaker's text that nobody has read yet are joined; where much has piled up, all
pieces of a speaker are folded into one, of which each reader gets what it has not had.
"""

import time
from array import array
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """One event, or the pieces of text that became one."""

    n: int
    at: float
    """Seconds since the epoch."""
    body: Mapping[str, Json]
    channel: Channel | None = None
    """Whose text it is; `None` for an event of another kind."""
    text: str = ""
    numbers: "array[int]" = field(default_factory=lambda: array("Q"))
    """Where it was folded: the number of each piece."""
    ends: "array[int]" = field(default_factory=lambda: array("Q"))
    """Where each of these ends in the text."""

    def told(self, after: int) -> JsonObject:
        """The event for a reader who has had everything up to this number."""
        named: dict[str, Json] = {"n": self.n, "at": self.at, **self.body}
        if self.channel is not None:
            had = bisect_right(self.numbers, after)
            named["text"] = self.text[self.ends[had - 1] :] if had else self.text
        return named


class Log:
    """The events of one run."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._entries: list[Entry] = []
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
        return "".join([entry.text for entry in self._entries if entry.channel == channel])

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
        """Make one entry of all pieces of each channel, at the place of the last of them."""
        latest = {entry.channel: entry for entry in self._entries if entry.channel is not None}
        for channel, entry in latest.items():
            fold(entry, [one for one in self._entries if one.channel == channel])
        self._entries = [one for one in self._entries if one.channel is None or one is latest[one.channel]]
        self._open.clear()
        self._size = sum(len(entry.text) + WEIGHT for entry in latest.values())
        self._limit = max(self._limit, 2 * self._size)


def fold(entry: Entry, pieces: list[Entry]) -> None:
    """Make an entry of these pieces, of which it is the last."""
    numbers, ends, length = array("Q"), array("Q"), 0
    for piece in pieces:
        numbers.extend(piece.numbers or [piece.n])
        ends.extend([length + end for end in piece.ends] or [length + len(piece.text)])
        length += len(piece.text)
    entry.text = "".join([piece.text for piece in pieces])
    entry.numbers, entry.ends = numbers, ends


def body_of(channel: Channel) -> dict[str, Json]:
    """What an event of a channel says beside the text."""
    return {"type": channel.type} if channel.seat is None else {"type": channel.type, "seat": channel.seat}
