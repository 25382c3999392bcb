"""The client end of the Gemini wire as an object, for those who choose a wire by name. Clients speak other wires."""

from collections.abc import Mapping
from urllib.parse import quote

from fuseline.types.errors import UpstreamError
from fuseline.types.models import PLAIN, Auth, Model, Quirks
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.wires.base import CALL_HEADERS
from fuseline.wires.gemini import calls, failures, reader
from fuseline.wires.reader import StreamReader

COLLECTIONS = ("models/", "tunedModels/")
"""How the name of a model begins that says itself where it stands."""


class GeminiClient:
    """How we speak Gemini to an upstream."""

    auth: Auth = "x-goog-api-key"
    headers: Mapping[str, str] = CALL_HEADERS

    def path(self, model: Model) -> str:
        """What follows the base URL: the model, and that it shall answer with a stream of events."""
        name = model.name if model.name.startswith(COLLECTIONS) else f"models/{model.name}"
        return f"/{quote(name)}:streamGenerateContent?alt=sse"

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
