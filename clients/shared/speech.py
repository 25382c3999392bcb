"""What the speakers in Python share: what is asked of them, and how they tell what came of it.

It runs in the client's own environment, beside the client's `speak.py`, and knows the standard library alone.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Callable, Generator
from dataclasses import asdict, dataclass, field
from typing import Any

URL = os.environ["FUSELINE_URL"]
KEY = os.environ["FUSELINE_KEY"]


@dataclass(frozen=True)
class Ask:
    """What a client is to send."""

    wire: str
    model: str
    question: str
    plugins: list[dict[str, Any]]
    tools: list[dict[str, Any]]
    events: bool
    """Whether to ask for the events of the panel, where they do not come unasked."""

    @property
    def messages(self) -> list[dict[str, str]]:
        """The question as a conversation."""
        return [{"role": "user", "content": self.question}]

    @property
    def extra(self) -> dict[str, Any]:
        """What is said of fusion, as fields of a request's body."""
        fields = {"plugins": self.plugins, "tools": self.tools}
        wish = {"stream_options": {"include_usage": True, "include_fusion": True}} if self.events else {}
        return {**{name: value for name, value in fields.items() if value}, **wish}


@dataclass(frozen=True)
class Told:
    """What a client got, as its user sees it."""

    text: str = ""
    model: str | None = None
    cost: float | None = None
    pieces: int = 0
    events: list[str] = field(default_factory=list)
    error: str = ""
    """The class of the exception that it raised."""
    status: int | None = None
    message: str = ""
    left: bool = False


@dataclass(frozen=True)
class Seen:
    """An event of the panel that came through to the user."""

    type: str


Pieces = Generator[str | Seen] | AsyncGenerator[str | Seen]


def speak(
    whole: Callable[[Ask], Told],
    streamed: Callable[[Ask], Pieces],
    leave: Callable[[Ask], Told] | None = None,
) -> None:
    """Do what was asked, and tell in one line of JSON what came of it.

    To leave is to close the stream after its first piece, unless the users of the client have another way.
    """
    act, ask = sys.argv[1], Ask(**json.loads(sys.argv[2]))
    acts = {
        "whole": lambda: whole(ask),
        "streamed": lambda: read(streamed(ask)),
        "leave": lambda: leave(ask) if leave else close_early(streamed(ask)),
    }
    try:
        told = acts[act]()
    except Exception as error:
        told = refused(error)
    print(json.dumps(asdict(told), default=str), flush=True)
    if told.left:
        sys.stdin.read()  # who watches the upstream says when it has seen enough; until then nothing is torn down


def refused(error: BaseException) -> Told:
    """An exception as a user would report it."""
    inner = next((one for one in (error, error.__cause__) if status_of(one)), error)
    return Told(error=type(error).__name__, status=status_of(inner), message=str(error)[:300])


def status_of(error: BaseException | None) -> int | None:
    """The HTTP status that an exception carries."""
    found = getattr(error, "status_code", None)
    return found if isinstance(found, int) else None


def read(pieces: Pieces) -> Told:
    """A stream, read to its end."""
    return asyncio.run(read_async(pieces)) if isinstance(pieces, AsyncGenerator) else collect(list(pieces))


async def read_async(pieces: AsyncGenerator[str | Seen]) -> Told:
    """The same for one that is awaited."""
    return collect([piece async for piece in pieces])


def collect(pieces: list[str | Seen]) -> Told:
    """The pieces of a stream as one."""
    texts = [piece for piece in pieces if isinstance(piece, str) and piece]
    return Told("".join(texts), pieces=len(texts), events=[piece.type for piece in pieces if isinstance(piece, Seen)])


def close_early(pieces: Pieces) -> Told:
    """Read one piece of text, close the stream, and stay alive."""
    if isinstance(pieces, AsyncGenerator):
        return asyncio.run(close_early_async(pieces))
    first = next(piece for piece in pieces if isinstance(piece, str) and piece)
    pieces.close()
    return Told(first, pieces=1, left=True)


async def close_early_async(pieces: AsyncGenerator[str | Seen]) -> Told:
    """The same for a stream that is awaited."""
    async for piece in pieces:
        if isinstance(piece, str) and piece:
            await pieces.aclose()
            return Told(piece, pieces=1, left=True)
    return Told(message="the stream ended before it was left")
