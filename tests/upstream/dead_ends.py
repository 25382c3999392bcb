"""Upstreams that no request reaches: each context manager gives a base URL at which connecting fails in one way."""

import socket
import ssl
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Literal

import trustme

from tests.upstream.server import fault_upstream

BadCertificate = Literal["unknown-authority", "wrong-host", "expired"]
FULL_AFTER_S = 0.2


@contextmanager
def refused() -> Generator[str]:
    """F01: nobody listens. The port is held, so that nobody else can begin to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield base_url(held)


@contextmanager
def black_hole() -> Generator[str]:
    """F02: connecting is neither accepted nor refused, since the queue of the port is full and never emptied."""
    with ExitStack() as held:
        listening = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        while not_yet_full(listening, held):
            pass
        yield base_url(listening)


@contextmanager
def unknown_host() -> Generator[str]:
    """F03: a host that no name server may know (RFC 6761)."""
    yield "http://upstream.invalid/v1"


@contextmanager
def bad_certificate(kind: BadCertificate = "unknown-authority", authority: trustme.CA | None = None) -> Generator[str]:
    """F04: TLS with a certificate that is not to be trusted.

    To tell a wrong host or an expired one from an unknown authority, give the authority that the client trusts.
    """
    with fault_upstream(tls=certificate(kind, authority or trustme.CA())) as upstream:
        yield upstream.base_url


@contextmanager
def not_tls() -> Generator[str]:
    """F04: an https address at which plain HTTP is spoken."""
    with fault_upstream() as upstream:
        yield upstream.base_url.replace("http:", "https:")


def certificate(kind: BadCertificate, authority: trustme.CA) -> ssl.SSLContext:
    """A server's TLS context with one thing wrong in it, unless the authority is what is wrong."""
    host = "elsewhere.example" if kind == "wrong-host" else "127.0.0.1"
    yesterday = datetime.now(UTC) - timedelta(days=1)
    leaf = authority.issue_cert(host, not_after=yesterday if kind == "expired" else None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with leaf.private_key_and_cert_chain_pem.tempfile() as path:
        context.load_cert_chain(path)
    return context


def not_yet_full(listening: socket.socket, held: ExitStack) -> bool:
    """Take one more place in a queue of connections; says whether there was one."""
    caller = held.enter_context(socket.socket())
    caller.settimeout(FULL_AFTER_S)
    try:
        caller.connect(listening.getsockname())
    except TimeoutError:
        return False
    return True


def base_url(bound: socket.socket) -> str:
    """The address of a socket as an upstream's."""
    return f"http://127.0.0.1:{bound.getsockname()[1]}/v1"
