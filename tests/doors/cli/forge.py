"""Runs commands as forks of a process that has loaded the program already, which spares each a second of its start.

What a fork finds is what a new process would: its own arguments, environment, folder and streams, and its own end.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Self

from fuseline.doors.cli.main import COMMANDS, main

ROOM = 1 << 20
"""Bytes of a command with its environment, at the most."""


def run_forked(
    arguments: Sequence[str], folder: Path, environ: Mapping[str, str], stdin: bytes, patience_s: float
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end, as `subprocess.run` does, and return what it said.

    :raises subprocess.TimeoutExpired: when it takes longer than `patience_s` seconds; it is ended then.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as told:
        given.write(stdin)
        given.seek(0)
        with Fork(arguments, folder, environ, [stream.fileno() for stream in (given, said, told)]) as fork:
            code = fork.wait(patience_s)
        for stream in (said, told):
            stream.seek(0)
        return subprocess.CompletedProcess(list(arguments), code, said.read().decode(), told.read().decode())


class Fork:
    """A command that a fork carries out, with these three as its streams. It is killed if it outlives the block."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, environ: Mapping[str, str], streams: Sequence[int]
    ) -> None:
        self._arguments = list(arguments)
        errand = {"arguments": self._arguments, "folder": str(folder), "environ": dict(environ)}
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._line.connect(forge())
        socket.send_fds(self._line, [json.dumps(errand).encode()], streams)
        self._child = int(self._line.recv(64))
        self._ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()
        if not self._ended:
            with suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGKILL)

    def wait(self, patience_s: float) -> int:
        """The exit code, once it has one.

        :raises subprocess.TimeoutExpired: when that takes longer than `patience_s` seconds.
        """
        self._line.settimeout(patience_s)
        try:
            answer = self._line.recv(64)
        except TimeoutError:
            raise subprocess.TimeoutExpired(self._arguments, patience_s) from None
        self._ended = True
        return int(answer) if answer else -signal.SIGKILL


@cache
def forge() -> str:
    """The address of this process's forge, which is started when it is first needed."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    address = os.path.join(folder.name, "forge")
    process = subprocess.Popen([sys.executable, "-m", "tests.doors.cli.forge", address], stdout=subprocess.PIPE)
    atexit.register(process.terminate)
    assert process.stdout is not None and process.stdout.readline() == b"ready\n"
    return address


def serve(address: str) -> None:
    """Fork for every errand that comes, until this process is ended."""
    for module in COMMANDS.values():
        import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how a fork ended: it says so itself
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(address)
        door.listen()
        print("ready", flush=True)
        while True:
            line, _ = door.accept()
            with line:
                if os.fork() == 0:
                    carry_out(line)


def carry_out(line: socket.socket) -> None:
    """Become the command that was asked for, and tell how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    payload, streams, _, _ = socket.recv_fds(line, ROOM, 3)
    line.send(str(os.getpid()).encode())
    errand = json.loads(payload)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in enumerate("rww"))
    os.environ.clear()
    os.environ.update(errand["environ"])
    os.chdir(errand["folder"])
    sys.argv = ["fuseline", *errand["arguments"]]
    code = ended()
    line.send(str(code).encode())
    os._exit(0)


def ended() -> int:
    """The code with which the program ends."""
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    return 0


if __name__ == "__main__":
    serve(sys.argv[1])
