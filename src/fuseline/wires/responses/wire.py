"""The server end of the Responses wire as an object, for those who choose a wire by name."""

from collections.abc import Mapping

from fuseline.types.errors import FuselineError
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from fuseline.wires.base import ErrorBody
from fuseline.wires.responses import errors, replies, requests, writer
from fuseline.wires.sse import KEEP_ALIVE


class ResponsesServer:
    """How clients speak Responses to us."""

    path = "/responses"
    keep_alive = KEEP_ALIVE

    def read_request(self, body: bytes, headers: Mapping[str, str]) -> Request:
        """Read and check a request."""
        return requests.read_request(body, headers)

    def write_reply(self, run: Run, request: Request) -> bytes:
        """The body of a whole reply."""
        return replies.write_reply(run, request)

    def stream(self, request: Request) -> writer.ResponsesWriter:
        """A writer for one streamed reply."""
        return writer.ResponsesWriter(request)

    def write_error(self, error: FuselineError, request: Request | None = None) -> ErrorBody:
        """An error as a response of its own."""
        return errors.write_error(error, request)

    def write_late_error(self, error: FuselineError, request: Request) -> bytes:
        """An error as the body of a reply that began as a good one: a response that failed."""
        return replies.write_failed_reply(error, request)
