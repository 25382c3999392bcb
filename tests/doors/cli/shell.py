"""A shell for tests: the real command in a process of its own, against the fault upstream and a home of its own."""

import os
import pty
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import fuseline
from tests.doors.cli.forge import Fork, run_forked
from tests.house import CANARY
from tests.upstream import Upstream

PATIENCE_S = 20.0
"""Seconds after which a command that should have ended is given up."""
MODELS = ("a", "b", "c", "judge", "writer")
COMMAND = [sys.executable, "-m", "fuseline"]
SOURCE = str(Path(fuseline.__file__).parents[1])
"""Where the package under test lies, for commands that run in another folder."""


@dataclass(frozen=True, slots=True)
class Shell:
    """Where commands are run: a folder with a `fuseline.toml`, and an environment with one key."""

    folder: Path
    environ: Mapping[str, str] = field(default_factory=dict[str, str])

    def run(self, *arguments: str, stdin: bytes | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; without `stdin` there is nothing on standard input.

        Where the environment says how Python itself shall start, the process is a new one, and else a fork.
        """
        whole = {**self.environ, **environ}
        if whole.get("PYTHONPATH") == SOURCE and not any(name.startswith("PYTHON") for name in environ):
            return run_forked(arguments, self.folder, whole, stdin or b"", PATIENCE_S)
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env=whole,
            input=b"" if stdin is None else stdin,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    @contextmanager
    def start(self, *arguments: str, **environ: str) -> Generator[subprocess.Popen[str]]:
        """Start a command, and kill it at the end of the block if it still runs."""
        with subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=self.folder,
            env={**self.environ, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def on_terminal(self, *arguments: str, **environ: str) -> tuple[int, str]:
        """Run a command on a terminal of 100 by 40; returns its exit code and all that it drew."""
        ours, theirs = pty.openpty()
        size = {"COLUMNS": "100", "LINES": "40", "TERM": "xterm-256color"}
        try:
            with Fork(arguments, self.folder, {**self.environ, **size, **environ}, [theirs] * 3) as fork:
                os.close(theirs)
                drawn = b"".join(reads(ours))
                return fork.wait(PATIENCE_S), drawn.decode()
        finally:
            os.close(ours)


def reads(terminal: int) -> Generator[bytes]:
    """What is written to a terminal, until its last writer has left."""
    while True:
        try:
            yield os.read(terminal, 65_536)
        except OSError:
            return


def shell_at(folder: Path, upstream: Upstream) -> Shell:
    """A shell whose settings know the upstream: three seats, an analyst and a writer, all with prices."""
    models = "".join(
        f'[models."lab/{name}"]\nendpoint = "lab"\nname = "{name}"\nprice_in = 1\nprice_out = 2\n' for name in MODELS
    )
    (folder / "fuseline.toml").write_text(
        f'[endpoints.lab]\nbase_url = "{upstream.base_url}"\napi_key_env = "LAB_API_KEY"\n{models}'
        '[presets.general-high]\npanel = ["lab/a", "lab/b", "lab/c"]\nanalyst = "lab/judge"\nwriter = "lab/writer"\n'
    )
    return Shell(folder, {**os.environ, "PYTHONPATH": SOURCE, "LAB_API_KEY": CANARY})


def asked_of(upstream: Upstream, seat: str, number: int = -1) -> str:
    """What a seat was asked, without word on how it is to answer."""
    question, _, task = sent(upstream, seat, number)[-1]["content"].partition("\n\n<<<TASK>>>")
    assert task
    return question


def sent(upstream: Upstream, model: str, number: int = -1) -> list[dict[str, Any]]:
    """The messages of a request to a model, the last unless told."""
    messages: Any = upstream.calls(model)[number].body["messages"]
    return messages
