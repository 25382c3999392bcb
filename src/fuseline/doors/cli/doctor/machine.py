"""This machine: where `serve` would listen, what is installed, and which model servers answer here."""

import errno
import platform
import socket
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import aiohttp
from pydantic_core import from_json

from fuseline.doors.cli.doctor.checks import Check
from fuseline.doors.cli.version import installed_version
from fuseline.doors.cli.words import count
from fuseline.settings.sections import ServerSettings
from fuseline.settings.settings import Settings
from fuseline.types.json import object_of
from fuseline.types.models import Model

ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}
HEALTH_BYTES = 1 << 10


def versions() -> Iterator[Check]:
    """What runs."""
    python = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    for name, detail in (("fuseline", installed_version()), ("Python", python), ("SQLite", sqlite3.sqlite_version)):
        yield Check("versions", name, "ok", detail)


async def port(server: ServerSettings, clock_s: float) -> Check:
    """Whether `serve` could listen, or does already."""
    where = f"{server.host} port {server.port}"
    if not server.port:
        return Check("server", "port", "ok", f"{server.host}, any free port")
    try:
        family, *_, address = socket.getaddrinfo(
            server.host or None, server.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        socket.create_server(address[:2], family=family).close()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            fix = "set server.host to an address of this machine, such as 127.0.0.1"
            return Check("server", "port", "fail", f"{where} cannot be listened on ({error.strerror})", fix)
        if await is_ours(server, clock_s):
            return Check("server", "port", "ok", f"{where}: a Fuseline server is there already")
        fix = "fuseline serve --port 0, or set server.port to a free one"
        return Check("server", "port", "warn", f"{where} is taken by another program", fix)
    return Check("server", "port", "ok", f"{where} is free")


async def is_ours(server: ServerSettings, clock_s: float) -> bool:
    """Whether who listens answers as our server does."""
    host = ANYWHERE.get(server.host, server.host)
    url = f"http://[{host}]:{server.port}/healthz" if ":" in host else f"http://{host}:{server.port}/healthz"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=clock_s)) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            said: Any = from_json(await response.content.read(HEALTH_BYTES))
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return False
    return object_of(said).get("status") == "ok"


def local_servers(settings: Settings, found: Sequence[Model]) -> Iterator[Check]:
    """The model servers that answered on the usual ports."""
    if not settings.local.probe:
        yield Check("local servers", "search", "ok", "not looked for, since local.probe is off")
        return
    if not found:
        yield Check("local servers", "search", "ok", "none of Ollama, LM Studio, llama.cpp and vLLM answers here")
    for name, models in groupby(found, key=lambda model: model.endpoint):
        here = list(models)
        yield Check("local servers", name.name, "ok", f"{name.base_url}: {count(len(here), 'model')}")
