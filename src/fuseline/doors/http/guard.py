"""Who may come in: by the host that a request names, and by its key or session. Decided once, for every route."""

import hmac
import re
from collections.abc import Callable, Mapping, Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from fuseline.doors.console import pages, safety
from fuseline.doors.console.safety import Safety
from fuseline.doors.http.messages import answer_error, headers_of
from fuseline.types.errors import FuselineError, InvalidRequest, Unauthorized
from fuseline.wires.base import ErrorBody

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
OPEN = re.compile(r"/healthz|/readyz|(/api/v1|/v1)?/(openapi\.json|models?(?!/user$)(/.*)?)", re.DOTALL)
"""Paths that need no key: they hold nothing of anybody's, and clients call them without one."""
WriteError = Callable[[FuselineError, str], ErrorBody]
"""Writes an error for a client who came by a path."""


class Guard:
    """Lets a request pass to the application, or answers it with an error in the documented envelope."""

    def __init__(
        self, app: ASGIApp, api_key: str, hosts: Sequence[str], console: Safety, write_error: WriteError
    ) -> None:
        self._app = app
        self._api_key = api_key
        self._console = console
        self._hosts = LOOPBACK | {host.lower() for host in hosts}
        self._write_error = write_error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request. The server's own messages pass."""
        if scope["type"] == "http":
            path = str(scope["path"])
            problem = self._problem(scope, path)
            send = safety.sealed(send) if safety.concerns(path) else send
            if problem is not None:
                await answer_error(send, self._write_error(problem, path))
                return
        await self._app(scope, receive, send)

    def _problem(self, scope: Scope, path: str) -> FuselineError | None:
        method, headers = str(scope["method"]), headers_of(scope)
        hosts = headers.getall("host", ())
        if len(hosts) != 1 or name_of(hosts[0]) not in self._hosts:
            return InvalidRequest("this server does not answer to that host name", status=421)
        if headers.get("transfer-encoding") and headers.get("content-length"):
            return InvalidRequest("a request has either a length or chunks, not both")
        if self._is_keyed(headers):
            return None
        if safety.concerns(path):
            return self._console.problem(method, path, Headers(scope=scope))
        if not self._api_key or OPEN.fullmatch(path) or pages.is_open(method, path):
            return None
        return Unauthorized(REFUSAL)

    def _is_keyed(self, headers: Mapping[str, str]) -> bool:
        if not self._api_key:
            return False
        return hmac.compare_digest(key_of(headers).encode(), self._api_key.encode())


REFUSAL = "no valid API key: send `Authorization: Bearer <key>` with the key of this server"
"""The same for every cause, so that nothing can be learnt from it."""


def name_of(host: str) -> str:
    """A Host header without its port."""
    bare = host.strip().lower()
    return bare if bare.endswith("]") else bare.rpartition(":")[0] or bare


def key_of(headers: Mapping[str, str]) -> str:
    """The key that a request carries, in either of the two headers that clients use."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
