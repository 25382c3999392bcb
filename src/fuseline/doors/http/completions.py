"""The one endpoint that all wires share: read a request, carry it through, stop when the client goes away."""

import logging

import anyio
from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from fuseline.doors.http.messages import ClientGone, answer_error, read_body
from fuseline.doors.http.stream import Pace, Whole, stream
from fuseline.gateway import Gateway
from fuseline.types.errors import FuselineError
from fuseline.wires.base import ServerWire

logger = logging.getLogger(__name__)


class Completions:
    """An inference endpoint as an ASGI application, for one wire."""

    def __init__(self, wire: ServerWire, gateway: Gateway, body_limit: int, pace: Pace) -> None:
        self.path = wire.path
        """What follows the prefix of its routes."""
        self._wire = wire
        self._gateway = gateway
        self._body_limit = body_limit
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = Headers(scope=scope)
        try:
            body = await read_body(receive, headers, self._body_limit)
            request = self._wire.read_request(body, headers)
        except ClientGone:
            return
        except FuselineError as error:
            await answer_error(send, self._wire.write_error(error))
            return
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(leave_with, receive, group.cancel_scope)
                if request.streaming:
                    await stream(request, self._wire, self._gateway, send, self._pace)
                else:
                    reply = Whole(request, self._wire, send, self._pace)
                    group.start_soon(reply.keep_open)
                    await reply.deliver(await self._gateway.outcome(request))
                group.cancel_scope.cancel()
        except* ClientGone:
            logger.info("a client stopped reading; its run was stopped")


async def leave_with(receive: Receive, scope: anyio.CancelScope) -> None:
    """Wait until the client closes its connection, then stop everything that was done for it."""
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()
