"""Starts a server that is a program of its own, waits until it says where it listens, and stops it for certain."""

import os
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

ROOT = Path(__file__).parents[2]
SERVERS = ROOT / ".servers"
START_S = 60.0
KEPT = ("PATH", "LANG", "TMPDIR")
NOWHERE = "http://127.0.0.1:9"
"""A proxy that is not there, for all that is not on this machine: nothing leaves it."""


class DidNotStart(Exception):
    """A server said nothing of where it listens, or ended before it did; the message is the end of what it said."""


@contextmanager
def running(
    command: Sequence[str], ready: str, environ: Mapping[str, str] | None = None, limit_s: float = START_S
) -> Generator[str]:
    """Run a program until the block ends; the value is what the first group of `ready` found in what it says.

    :raises DidNotStart: when it is not ready within `limit_s` seconds.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=ROOT,
        env=environment(environ or {}),
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        said = SimpleQueue[str | None]()
        listener = threading.Thread(target=listen, args=(process.stdout, said))
        listener.start()
        try:
            yield found(said, ready, limit_s)
        finally:
            stop(process)
            listener.join()


def listen(output: IO[str], said: SimpleQueue[str | None]) -> None:
    """Take in all that a program says, for as long as it runs: it would wait for somebody who does."""
    for line in output:
        said.put(line)
    said.put(None)


def found(said: SimpleQueue[str | None], ready: str, limit_s: float) -> str:
    """What a program says of itself when it is ready."""
    end = time.monotonic() + limit_s
    heard: list[str] = []
    while True:
        try:
            line = said.get(timeout=max(0.0, end - time.monotonic()))
        except Empty:
            raise DidNotStart(f"not ready after {limit_s} s: {''.join(heard)[-800:]}") from None
        if line is None:
            raise DidNotStart(f"it ended: {''.join(heard)[-800:]}")
        heard.append(line)
        if match := re.search(ready, line):
            return match[1]


def stop(process: subprocess.Popen[str]) -> None:
    """End a program and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """An environment without anybody's keys and settings, that leads nowhere but to this machine."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE)
    return {**kept, **proxies, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **more}


def free_port() -> int:
    """A port of this machine that nobody listened on just now, for a server that cannot choose one."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
