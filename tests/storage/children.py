"""Child processes that do to a store what no test can do to itself."""

import subprocess
import sys
from pathlib import Path

START = """
import asyncio, os, resource, sys
from pathlib import Path
from tests.storage.records import dispatched, fusion, opened, settled
from fuseline.storage.sqlite import open_sqlite
from fuseline.types.errors import FuselineError
path = Path(sys.argv[1])
"""


def child(script: str, path: Path) -> "subprocess.Popen[str]":
    """Start a process that runs `script` with the store's path."""
    return subprocess.Popen(
        [sys.executable, "-c", START + script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path), "PATH": ""},
    )


def finished(script: str, path: Path) -> str:
    """Run `script` to its end and return what it printed."""
    with child(script, path) as process:
        printed, complaints = process.communicate(timeout=30)
    assert process.returncode == 0, complaints
    return printed
