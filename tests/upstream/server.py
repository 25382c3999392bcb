"""An upstream that fails on purpose: a real HTTP server in a thread of its own, for any test to talk to.

The model's name in the request chooses the behaviour: a script, a fault of the table, or else a plain answer.
"""

import asyncio
import json
import socket
import ssl
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

import anyio
from anyio import to_thread
from anyio.abc import TaskStatus
from anyio.from_thread import start_blocking_portal

from fuseline.types.json import Json, JsonObject
from tests.upstream import faults, gemini
from tests.upstream.line import Line, Request
from tests.upstream.log import Exchange, Log
from tests.upstream.says import answers, fails
from tests.upstream.wire import Ask, Reply, Step

BACKLOG = 4096
TIMEOUT_S = 5.0


class Upstream:
    """The upstream as a test sees it: where it is, what its models shall say, and what was asked of it."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.base_url = f"{origin}/v1"
        self.failures: list[Exception] = []
        """What went wrong in scripts, raised again when the upstream stops."""
        self._scripts: dict[str, tuple[Reply, ...]] = {}
        self._asked, self._strays = Log(), Log()

    def script(self, model: str, replies: Sequence[Reply]) -> None:
        """Say what a model answers, turn by turn. The last reply repeats."""
        self._scripts[model] = tuple(replies)

    @property
    def log(self) -> list[Exchange]:
        """All requests for completions in the order of their arrival, as they stand now."""
        return self._asked.read()

    @property
    def strays(self) -> list[Exchange]:
        """All requests for anything else; the path stands where the model would."""
        return self._strays.read()

    def calls(self, model: str) -> list[Exchange]:
        """The requests for one model."""
        return [exchange for exchange in self.log if exchange.model == model]

    def open_connections(self) -> int:
        """How many answers are under way."""
        return sum(1 for exchange in self.log if exchange.closed_by is None)

    def wait_until(self, predicate: Callable[[], bool], timeout: float = TIMEOUT_S) -> None:
        """Block until what the predicate says of the log is true. It is asked again whenever the log changes.

        :raises TimeoutError: when it has not become true within `timeout` seconds.
        """
        if not self._asked.wait_until(predicate, timeout):
            seen = [(exchange.model, exchange.closed_by, exchange.bytes_sent) for exchange in self.log]
            raise TimeoutError(f"not true of the upstream within {timeout} s; it saw {seen}")

    async def until(self, predicate: Callable[[], bool], within: float = TIMEOUT_S) -> None:
        """Wait like `wait_until`, for `within` seconds, without blocking the event loop."""
        await to_thread.run_sync(self.wait_until, predicate, within)

    async def converse(self, line: Line) -> None:
        """Answer the requests of one connection until it is spent."""
        while await self._answer(line, await line.request()):
            pass

    async def _answer(self, line: Line, request: Request) -> bool:
        body = read_object(request.body)
        named = gemini.model_in(request)
        completes = bool(named) or is_completion(request)
        log, model = (self._asked, named or str(body.get("model"))) if completes else (self._strays, request.path)
        exchange = log.begin(model, body, request.headers)
        asked = gemini.heard(body) if named else body
        ask = Ask(model, asked, exchange.number, exchange.turn, self.origin)
        try:
            step = self._step(ask) if completes else self._elsewhere(request)
            step = gemini.retold(step) if named else step
            reusable = await line.play(step.play(ask), partial(log.sent, exchange.number))
        finally:
            log.end(exchange.number, "client" if line.left else "server")
        return reusable and request.headers.get("connection", "").lower() != "close"

    def _step(self, ask: Ask) -> Step:
        replies = self._scripts.get(ask.model)
        if not replies:
            return faults.step(ask.model)
        reply = replies[min(ask.turn, len(replies) - 1)]
        return reply if isinstance(reply, Step) else reply(ask.body)

    def _elsewhere(self, request: Request) -> Step:
        if not request.method:
            return fails(400, message="this is not HTTP")
        if request.path != "/v1/models":
            return fails(404, message=f"there is nothing at {request.path}")
        names = [*self._scripts, *faults.names()]
        models: list[Json] = [{"id": name, "object": "model", "created": 0, "owned_by": "tests"} for name in names]
        return answers(200, {"object": "list", "data": models})


@contextmanager
def fault_upstream(port: int = 0, tls: ssl.SSLContext | None = None) -> Generator[Upstream]:
    """Run an upstream on a free port of the loopback interface, until the block ends.

    :raises ExceptionGroup: at the end of the block, when scripts had failed.
    """
    with socket.create_server(("127.0.0.1", port)) as listening:
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio does so only for sockets of its own
        scheme = "https" if tls else "http"
        upstream = Upstream(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}")
        with start_blocking_portal("asyncio", name="fault upstream") as portal:
            running, _ = portal.start_task(accept_all, upstream, listening, tls)
            try:
                yield upstream
            finally:
                running.cancel()
    if upstream.failures:
        raise ExceptionGroup("scripts of the upstream failed", upstream.failures)


async def accept_all(
    upstream: Upstream, listening: socket.socket, tls: ssl.SSLContext | None, *, task_status: TaskStatus[None]
) -> None:
    """Accept connections until cancelled. All of them are cut then, whatever they are at."""
    async with anyio.create_task_group() as lines:

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            lines.start_soon(serve, upstream, Line(reader, writer))

        server = await asyncio.start_server(accept, sock=listening, ssl=tls, backlog=BACKLOG)
        task_status.started()
        try:
            await anyio.sleep_forever()
        finally:
            server.close()


async def serve(upstream: Upstream, line: Line) -> None:
    """See one connection through: answer on it for as long as the client stays."""
    try:
        async with anyio.create_task_group() as both:
            both.start_soon(line.listen, both.cancel_scope)
            try:
                await upstream.converse(line)
            except Exception as error:  # the door of the server: one wrong script must not stop the others
                upstream.failures.append(error)
            both.cancel_scope.cancel()
    finally:
        line.close()


def is_completion(request: Request) -> bool:
    """Whether a request is for a completion, on whatever wire; only those of chat are written by its own steps."""
    return request.method == "POST" and request.path in COMPLETIONS


COMPLETIONS = frozenset({"/v1/chat/completions", "/v1/responses", "/v1/messages"})


def read_object(body: bytes) -> Mapping[str, Json]:
    """A request body as an object; empty where there is none."""
    value: Any = json.loads(body) if body else {}
    return cast(JsonObject, value) if isinstance(value, dict) else {}
