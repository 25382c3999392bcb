"""A server that lists models, for tests: it gives the bodies it was told to, and keeps what it was asked with."""

import json
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Asked:
    """One request: its path with the query, and its headers in lower case."""

    path: str
    headers: Mapping[str, str]


@dataclass(slots=True)
class Lister:
    """A running server."""

    base_url: str
    bodies: dict[str, Any]
    """By path with its query: what is answered as JSON, bytes as they are, or a number as a status."""
    asked: list[Asked] = field(default_factory=list[Asked])


@contextmanager
def lister(bodies: dict[str, Any]) -> Generator[Lister]:
    """A server that answers with these bodies, and with 404 to all else, until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    running = Lister(f"http://127.0.0.1:{server.server_port}/v1", bodies)
    server.RequestHandlerClass = answering(running)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answering(running: Lister) -> Callable[..., BaseHTTPRequestHandler]:
    """The class of handler that answers for a server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            running.asked.append(Asked(self.path, {name.lower(): value for name, value in self.headers.items()}))
            body = running.bodies.get(self.path.removeprefix("/v1"), 404)
            status, content = (body, b"{}") if isinstance(body, int) else (200, written(body))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status in (301, 302, 307):
                self.send_header("Location", running.bodies["location"])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def written(body: Any) -> bytes:
    """A body as bytes."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()
