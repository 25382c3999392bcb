"""The server end of the messages wire as an object, for those who choose a wire by name."""

from collections.abc import Mapping

from fuseline.types.errors import FuselineError
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from fuseline.wires.base import ErrorBody
from fuseline.wires.messages import errors, requests, writer


class MessagesServer:
    """How clients speak messages to us."""

    path = "/messages"
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
