"""Faults of what is counted, or is there to count: usage that is late, doubled or absurd, turns without text."""

from collections.abc import Iterator

from fuseline.types.json import Json
from tests.upstream.broken import SENTENCE, babble, events
from tests.upstream.says import (
    DONE,
    chunk,
    contents,
    counted,
    envelope,
    event,
    opening,
    pieces,
    says,
    streams,
    usage_chunk,
)
from tests.upstream.wire import Action, Ask, Step, Wait


def usage_late(argument: str) -> Step:
    """Usage in an event of its own, so many seconds after the finish reason."""

    def broken(ask: Ask) -> Iterator[Action]:
        *said, usage = events(ask, pieces(SENTENCE, 4))
        yield from (*said, Wait(float(argument or 0.3)), usage, DONE)

    return streams(broken)


def usage_in_finish() -> Step:
    """Usage in the same event as the finish reason."""

    def broken(ask: Ask) -> Iterator[Action]:
        yield from map(event, (opening(ask), *contents(ask, pieces(SENTENCE, 4))))
        yield event({**chunk(ask, {}, "stop"), "usage": counted(ask, SENTENCE)})
        yield DONE

    return streams(broken)


def usage_every() -> Step:
    """Usage in every event, each time counted from the beginning."""

    def broken(ask: Ask) -> Iterator[Action]:
        said = ""
        for piece in pieces(SENTENCE, 4):
            said += piece
            yield event({**chunk(ask, {"content": piece}), "usage": counted(ask, said)})
        yield event({**chunk(ask, {}, "stop"), "usage": counted(ask, said)})
        yield DONE

    return streams(broken)


ABSURD: dict[str, dict[str, Json]] = {
    "negative": {"prompt_tokens": -5, "completion_tokens": -7, "total_tokens": -12},
    "strings": {"prompt_tokens": "many", "completion_tokens": "some", "total_tokens": "lots"},
    "huge": {"prompt_tokens": 10**15, "completion_tokens": 10**15, "total_tokens": 2 * 10**15},
    "above": {"prompt_tokens": 90_000, "completion_tokens": 90_000, "total_tokens": 180_000},
    "zero": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    "list": {"prompt_tokens": [], "completion_tokens": None},
}


def usage_bad(argument: str) -> Step:
    """Usage that cannot be true, or hardly: the argument says in which way, negative unless told."""
    return says(SENTENCE, usage=ABSURD[argument or "negative"])


def empty(finish: str | None, tokens: int) -> Step:
    """No text at all, with this finish reason and so many tokens charged."""

    def broken(ask: Ask) -> Iterator[Action]:
        yield event(opening(ask))
        yield event(chunk(ask, {}, finish))
        yield event(usage_chunk(ask, {"prompt_tokens": 10, "completion_tokens": tokens, "total_tokens": 10 + tokens}))
        yield DONE

    return streams(broken)


def reasoning_only() -> Step:
    """Thoughts up to the output limit, and no word of an answer."""
    usage = {"prompt_tokens": 10, "completion_tokens": 50, "completion_tokens_details": {"reasoning_tokens": 50}}
    return says("", reasoning=babble(200), usage=usage, finish="length")


def no_choices() -> Step:
    """Events without a single choice in them."""
    return streams(lambda ask: [event({**envelope(ask, "chat.completion.chunk"), "choices": []}), DONE])
