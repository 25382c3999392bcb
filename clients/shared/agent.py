"""What the speakers for command-line programs share: a program is run to its end, or interrupted as by a person."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from speech import Ask, Told

STATUS = re.compile(r"\b([45]\d\d)\b")


def speak(
    command: Callable[[Ask], Sequence[str]],
    environ: Callable[[Ask], Mapping[str, str]],
    read: Callable[[list[dict[str, Any]]], Told],
) -> None:
    """Run a program that prints JSON line by line, and tell in one such line what came of it."""
    act, ask = sys.argv[1], Ask(**json.loads(sys.argv[2]))
    program = subprocess.Popen(
        command(ask), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env={**os.environ, **environ(ask)}
    )
    told = interrupted(program) if act == "leave" else read(lines(program))
    print(json.dumps(asdict(told)), flush=True)
    if told.left:
        sys.stdin.read()


def lines(program: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """All that a program says in JSON."""
    said, _ = program.communicate()
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


def interrupted(program: subprocess.Popen[str]) -> Told:
    """Wait for the word, then press Ctrl-C."""
    sys.stdin.readline()
    program.send_signal(signal.SIGINT)
    program.wait(10)
    return Told(left=True)


def refused(message: str) -> Told:
    """An error that a program reports in words, known by the status in them."""
    found = STATUS.search(message)
    return Told(error=found[1] if found else "unknown", status=int(found[1]) if found else None, message=message[:400])


def home() -> Path:
    """The home of the program, which is empty."""
    return Path(os.environ["HOME"])
