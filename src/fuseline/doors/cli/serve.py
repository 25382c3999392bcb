"""`fuseline serve`: the HTTP door on a socket, with word on how to reach it, until a signal asks it to stop."""

import gc
import ipaddress
import logging
import os
import signal
import socket
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import anyio
import uvicorn

from fuseline.assembly import House, open_house
from fuseline.doors.cli import codes
from fuseline.doors.cli.terminal import one_line, say
from fuseline.doors.cli.version import installed_version
from fuseline.doors.http.app import build_app
from fuseline.doors.http.server import Server
from fuseline.settings.settings import Settings, load
from fuseline.types.errors import FuselineError, NothingToCall

BACKLOG = 2048


def run(host: str | None, port: int | None, ready_file: Path | None, log_level: str, config: Path | None) -> int:
    """Serve until a signal comes, and return the exit code.

    :raises FuselineError: when the settings are wrong, or the address cannot be listened on.
    """
    logging.basicConfig(level=log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells at length how it made the first tables
    settings = load(config)
    address = settings.server.host if host is None else host
    if not is_loopback(address) and not settings.server.api_key:
        say(sys.stderr, f"fuseline: {address} can be reached from other machines, and no key would be asked for")
        say(sys.stderr, "next: set FUSELINE_SERVER_API_KEY to a key of your choice, or serve on 127.0.0.1")
        return codes.REFUSED_TO_SERVE
    with listening(address, settings.server.port if port is None else port) as sock:
        anyio.run(serve, settings, sock, ready_file, backend_options={"use_uvloop": sys.platform != "win32"})
    return codes.ANSWERED


async def serve(settings: Settings, sock: socket.socket, ready_file: Path | None) -> None:
    """Serve a house on a socket that listens already: who connects before we are ready is served when we are."""
    async with open_house(settings) as house:
        server = Server(
            uvicorn.Config(
                build_app(house),
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                backlog=BACKLOG,
                timeout_graceful_shutdown=int(settings.server.shutdown_s),
            )
        )
        settle_down()
        with ending_well(server), announced(ready_file, url_of(sock)):
            greet(house, url_of(sock))
            await server.serve([sock])


def settle_down() -> None:
    """Tell the garbage collector that what is loaded now stays, and let it look more rarely: it took a tenth of all."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@contextmanager
def ending_well(server: uvicorn.Server) -> Generator[None]:
    """Let SIGTERM and Ctrl-C end the server and not the process.

    uvicorn raises the signal that stopped it once more when it has drained, for whoever had listened before.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def announced(ready_file: Path | None, url: str) -> Generator[None]:
    """Have a file say where the server is, for as long as it is there. It appears whole or not at all."""
    if ready_file is None:
        yield
        return
    draft = ready_file.with_name(f".{ready_file.name}.{os.getpid()}")
    draft.write_text(f"{url}\n", "utf-8")
    draft.replace(ready_file)
    try:
        yield
    finally:
        ready_file.unlink(missing_ok=True)


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens.

    :raises FuselineError: when the address is taken or is none of this machine's.
    """
    try:
        family, *_, address = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[
            0
        ]
        return socket.create_server(address[:2], family=family, backlog=BACKLOG)
    except OSError as error:
        problem = f"cannot listen on {host} port {port} ({error.strerror})"
        raise FuselineError(f"{problem}: take another with --host or --port, of which 0 is any free one") from None


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def url_of(sock: socket.socket) -> str:
    """Where clients find a socket."""
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def greet(house: House, url: str) -> None:
    """Say where the server is, how to talk to it, what can be called, and who can reach it."""
    for line in (
        f"fuseline {installed_version()} listens on {url}",
        *addresses(house, url),
        callable_now(house),
        exposure(house, url),
    ):
        say(sys.stdout, line)


def addresses(house: House, url: str) -> list[str]:
    """The base addresses, and a line for a shell, for curl and for the SDK. No key is ever printed."""
    closed = bool(house.settings.server.api_key)
    key = '"$FUSELINE_SERVER_API_KEY"' if closed else "none"
    bearer = ' -H "Authorization: Bearer $FUSELINE_SERVER_API_KEY"' if closed else ""
    body = '{"model": "fuseline/fusion", "messages": [{"role": "user", "content": "Why is the sky blue?"}]}'
    return [
        f"  for OpenAI clients      {url}/v1",
        f"  for OpenRouter clients  {url}/api/v1",
        f"  for Anthropic clients   {url}/api",
        "",
        f"  export OPENAI_BASE_URL={url}/v1 OPENAI_API_KEY={key}",
        f"  curl {url}/v1/chat/completions -H 'Content-Type: application/json'{bearer} -d '{body}'",
        '  OpenAI().chat.completions.create(model="fuseline/fusion", messages=[{"role": "user", "content": "..."}])',
        "",
    ]


def callable_now(house: House) -> str:
    """What can be called, or what to do about it that nothing can."""
    try:
        preset = house.catalog.preset(house.settings.fusion.preset)
    except NothingToCall as error:
        return one_line(f"nothing can be called: {error.message}")
    panel = ", ".join(seat.model for seat in preset.seats)
    return one_line(f"{len(house.catalog.reachable())} models can be called; panel {preset.name}: {panel}")


def exposure(house: House, url: str) -> str:
    """Who can reach the server, and what they need."""
    server = house.settings.server
    key = "with the key" if server.api_key else "without a key"
    if is_loopback(url.removeprefix("http://").rpartition(":")[0].strip("[]")):
        return f"exposure: this machine only, {key}"
    names = ", ".join(server.allowed_hosts) or "none yet: set server.allowed_hosts"
    return one_line(f"exposure: whoever reaches this machine, {key}, by these names beside loopback: {names}")
