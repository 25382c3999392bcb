"""What was acknowledged survives: the death of the process at any moment, and a disk that fills up."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storage.children import child, finished

TRIALS = 20

ACKNOWLEDGES_UNTIL_KILLED = """
async def run_one(store, number):
    while True:
        await store.write(*fusion(f"gen-{number}"))
        print(number, flush=True)
        number += 8
async def main(start):
    async with open_sqlite(path) as store:
        await asyncio.gather(*(run_one(store, first) for first in range(start, start + 8)))
for start in sys.stdin:
    if (writer := os.fork()) == 0:
        print(os.getpid(), flush=True)
        asyncio.run(main(int(start)))
    os.waitpid(writer, 0)
    print("dead", flush=True)
"""
"""A process that has imported what it needs, and forks a writer for each number that it is told to start at."""


def acknowledged_before_death(parent: "subprocess.Popen[str]", start: int, lines: int) -> set[int]:
    """Kill a writer with SIGKILL once it has acknowledged so many lines, and return all it acknowledged."""
    assert parent.stdin is not None and parent.stdout is not None
    print(start, file=parent.stdin, flush=True)
    writer = int(parent.stdout.readline())
    heard = [parent.stdout.readline() for _ in range(lines)]
    os.kill(writer, signal.SIGKILL)
    heard += iter(parent.stdout.readline, "dead\n")
    return {int(line) for line in heard}


@pytest.mark.timeout(120)
def test_no_acknowledged_write_is_lost_to_a_kill(tmp_path: Path):
    path, promised = tmp_path / "runs.db", set[int]()
    with child(ACKNOWLEDGES_UNTIL_KILLED, path) as parent:
        for trial in range(TRIALS):
            promised |= acknowledged_before_death(parent, trial * 1_000_000, 1 + 7 * trial)
        parent.communicate()
    with sqlite3.connect(path) as reader:
        kept = {run_id for (run_id,) in reader.execute("SELECT id FROM runs WHERE status = 'completed'")}
        torn = reader.execute("SELECT count(*) FROM calls WHERE duration_s IS NULL").fetchone()
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert {f"gen-{number}" for number in promised} <= kept
    assert len(promised) >= TRIALS and torn == (0,)


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file size are a matter of POSIX")
def test_a_disk_that_fills_up_refuses_writes_until_space_returns(tmp_path: Path):
    script = """
def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
async def main():
    async with open_sqlite(path) as store:
        await store.write(opened("gen-before"))
        limit(os.path.getsize(f"{path}-wal"))
        store.note(opened("gen-noted"))
        try: await store.write(opened("gen-refused"))
        except FuselineError as error: print(type(error).__name__, error)
        print((await store.run("last")).id)
        limit(resource.getrlimit(resource.RLIMIT_FSIZE)[1])
        await store.write(opened("gen-after"))
        print(sorted(run.id for run in await store.runs()))
asyncio.run(main())
"""
    refused, readable, kept = finished(script, tmp_path / "runs.db").splitlines()
    assert refused.startswith(f"StorageFailed the disk that holds {tmp_path / 'runs.db'}")
    assert "free" in refused and readable == "gen-before"
    assert kept == "['gen-after', 'gen-before', 'gen-noted']"
