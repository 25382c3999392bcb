"""The two ends of a wire. We own both: the server half faces clients, the client half faces upstreams."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from fuseline.types.errors import FuselineError, Partial, UpstreamError
from fuseline.types.events import Event
from fuseline.types.models import PLAIN, Auth, Model, Quirks
from fuseline.types.replies import Delta, Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Run

CALL_HEADERS: Mapping[str, str] = {
    "Content-Type": "application/json",
    "Accept": "text/event-stream, application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "fuseline",
    "x-openrouter-fusion-depth": "1",
}
"""What every call of an upstream says: who calls, for some turn away who does not say; no compression, which would have
to be capped twice; and no fusion inside of fusion."""


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """An error as one wire says it."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class ReplyReader(Protocol):
    """Reads one reply off an upstream's stream, chunk by chunk."""

    @property
    def finished(self) -> bool:
        """Whether the model has said its last word; only figures may still follow."""
        ...

    @property
    def done(self) -> bool:
        """Whether the stream said that it is over."""
        ...

    @property
    def full(self) -> bool:
        """Whether the answer passed its cap, so that reading must stop."""
        ...

    def feed(self, chunk: bytes) -> Delta | None:
        """Take in what was read; return what was said in it, if anything.

        :raises UpstreamError: for an error in the stream, too much damage in it, or a cap passed.
        """
        ...

    def close(self) -> Reply:
        """Return the whole reply at the end of the stream.

        :raises UpstreamError: when the stream stopped short; it carries what had come.
        """
        ...

    def partial(self) -> Partial:
        """What has come so far."""
        ...


class ClientWire(Protocol):
    """How we speak to an upstream. Always streamed; a reply that comes whole is read too."""

    auth: Auth
    """How the protocol's vendor is shown a key; an endpoint may want it otherwise."""
    headers: Mapping[str, str]
    """The headers of every call, less the key."""

    def path(self, model: Model) -> str:
        """What follows the endpoint's base URL in a call of this model."""
        ...

    def write_request(self, request: Request, model: Model, without: frozenset[str]) -> bytes:
        """The body of a call, less the optional parameters that this upstream is known to refuse."""
        ...

    def optional(self, request: Request, model: Model, without: frozenset[str]) -> frozenset[str]:
        """The optional parameters that the body of this call carries, to match a refusal against."""
        ...

    def reader(self, answer_bytes: int, line_bytes: int, quirks: Quirks = PLAIN) -> ReplyReader:
        """A reader for one streamed reply, with its caps in bytes."""
        ...

    def read_reply(self, body: bytes, quirks: Quirks = PLAIN) -> Reply:
        """Read a reply that came whole.

        :raises UpstreamError: for an error object, or a body that is none of ours.
        """
        ...

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, sent: frozenset[str]) -> UpstreamError:
        """Say what an error response means; `sent` are the optional parameters that the call carried."""
        ...


class StreamWriter(Protocol):
    """Puts one run's events on a client's stream."""

    def write(self, event: Event) -> bytes:
        """The frames of an event; empty for one that this client does not see."""
        ...


class ServerWire(Protocol):
    """How clients speak to us."""

    path: str
    """What follows the prefix of every route, such as `/chat/completions`."""
    keep_alive: bytes
    """What a stream says when there is nothing to say."""

    def read_request(self, body: bytes, headers: Mapping[str, str]) -> Request:
        """Read and check a request.

        :raises InvalidRequest: naming what is wrong and where.
        """
        ...

    def write_reply(self, run: Run, request: Request) -> bytes:
        """The body of a whole reply."""
        ...

    def stream(self, request: Request) -> StreamWriter:
        """A writer for one streamed reply."""
        ...

    def write_error(self, error: FuselineError, request: Request | None = None) -> ErrorBody:
        """An error as a response of its own; `request` is what it answers, where that could be read."""
        ...

    def write_late_error(self, error: FuselineError, request: Request) -> bytes:
        """An error as the body of a whole reply whose status line has gone out as a good one."""
        ...
