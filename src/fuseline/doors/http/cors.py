"""Which web pages may call this server from a browser: none but those that the settings name."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

EXPOSED = (
    "X-Generation-Id",
    "X-Fusion-Status",
    "X-OpenRouter-Cache-Status",
    "X-OpenRouter-Cache-Age",
    "X-OpenRouter-Cache-TTL",
    "X-OpenRouter-Cache-Source-Id",
    "Idempotent-Replayed",
    "Retry-After",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "x-should-retry",
)
"""Reply headers that a page may read, beyond those that it always may."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


class Cors:
    """Stands before the guard, since a browser's first question carries no key.

    What comes from any other page goes on untouched, and the browser keeps the answer from it.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._cors = CORSMiddleware(
            app, allow_origins=origins, allow_methods=METHODS, allow_headers=["*"], expose_headers=EXPOSED
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        origin = Headers(scope=scope).get("origin") if scope["type"] == "http" else None
        known = origin is not None and self._cors.is_allowed_origin(origin)
        await (self._cors if known else self._app)(scope, receive, send)
