"""A vendor's server for the doctor to look at: it answers each GET as its test wants it, over a real socket."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Given:
    """An answer to a GET."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    ahead_s: float = 0
    """How far the clock of the server is ahead."""
    hangs: bool = False


Answering: TypeAlias = Callable[[str, Mapping[str, str]], Given]
"""What to answer to a path with these headers, whose names are in lower case."""


@dataclass(slots=True)
class Vendor:
    """A running server."""

    base_url: str
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list[tuple[str, dict[str, str]]])
    """The paths and headers of all requests."""


def listing(*names: str, **fields: Any) -> Given:
    """A list of models."""
    return Given(body=json.dumps({"object": "list", "data": [{"id": name} for name in names]}).encode(), **fields)


def refusal(status: int, message: str = "no") -> Given:
    """An error as OpenAI says it."""
    return Given(status, json.dumps({"error": {"message": message, "code": status}}).encode())


def lists_for(key: str, names: Sequence[str] = ("a", "b"), **fields: Any) -> Answering:
    """Gives its list of models to whoever shows this key, and to nobody else."""

    def answer(path: str, headers: Mapping[str, str]) -> Given:
        return listing(*names, **fields) if headers.get("authorization") == f"Bearer {key}" else refusal(401, key)

    return answer


def always(given: Given) -> Answering:
    """Answers everybody the same."""
    return lambda path, headers: given


@contextmanager
def vendor(answering: Answering, tls: ssl.SSLContext | None = None) -> Generator[Vendor]:
    """Run a server on a free port of this machine, until the block ends."""
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            running.asked.append((self.path, headers))
            given = answering(self.path, headers)
            if given.hangs:
                over.wait()
                self.close_connection = True
                return
            self.send_response_only(given.status)
            self.send_header("Date", self.date_time_string(time.time() + given.ahead_s))
            for name, value in {"Content-Type": "application/json", **given.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(given.body)))
            self.end_headers()
            self.wfile.write(given.body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Whoever left early has what it wanted."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    running = Vendor(f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield running
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()
