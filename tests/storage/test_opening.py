"""Opening a store: what is created, what is upgraded, what is refused, and who is settled."""

import os
import sqlite3
import stat
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from fuseline.storage import connections, migrations
from fuseline.storage.connections import preparing
from fuseline.storage.owners import alive, this_process
from fuseline.storage.schema import VERSION, metadata
from fuseline.storage.sqlite import open_sqlite
from fuseline.types.errors import BadConfiguration, StorageFailed
from tests.storage.children import child, finished
from tests.storage.records import dispatched, fusion, opened

pytestmark = pytest.mark.anyio


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_directory_and_files_are_for_the_owner_only(tmp_path: Path):
    path = tmp_path / "home" / "runs.db"
    async with open_sqlite(path) as store:
        await store.write(opened())
        modes = {file.name: mode(file) for file in path.parent.iterdir()}
    assert mode(path.parent) == 0o700
    assert modes == {"runs.db": 0o600, "runs.db-wal": 0o600, "runs.db-shm": 0o600}


async def test_migrations_lead_from_nothing_to_the_tables_of_the_schema(tmp_path: Path):
    async with open_sqlite(tmp_path / "runs.db"):
        pass
    with preparing(str(tmp_path / "runs.db")).connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []
        assert context.get_current_revision() == VERSION


def test_the_version_of_the_schema_is_the_last_migration():
    assert ScriptDirectory(str(Path(migrations.__file__).parent)).get_current_head() == VERSION


def test_a_store_that_is_up_to_date_opens_without_alembic(tmp_path: Path):
    script = """
async def main():
    async with open_sqlite(path): print("alembic" in sys.modules)
asyncio.run(main())
"""
    assert [finished(script, tmp_path / "runs.db") for _ in range(2)] == ["True\n", "False\n"]


def test_many_processes_may_open_a_new_store_at_once(tmp_path: Path):
    script = """
sys.stdin.readline()
async def main():
    async with open_sqlite(path) as store: await store.write(*fusion(f"gen-{os.getpid()}"))
asyncio.run(main())
"""
    started = [child(script, tmp_path / "runs.db") for _ in range(4)]
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ended = [(process.communicate(timeout=60)[1], process.returncode) for process in started]
    assert ended == [("", 0)] * 4
    with sqlite3.connect(tmp_path / "runs.db") as reader:
        assert reader.execute("SELECT count(*) FROM runs").fetchone() == (4,)


async def test_a_store_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path):
    path = tmp_path / "runs.db"
    async with open_sqlite(path):
        pass
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BadConfiguration, match=rf"newer Fuseline .* version 9999, this one knows {VERSION}.* upgrade"):
        async with open_sqlite(path):
            pass


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path):
    path = tmp_path / "runs.db"
    path.write_text("a letter to a friend, long enough to be taken for something else\n" * 50)
    with pytest.raises(BadConfiguration, match="not a sound SQLite database: move it away"):
        async with open_sqlite(path):
            pass


async def test_a_path_below_a_file_is_refused(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(BadConfiguration, match="cannot be created"):
        async with open_sqlite(tmp_path / "file" / "runs.db"):
            pass


async def test_a_store_that_another_process_holds_is_said_to_be_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connections, "BUSY_S", 0.01)
    path = tmp_path / "runs.db"
    with sqlite3.connect(path, isolation_level=None) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageFailed, match=r"locked by another process for 5 seconds"):
            async with open_sqlite(path):
                pass
        holder.execute("ROLLBACK")


@pytest.mark.skipif(sys.platform == "win32", reason="modes are a matter of POSIX")
def test_a_read_only_directory_is_named_in_a_sentence(tmp_path: Path):
    path = tmp_path / "sealed" / "runs.db"
    path.parent.mkdir(0o555)
    for parent in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        parent.chmod(mode(parent) | 0o011)
    script = """
async def main():
    async with open_sqlite(Path(":memory:")): pass  # imports what is needed, while that may be read
    if os.getuid() == 0: os.setuid(65534)
    try:
        async with open_sqlite(path): print("opened")
    except FuselineError as error: print(type(error).__name__, error)
asyncio.run(main())
"""
    assert finished(script, path) == (
        f"BadConfiguration {path} cannot be created (Permission denied): set store.path to another\n"
    )


LEFT_OPEN = """
async def main():
    async with open_sqlite(path) as store:
        await store.write(opened("gen-left"), dispatched("gen-left", "call-a"))
        await store.write(dispatched("gen-left", "call-b", hold=0))
        await store.write(settled(dispatched("gen-left", "call-c")))
        await store.write(*fusion("gen-done"))
        print("open", flush=True)
        sys.stdin.read()
        os._exit(9)
asyncio.run(main())
"""


async def test_runs_of_a_dead_process_are_settled_at_the_most_they_can_have_cost(tmp_path: Path):
    finished(LEFT_OPEN.replace("os._exit(9)", "os._exit(0)"), tmp_path / "runs.db")
    async with open_sqlite(tmp_path / "runs.db") as store:
        left, done = await store.run("gen-left"), await store.run("gen-done")
    assert left is not None and done is not None and done.status == "completed"
    assert (left.status, left.error) == ("failed", "the process ended before the run did")
    assert (left.cost, left.cost_known, left.finished_at is not None) == (13_000, False, True)
    assert [
        (call.id, call.cost, call.cost_source, call.certainty, call.error, call.settled) for call in left.calls
    ] == [
        ("call-a", 7_000, "computed", "maximum", "unreconciled", True),
        ("call-b", 0, "unknown", "maximum", "unreconciled", True),
        ("call-c", 6_000, "reported", "estimate", "", True),
    ]


async def test_runs_of_a_living_process_are_left_alone_even_when_it_is_not_ours(tmp_path: Path):
    with child(LEFT_OPEN, tmp_path / "runs.db") as process:
        assert process.stdout is not None and process.stdout.readline() == "open\n"
        async with open_sqlite(tmp_path / "runs.db") as store:
            kept = await store.run("gen-left")
        process.communicate(timeout=30)
    assert kept is not None and kept.status == "running" and not kept.calls[0].settled


def test_a_process_id_that_is_used_again_does_not_pass_for_its_former_owner():
    pid, _, start = this_process().partition(":")
    assert alive(f"{pid}:{start}")
    assert not alive(f"{pid}:{start}1") and not alive("") and not alive("99999999:1") and not alive("99999999:")
    assert alive(f"{os.getpid()}:")


async def test_an_open_run_of_our_own_survives_a_second_opening(tmp_path: Path):
    async with open_sqlite(tmp_path / "runs.db") as store:
        await store.write(opened(), dispatched())
        async with open_sqlite(tmp_path / "runs.db") as other:
            kept = await other.run("last")
        await store.write(*fusion("gen-1-aaaa"))
    assert kept is not None and kept.status == "running"


async def test_a_database_that_breaks_while_it_is_read_is_named_in_a_sentence(tmp_path: Path):
    path = tmp_path / "runs.db"
    async with open_sqlite(path) as store:
        with sqlite3.connect(path) as vandal:
            vandal.execute("DROP TABLE runs")
        with pytest.raises(StorageFailed, match=r"runs\.db refused: OperationalError: no such table: runs"):
            await store.runs()
