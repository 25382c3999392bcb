"""Whether a request may use the console's interface, and what its answers say to the browser about themselves.

The guard asks here about every path below `/console`, before anything looks at it. All that is not allowed is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Message, Send

from fuseline.doors.console.session import SESSION_PATH, Sessions
from fuseline.types.errors import FuselineError, InvalidRequest, Unauthorized

ROOT = "/console"
TOKEN = "x-fuseline-csrf"
READING = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN = frozenset({("GET", SESSION_PATH), ("HEAD", SESSION_PATH), ("POST", SESSION_PATH)})
"""What one does before one is signed in."""
SHIELD: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What holds for everything that a browser is given."""
SEALED: Mapping[str, str] = {
    **SHIELD,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cache-Control": "no-store",
}
"""What holds for answers that a page reads, so that none of them can ever be a page itself."""


def concerns(path: str) -> bool:
    """Whether a path is one of the console's interface."""
    return path == ROOT or path.startswith(f"{ROOT}/")


@dataclass(frozen=True, slots=True)
class Safety:
    """Lets in those who are signed in, from pages of this server alone."""

    sessions: Sessions

    def problem(self, method: str, path: str, headers: Headers) -> FuselineError | None:
        """Why a request that brought no key may not come in, if it may not."""
        if is_foreign(method, headers):
            return InvalidRequest(FOREIGN, kind="foreign_origin", status=403)
        if method not in READING and not is_json(headers):
            return InvalidRequest("Content-Type must be application/json", status=415)
        if (method, path) in OPEN:
            return None
        session = self.sessions.find(headers)
        if session is None:
            return Unauthorized("sign in, or send `Authorization: Bearer <key>` with the key of this server")
        if method in READING or self.sessions.is_page(session, headers.get(TOKEN, "")):
            return None
        return InvalidRequest(NO_TOKEN, kind="csrf", status=403)


FOREIGN = "the console is used from its own pages alone: this request came from elsewhere, or did not say from where"
NO_TOKEN = "`X-Fuseline-CSRF` must hold the token that GET /console/api/session gives: load the page again"


def is_foreign(method: str, headers: Headers) -> bool:
    """Whether a browser sent this for another site; what changes anything must say where it comes from."""
    origins = headers.getlist("origin")
    if any(urlsplit(origin).netloc != headers.get("host", "").lower() for origin in origins):
        return True
    sites = set(headers.getlist("sec-fetch-site"))
    if method in READING:
        return not sites <= {"same-origin", "none"}  # `none`: by the address bar, for a download
    return sites != {"same-origin"} if sites else not origins


def is_json(headers: Headers) -> bool:
    """Whether the body is JSON, or there is none. No form of another site can send such a type."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    empty = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers
    return kind == "application/json" or (not kind and empty)


def sealed(send: Send) -> Send:
    """The same way out, with what every answer of the interface says beside what it says itself."""

    async def say(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = list(message.get("headers", ()))
            named = {bytes(name).lower() for name, _ in own}
            lines = [(name.lower().encode(), value.encode()) for name, value in SEALED.items()]
            message = {**message, "headers": [*own, *(line for line in lines if line[0] not in named)]}
        await send(message)

    return say
