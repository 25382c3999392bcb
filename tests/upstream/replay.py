"""Recorded answers served again, byte for byte, cut wherever a test wants them cut."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from fuseline.types.json import JsonObject
from tests.upstream.says import DONE, SSE, closing, contents, event, opening
from tests.upstream.wire import Action, Ask, Head, Step

Text = TypeVar("Text", str, bytes)


def replays(
    text: str,
    usage: JsonObject,
    *,
    chunk_chars: int = 24,
    cuts: Iterable[int] = (),
    write_bytes: int = 0,
    finish: str = "stop",
) -> Step:
    """A step that streams a recorded text with its recorded usage.

    Each event holds `chunk_chars` characters, or what lies between the character positions `cuts`. Each event is one
    write, unless `write_bytes` says after how many bytes the stream is split, in the middle of what it may.
    """

    def play(ask: Ask) -> Iterator[Action]:
        texts = split(text, tuple(cuts) or range(0, len(text), chunk_chars))
        events = [event(said) for said in (opening(ask), *contents(ask, texts), *closing(ask, finish, usage))]
        payload = b"".join([*events, DONE])
        yield Head(200, SSE)
        yield from split(payload, range(0, len(payload), write_bytes)) if write_bytes else [*events, DONE]

    return Step(play)


def replays_bytes(
    recorded: bytes, *, cuts: Iterable[int] = (), status: int = 200, content_type: str = SSE["content-type"]
) -> Step:
    """A step that sends a recorded body as it was, in one write or split at the byte positions `cuts`."""

    def play(_: Ask) -> Iterator[Action]:
        yield Head(status, {"content-type": content_type})
        yield from split(recorded, cuts)

    return Step(play)


def split(whole: Text, cuts: Iterable[int]) -> Sequence[Text]:
    """What lies between the cuts, empty pieces left out; joined again it is the whole."""
    places = sorted({0, len(whole), *(cut for cut in cuts if 0 < cut < len(whole))})
    return [whole[start:end] for start, end in pairwise(places)]
