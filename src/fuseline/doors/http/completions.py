"""The one endpoint that all wires share: read a request, carry it through, stop when the client goes away."""

import asyncio
import logging

from starlette.types import Receive, Scope, Send

from fuseline.doors.http.cache import Cache
from fuseline.doors.http.idempotency import HEADER, Idempotency
from fuseline.doors.http.marks import marks
from fuseline.doors.http.messages import ClientGone, answer_error, headers_of, read_body
from fuseline.doors.http.stream import Outlet, Pace, Whole
from fuseline.doors.http.visit import Ending, Left, Visit
from fuseline.gateway import Gateway
from fuseline.settings.settings import Settings
from fuseline.types.errors import FuselineError
from fuseline.types.events import Failed
from fuseline.types.requests import Request
from fuseline.wires.base import ServerWire

logger = logging.getLogger(__name__)


class Completions:
    """An inference endpoint as an ASGI application, for one wire."""

    def __init__(self, wire: ServerWire, gateway: Gateway, settings: Settings, pace: Pace) -> None:
        self.path = wire.path
        """What follows the prefix of its routes."""
        self._wire = wire
        self._gateway = gateway
        self._body_limit = settings.server.body_limit
        self._pace = pace
        self._idempotency = Idempotency(gateway.store, settings.store)
        self._cache = Cache(gateway.store, settings) if settings.cache.enabled and settings.store.content else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = headers_of(scope)
        request: Request | None = None
        try:
            body = await read_body(receive, headers, self._body_limit)
            request = self._wire.read_request(body, headers)
            visit = Visit(self._wire, request, headers, body, receive)
            if HEADER in headers:
                await self._idempotency.serve(visit, send, self._answer)
            else:
                await self._answer(visit, send)
        except ClientGone:
            return
        except FuselineError as error:
            await answer_error(send, self._wire.write_error(error, request), marks(None, Failed(error)))

    async def _answer(self, visit: Visit, send: Send) -> Ending:
        if self._cache is None:
            return await self._carry(visit, send)
        return await self._cache.serve(visit, send, self._carry)

    async def _carry(self, visit: Visit, send: Send) -> Ending:
        kind = Outlet if visit.request.streaming else Whole
        reply = kind(visit.request, self._wire, send, self._pace)
        try:
            async with asyncio.TaskGroup() as group:  # a quarter of what one of anyio's takes, and every run has it
                beside: list[asyncio.Task[None]] = []
                held = asyncio.get_running_loop().call_later(
                    reply.hold_s, lambda: beside.append(group.create_task(reply.keep_open()))
                )
                beside.append(group.create_task(leave_with(visit.receive, reply, held)))
                try:
                    await reply.carry(self._gateway)
                finally:
                    held.cancel()
                for task in beside:
                    task.cancel()
        except* ClientGone:
            logger.info("a client went away; its run was stopped")
        return reply.outcome or Left(reply.run)


async def leave_with(receive: Receive, reply: Outlet | Whole, held: asyncio.TimerHandle) -> None:
    """Wait until the client closes its connection; from then on nothing need be kept open.

    :raises ClientGone: when it does before there is an outcome, which stops everything that is done for it.
    """
    while (await receive())["type"] != "http.disconnect":
        pass
    held.cancel()
    if reply.outcome is None:
        raise ClientGone
