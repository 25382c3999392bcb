"""How long a conversation is, for clients that ask before they send it. Nothing is called and nothing is kept."""

from pydantic_core import to_json
from starlette.types import Receive, Scope, Send

from fuseline.doors.http.messages import ClientGone, answer, answer_error, headers_of, read_body
from fuseline.types.errors import FuselineError
from fuseline.types.requests import FunctionTool, Request
from fuseline.types.tokens import estimate, estimate_messages
from fuseline.wires.base import ServerWire


class Counting:
    """An endpoint that estimates the tokens of a request, as an ASGI application, for one wire."""

    def __init__(self, wire: ServerWire, body_limit: int) -> None:
        self.path = f"{wire.path}/count_tokens"
        """What follows the prefix of its routes."""
        self._wire = wire
        self._body_limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = headers_of(scope)
        try:
            request = self._wire.read_request(await read_body(receive, headers, self._body_limit), headers)
        except ClientGone:
            return
        except FuselineError as error:
            await answer_error(send, self._wire.write_error(error))
            return
        await answer(send, 200, to_json({"input_tokens": tokens_of(request)}))


def tokens_of(request: Request) -> int:
    """What a model would read: the conversation, and the functions that are declared to it."""
    return estimate_messages(request.messages) + sum(declaration_tokens(tool) for tool in request.functions)


def declaration_tokens(tool: FunctionTool) -> int:
    """What the declaration of a function takes."""
    return estimate(f"{tool.name} {tool.description} {to_json(tool.parameters).decode()}")
