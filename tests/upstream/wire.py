"""The vocabulary of the fault upstream: what was asked, and all that can happen on the wire in answer."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import responses
from typing import TypeAlias

from fuseline.types.json import JsonObject


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for a completion, as a step sees it."""

    model: str
    body: JsonObject
    number: int = 0
    """Its place in the upstream's log."""
    turn: int = 0
    """How often this model had been asked before."""
    origin: str = ""
    """Scheme, host and port of the upstream itself."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers. Without a content-length, the bytes that follow go out as HTTP chunks."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def chunked(self) -> bool:
        """Whether the body is framed as chunks: no length is told, and the status may have a body."""
        return "content-length" not in self.headers and self.status >= 200 and self.status != HTTPStatus.NO_CONTENT

    def render(self) -> bytes:
        """The head as bytes; a status that HTTP does not know gets a phrase all the same."""
        phrase = responses.get(self.status, "Unheard Of")
        framing = {"transfer-encoding": "chunked"} if self.chunked else {}
        lines = [f"{name}: {value}" for name, value in {**self.headers, **framing}.items()]
        return "\r\n".join([f"HTTP/1.1 {self.status} {phrase}", *lines, "", ""]).encode("latin-1")


@dataclass(frozen=True, slots=True)
class Raw:
    """Bytes that go out as they are, past all framing."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause, in seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing more, until the client gives up."""


@dataclass(frozen=True, slots=True)
class Reset:
    """A TCP reset (RST) in place of an end."""


@dataclass(frozen=True, slots=True)
class Hangup:
    """The connection is closed in good order (FIN), though the HTTP body has not ended."""


Action: TypeAlias = bytes | Head | Raw | Wait | Silence | Reset | Hangup
"""Plain bytes are body: each of them is one write, and one HTTP chunk where the head says chunks."""


@dataclass(frozen=True, slots=True)
class Step:
    """One answer. `play` yields what happens on the wire, lazily, so that an answer may be endless."""

    play: Callable[[Ask], Iterable[Action]]


Reply: TypeAlias = Step | Callable[[JsonObject], Step]
"""What a script is made of: a step, or a function that reads the request body and chooses one."""
