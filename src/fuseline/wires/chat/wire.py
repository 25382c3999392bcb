"""Both ends of the chat wire as objects, for those who choose a wire by name."""

from collections.abc import Mapping

from fuseline.types.errors import FuselineError, UpstreamError
from fuseline.types.models import PLAIN, Auth, Model, Quirks
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from fuseline.wires.base import CALL_HEADERS, ErrorBody
from fuseline.wires.chat import errors, reader, requests, writer
from fuseline.wires.reader import StreamReader
from fuseline.wires.sse import KEEP_ALIVE

PATH = "/chat/completions"


class ChatClient:
    """How we speak chat completions to an upstream."""

    auth: Auth = "bearer"
    headers: Mapping[str, str] = CALL_HEADERS

    def path(self, model: Model) -> str:
        """What follows the base URL."""
        return PATH

    def write_request(self, request: Request, model: Model, without: frozenset[str]) -> bytes:
        """The body of a call."""
        return requests.write_request(request, model, without)

    def optional(self, request: Request, model: Model, without: frozenset[str]) -> frozenset[str]:
        """The optional parameters that the body of this call carries."""
        return requests.optional(request, model, without)

    def reader(self, answer_bytes: int, line_bytes: int, quirks: Quirks = PLAIN) -> StreamReader:
        """A reader for one streamed reply."""
        return reader.open_reader(answer_bytes, line_bytes, quirks)

    def read_reply(self, body: bytes, quirks: Quirks = PLAIN) -> Reply:
        """Read a reply that came whole."""
        return reader.read_reply(body, quirks)

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, sent: frozenset[str]) -> UpstreamError:
        """Say what an error response means."""
        return errors.read_error(status, headers, body, sent)


class ChatServer:
    """How clients speak chat completions to us."""

    path = PATH
    keep_alive = KEEP_ALIVE

    def read_request(self, body: bytes, headers: Mapping[str, str]) -> Request:
        """Read and check a request."""
        return requests.read_request(body, headers)

    def write_reply(self, run: Run, request: Request) -> bytes:
        """The body of a whole reply."""
        return writer.write_reply(run, request)

    def stream(self, request: Request) -> writer.ChatWriter:
        """A writer for one streamed reply."""
        return writer.ChatWriter(request)

    def write_error(self, error: FuselineError, request: Request | None = None) -> ErrorBody:
        """An error as a response of its own."""
        return errors.write_error(error, request)

    def write_late_error(self, error: FuselineError, request: Request) -> bytes:
        """An error as the body of a reply that began as a good one: the bare envelope."""
        return errors.write_error(error, request).body
