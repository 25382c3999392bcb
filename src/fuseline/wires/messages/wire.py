"""Both ends of the messages wire as objects, for those who choose a wire by name."""

from collections.abc import Mapping

from fuseline.types.errors import FuselineError, UpstreamError
from fuseline.types.models import PLAIN, Auth, Model, Quirks
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from fuseline.wires.base import CALL_HEADERS, ErrorBody
from fuseline.wires.messages import calls, errors, failures, reader, requests, writer
from fuseline.wires.reader import StreamReader

PATH = "/messages"
VERSION = "2023-06-01"
"""The version of the protocol that is spoken; its vendor names no newer one."""


class MessagesClient:
    """How we speak messages to an upstream."""

    auth: Auth = "x-api-key"
    headers: Mapping[str, str] = {**CALL_HEADERS, "anthropic-version": VERSION}

    def path(self, model: Model) -> str:
        """What follows the base URL."""
        return PATH

    def write_request(self, request: Request, model: Model, without: frozenset[str]) -> bytes:
        """The body of a call."""
        return calls.write_request(request, model, without)

    def optional(self, request: Request, model: Model, without: frozenset[str]) -> frozenset[str]:
        """The optional parameters that the body of this call carries."""
        return calls.optional(request, model, without)

    def reader(self, answer_bytes: int, line_bytes: int, quirks: Quirks = PLAIN) -> StreamReader:
        """A reader for one streamed reply."""
        return reader.open_reader(answer_bytes, line_bytes)

    def read_reply(self, body: bytes, quirks: Quirks = PLAIN) -> Reply:
        """Read a reply that came whole."""
        return reader.read_reply(body)

    def read_error(self, status: int, headers: Mapping[str, str], body: bytes, sent: frozenset[str]) -> UpstreamError:
        """Say what an error response means."""
        return failures.read_error(status, headers, body, sent)


class MessagesServer:
    """How clients speak messages to us."""

    path = PATH
    keep_alive = writer.PING

    def read_request(self, body: bytes, headers: Mapping[str, str]) -> Request:
        """Read and check a request."""
        return requests.read_request(body, headers)

    def write_reply(self, run: Run, request: Request) -> bytes:
        """The body of a whole reply."""
        return writer.write_reply(run, request)

    def stream(self, request: Request) -> writer.MessagesWriter:
        """A writer for one streamed reply."""
        return writer.MessagesWriter(request)

    def write_error(self, error: FuselineError, request: Request | None = None) -> ErrorBody:
        """An error as a response of its own."""
        return errors.write_error(error, request)

    def write_late_error(self, error: FuselineError, request: Request) -> bytes:
        """An error as the body of a reply that began as a good one: the bare envelope."""
        return errors.write_error(error, request).body
