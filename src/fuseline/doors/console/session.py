"""Who is signed in at the console: sessions that live in memory, the cookie that names one, and the page's token.

A cookie counts for the console alone. Where the server has no key everybody is signed in, and has the token to show
all the same.
"""

import hashlib
import hmac
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.datastructures import Headers
from starlette.requests import Request as HTTPRequest
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from fuseline.doors.cli.version import installed_version
from fuseline.doors.console.answers import API, nothing, told, write_refusal
from fuseline.doors.http.messages import ClientGone, read_body
from fuseline.types.errors import FuselineError, InvalidRequest, Unauthorized

SESSION_PATH = f"{API}/session"
LASTING_S = 12 * 3600
MOST_SESSIONS = 1000
"""Sessions at a time; another ends the oldest."""
MINUTE_S = 60.0
MOST_FAILURES = 10
"""Wrong keys a minute from one address."""
MOST_ADDRESSES = 10_000
BODY_LIMIT = 4096
PLAIN_NAME = "fuseline_session"
SECURE_NAME = f"__Host-{PLAIN_NAME}"
EVERYBODY = b"everybody"
"""The one session of a server without a key."""
Clock = Callable[[], float]


class Key(BaseModel):
    """The body of a sign-in."""

    model_config = ConfigDict(strict=True)
    key: str


class Sessions:
    """Those who are signed in, each known by the hash of a secret that only their cookie holds."""

    def __init__(self, api_key: str, clock: Clock = time.monotonic) -> None:
        self._api_key = api_key
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._ends: dict[bytes, float] = {}

    @property
    def closed(self) -> bool:
        """Whether one has to sign in at all."""
        return bool(self._api_key)

    def fits(self, key: str) -> bool:
        """Whether this is the server's key; how much of it is right cannot be told from the time this takes."""
        return hmac.compare_digest(digest(key), digest(self._api_key))

    def begin(self) -> str:
        """Sign somebody in: the secret for a new cookie."""
        now = self._clock()
        self._ends = {session: end for session, end in self._ends.items() if end > now}
        for oldest in list(islice(self._ends, max(0, len(self._ends) + 1 - MOST_SESSIONS))):
            del self._ends[oldest]
        token = secrets.token_urlsafe(32)
        self._ends[digest(token)] = now + LASTING_S
        return token

    def find(self, headers: Headers) -> bytes | None:
        """The session that a request belongs to."""
        if not self.closed:
            return EVERYBODY
        named = (digest(token) for token in tokens_of(headers))
        return next((session for session in named if self._ends.get(session, 0) > self._clock()), None)

    def end(self, headers: Headers) -> None:
        """Sign out whoever sent this request."""
        for token in tokens_of(headers):
            self._ends.pop(digest(token), None)

    def page_token(self, session: bytes) -> str:
        """What the page of a session shows with everything that it changes; no other site can read it."""
        return hmac.new(self._secret, session, hashlib.sha256).hexdigest()

    def is_page(self, session: bytes, token: str) -> bool:
        """Whether this is the token of the session's page."""
        return hmac.compare_digest(token.encode(), self.page_token(session).encode())


