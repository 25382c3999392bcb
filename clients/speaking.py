"""Runs a client's speaker, or the example of its page, in the client's own environment, and hears what came of it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clients.roster import HERE, Client
from clients.stage import Stage

LIMIT_S = 60.0
NOWHERE = "http://127.0.0.1:9"
"""A proxy that is not there, for all that is not on this machine: nothing leaves it."""
KEPT = ("PATH", "LANG", "TMPDIR")


@dataclass(frozen=True, slots=True)
class Told:
    """What a client got, as its user sees it."""

    text: str = ""
    model: str | None = None
    cost: float | None = None
    pieces: int = 0
    events: tuple[str, ...] = ()
    error: str = ""
    status: int | None = None
    message: str = ""
    left: bool = False


@dataclass(frozen=True, slots=True)
class Speaker:
    """A program under way that uses a client."""

    process: subprocess.Popen[str]
    complaints: Path
    """Where its standard error goes."""

    def hear(self) -> Told:
        """What it tells when it has done what it was asked."""
        said, _ = self.process.communicate()
        return self._read(said.splitlines())

    def hear_leaving(self) -> Told:
        """What it tells that has left its stream, and stays alive."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("leave\n")
        self.process.stdin.flush()
        return self._read([self.process.stdout.readline()])

    def _read(self, lines: list[str]) -> Told:
        for line in reversed(lines):
            if line.startswith("{"):
                told: dict[str, Any] = json.loads(line)
                told["events"] = tuple(told.get("events", ()))
                return Told(**told)
        return Told(error="nothing said", message=self.complaints.read_text("utf-8", "replace").strip()[-400:])


@contextmanager
def speaker(client: Client, stage: Stage, key: str, command: Sequence[str]) -> Generator[Speaker]:
    """A program at work in the client's environment. It and its children are stopped at the end of the block."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        complaints = Path(home) / ".complaints"
        with (
            complaints.open("w") as stderr,
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                cwd=home,
                env=environ(client, stage, key, Path(home)),
                start_new_session=True,
            ) as process,
        ):
            watchdog = threading.Timer(LIMIT_S, stop, [process])
            watchdog.start()
            try:
                yield Speaker(process, complaints)
            finally:
                watchdog.cancel()
                stop(process)


def stop(process: subprocess.Popen[str]) -> None:
    """End a program and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def speaking(client: Client) -> list[str]:
    """How a client's speaker is started. A module of Node finds its packages only beside itself."""
    script = next(client.folder.glob("speak.*"))
    if script.suffix == ".py":
        return [python(client), str(script)]
    for source in (script, HERE / "shared" / "speech.mjs"):
        shutil.copy(source, client.environment)
    return [node(client), str(client.environment / script.name)]


def python(client: Client) -> str:
    """The interpreter that has the client's packages; for a program of its own, ours."""
    return sys.executable if client.on_node else str(client.environment / "bin" / "python")


def node(client: Client) -> str:
    """The Node that came with the client's packages, where they need a newer one than there may be."""
    own = client.environment / "node_modules" / ".bin" / "node"
    return str(own) if own.exists() else "node"


def environ(client: Client, stage: Stage, key: str, home: Path) -> dict[str, str]:
    """An environment without anybody's keys and settings, that leads nowhere but to this machine."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    programs = client.environment / ("node_modules/.bin" if client.on_node else "bin")
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), NOWHERE)
    return {
        **kept,
        **proxies,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        "PATH": f"{programs}{os.pathsep}{kept['PATH']}",
        "PYTHONPATH": str(HERE / "shared"),
        "HOME": str(home),
        "FUSELINE_URL": stage.origin,
        "FUSELINE_KEY": key,
        **client.environ,
    }
