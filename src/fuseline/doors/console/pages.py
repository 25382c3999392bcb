"""The console's page and the files it is made of, as they were built. They hold nothing of anybody's."""

import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import Request as HTTPRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Match, Route, compile_path
from starlette.types import Scope

from fuseline.doors.console.safety import SHIELD
from fuseline.types.errors import NotFound

STATIC = Path(__file__).parent / "static"
PAGES = ("/", "/runs", "/runs/{id}", "/compare", "/models", "/usage", "/votes", "/settings")
"""Where the page stands: one file, which looks at its address itself."""
ASSET = "/assets/{file}"
SHARED = "/models"
"""A page whose path clients also use, for a list."""
PATTERNS = tuple(compile_path(path)[0] for path in (*PAGES, ASSET))
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types dompurify",
    )
)
"""Nothing but files of this server, no script within the page, and no text becomes HTML but by the sanitiser."""
HEADERS: Mapping[str, str] = {**SHIELD, "Content-Security-Policy": POLICY, "X-DNS-Prefetch-Control": "off"}
"""Without the last, browsers ask for the names of all links that a page shows, and so tell others what it shows."""
FRESH: Mapping[str, str] = {**HEADERS, "Cache-Control": "no-store", "Vary": "Accept"}
FOREVER: Mapping[str, str] = {
    **HEADERS,
    "Cache-Control": "public, max-age=31536000, immutable",
    "Vary": "Accept-Encoding",
}
"""A file's name changes with what is in it."""
MEDIA_TYPES: Mapping[str, str] = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
PACKED_ALREADY = frozenset({".br", ".png", ".woff2"})
WEIGHT = r"\s*(?:;\s*q=(?!0(?:\.0*)?\s*(?:,|$))[\d.]+\s*)?(?:,|$)"
CODINGS = {coding: re.compile(rf"(?:^|,)\s*{coding}{WEIGHT}", re.IGNORECASE) for coding in ("br", "gzip")}
"""How files are packed, the best first, and who says in `Accept-Encoding` that they unpack it."""
NOT_BUILT = """\
The console was not built in this checkout. Everything else of this server works.

    make console

builds it; then load this page again. So does `pip install .`, with or without Node on this machine.
"""


def is_open(method: str, path: str) -> bool:
    """Whether this asks for a page or one of its files, which need no key."""
    return method in ("GET", "HEAD") and any(pattern.match(path) for pattern in PATTERNS)


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the page."""

    media_type: str
    body: bytes
    packed: Mapping[str, bytes]
    """The same by each coding that pays, the best first."""


@dataclass(frozen=True, slots=True)
class Built:
    """The folder that the page was built into. Files are read when they are first asked for, and kept."""

    folder: Path
    kept: dict[str, Asset] = field(default_factory=dict[str, Asset])

    async def page(self, request: HTTPRequest) -> Response:
        """Give the page, or say how to build it."""
        try:
            page = await to_thread.run_sync((self.folder / "index.html").read_bytes)
        except FileNotFoundError:
            return PlainTextResponse(NOT_BUILT, 503, FRESH)
        return Response(page, headers=FRESH, media_type="text/html")

    async def asset(self, request: HTTPRequest) -> Response:
        """Give a file of the page.

        :raises NotFound: when the page has no such file.
        """
        name = str(request.path_params["file"])
        if name not in self.kept:
            self.kept[name] = await to_thread.run_sync(read_asset, self.folder / "assets", name)
        found = self.kept[name]
        accepted = request.headers.get("accept-encoding", "")
        for coding, packed in found.packed.items():
            if CODINGS[coding].search(accepted):
                headers = {**FOREVER, "Content-Encoding": coding}
                return Response(packed, headers=headers, media_type=found.media_type)
        return Response(found.body, headers=FOREVER, media_type=found.media_type)


def read_asset(folder: Path, name: str) -> Asset:
    """Read a file by its name, which is looked for in the folder and never followed.

    :raises NotFound: when there is none of that name.
    """
    known = folder.iterdir() if folder.is_dir() else ()
    found = next((path for path in known if path.name == name and path.is_file()), None)
    if found is None:
        raise NotFound("the console has no such file")
    body = found.read_bytes()
    packed = {coding: one for coding, one in packings(found, body).items() if len(one) < len(body)}
    return Asset(MEDIA_TYPES.get(found.suffix, "application/octet-stream"), body, packed)


def packings(path: Path, body: bytes) -> dict[str, bytes]:
    """A file packed: by Brotli where it was built so, since nothing here could do it, and by gzip."""
    if path.suffix in PACKED_ALREADY:
        return {}
    built = path.with_name(f"{path.name}.br")
    return {**({"br": built.read_bytes()} if built.is_file() else {}), "gzip": gzip.compress(body, mtime=0)}


class DocumentRoute(Route):
    """A route for those who ask for a document, as browsers do; for others it is not there."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Look at what is accepted before the path."""
        wanted = scope["type"] == "http" and "text/html" in Headers(scope=scope).get("accept", "")
        return super().matches(scope) if wanted else (Match.NONE, {})


def page_routes() -> list[BaseRoute]:
    """The page at each of its places, and its files."""
    built = Built(STATIC)
    pages = [(DocumentRoute if path == SHARED else Route)(path, built.page, methods=["GET"]) for path in PAGES]
    return [*pages, Route(ASSET, built.asset, methods=["GET"])]