class Attempts:
    """How often each address was wrong within the last minute."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[str, deque[float]] = {}

    def wait(self, address: str) -> float:
        """Seconds until this address is heard again: none where it was not wrong too often."""
        failures = self._failures.get(address, deque())
        return max(0.0, failures[0] + MINUTE_S - self._clock()) if len(failures) == MOST_FAILURES else 0.0

    def failed(self, address: str) -> None:
        """Take note of a wrong key. The address that was noted longest ago is forgotten when there are too many."""
        failures = self._failures.pop(address, deque(maxlen=MOST_FAILURES))
        failures.append(self._clock())
        self._failures[address] = failures
        if len(self._failures) > MOST_ADDRESSES:
            del self._failures[next(iter(self._failures))]


@dataclass(frozen=True, slots=True)
class SessionDesk:
    """Where one signs in and out. Whether a request may come here at all was decided before."""

    sessions: Sessions
    attempts: Attempts

    async def tell(self, request: HTTPRequest) -> Response:
        """Say whether one has to sign in, and has."""
        return self._state(self.sessions.find(request.headers))

    async def sign_in(self, request: HTTPRequest) -> Response:
        """Begin a session for whoever knows the key, and end the one that the browser had."""
        try:
            key = key_in(await read_body(request.receive, request.headers, BODY_LIMIT))
        except ClientGone:
            return Response(status_code=400)
        if not self.sessions.closed:
            return self._state(EVERYBODY)
        address = request.client.host if request.client else ""
        if wait := self.attempts.wait(address):
            return respond(InvalidRequest(TOO_OFTEN, kind="rate_limit_exceeded", status=429), wait)
        if not self.sessions.fits(key):
            self.attempts.failed(address)
            return respond(Unauthorized(WRONG_KEY))
        return self._welcome(request)

    async def sign_out(self, request: HTTPRequest) -> Response:
        """End the session, and have the browser forget its cookie."""
        self.sessions.end(request.headers)
        response = nothing()
        for secure in (False, True):
            set_cookie(response, "", secure=secure, lasting=0)
        return response

    def _welcome(self, request: HTTPRequest) -> Response:
        self.sessions.end(request.headers)
        token = self.sessions.begin()
        response = self._state(digest(token))
        set_cookie(response, token, secure=came_by_https(request), lasting=LASTING_S)
        return response

    def _state(self, session: bytes | None) -> Response:
        return told(
            {
                "auth": "key" if self.sessions.closed else "open",
                "signed_in": session is not None,
                "csrf": None if session is None else self.sessions.page_token(session),
                "version": installed_version(),
            }
        )


WRONG_KEY = "that is not the key of this server"
"""The same for every cause, so that nothing can be learnt from it."""
TOO_OFTEN = "too many wrong keys came from this address: try again in a minute"


def session_routes(sessions: Sessions, attempts: Attempts | None = None) -> list[BaseRoute]:
    """The routes of signing in and out."""
    desk = SessionDesk(sessions, attempts or Attempts())
    return [
        Route(SESSION_PATH, desk.tell, methods=["GET"]),
        Route(SESSION_PATH, desk.sign_in, methods=["POST"]),
        Route(SESSION_PATH, desk.sign_out, methods=["DELETE"]),
    ]


def digest(secret: str) -> bytes:
    """What is kept and compared in place of a secret."""
    return hashlib.sha256(secret.encode()).digest()


def tokens_of(headers: Headers) -> Sequence[str]:
    """The secrets that a request's cookies hold, the better kept one first."""
    cookies = cookie_parser("; ".join(headers.getlist("cookie")))
    return [cookies[name] for name in (SECURE_NAME, PLAIN_NAME) if cookies.get(name)]


def key_in(body: bytes) -> str:
    """The key in the body of a sign-in; of a body that has none, an empty one, which fits nowhere."""
    try:
        return Key.model_validate_json(body).key
    except ValidationError:
        return ""


def came_by_https(request: HTTPRequest) -> bool:
    """Whether the page was loaded by https: behind a proxy the browser's `Origin` is all that tells."""
    return request.url.scheme == "https" or request.headers.get("origin", "").lower().startswith("https://")


def set_cookie(response: Response, token: str, *, secure: bool, lasting: int) -> None:
    """Give the browser its cookie, or take it back; by https under a name that no other site can set."""
    name, path = (SECURE_NAME, "/") if secure else (PLAIN_NAME, "/console")
    response.set_cookie(name, token, max_age=lasting, path=path, secure=secure, httponly=True, samesite="strict")


def respond(error: FuselineError, wait: float = 0) -> Response:
    """A refusal, with the seconds to wait where waiting helps."""
    body = write_refusal(error)
    headers = {**body.headers, **({"Retry-After": str(int(wait) + 1)} if wait else {})}
    return Response(body.body, body.status, headers, media_type="application/json")
