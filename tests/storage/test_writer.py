"""The writer's manners: how it batches, whom it refuses, and what it keeps while the disk is full."""

import asyncio
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from anyio import fail_after
from anyio.lowlevel import checkpoint

from fuseline.storage import writer as writing
from fuseline.storage.connections import connect
from fuseline.storage.rows import write_row
from fuseline.storage.sqlite import prepare
from fuseline.storage.writer import Parcel, Writer
from fuseline.types.errors import StorageFailed
from fuseline.types.runs import Noted, Record
from tests.storage.records import dispatched, noted, opened

pytestmark = pytest.mark.anyio


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "runs.db"
    connection = connect(str(path))
    prepare(str(path), connection, path)
    yield connection
    connection.close()


def parcel(*records: Record, waiter: "asyncio.Future[None] | None" = None) -> Parcel:
    return Parcel([write_row(record, "1:1") for record in records], waiter)


def asked(*records: Record) -> Parcel:
    return parcel(*records, waiter=asyncio.get_running_loop().create_future())


async def answer(sent: Parcel) -> None:
    assert sent.waiter is not None
    with fail_after(10):
        await sent.waiter


def count_runs(path: Path) -> int:
    with sqlite3.connect(path) as reader:
        return reader.execute("SELECT count(*) FROM runs").fetchone()[0]


def count_events(path: Path) -> int:
    with sqlite3.connect(path) as reader:
        return reader.execute("SELECT count(*) FROM events").fetchone()[0]


def fill(connection: sqlite3.Connection) -> None:
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")


def long(sequence: int, run_id: str = "gen-1-aaaa") -> Noted:
    return Noted(run_id, sequence, 1.0, "said", {"text": "x" * 20_000})


async def test_what_waits_is_written_in_one_transaction_with_few_statements(
    connection: sqlite3.Connection, tmp_path: Path
):
    writer, statements = Writer(connection, tmp_path / "runs.db"), list[str]()
    for number in range(64):
        run_id = f"gen-{number}"
        calls = [dispatched(run_id, f"call-{number}-{seat}") for seat in range(5)]
        writer.put(parcel(opened(run_id), *calls, *(noted(run_id, sequence) for sequence in range(10))))
    last = asked(opened("gen-64"))
    writer.put(last)
    writer.hurry()
    connection.set_trace_callback(statements.append)
    writer.start()
    await answer(last)
    connection.set_trace_callback(None)
    writer.stop()
    commands = [statement.split()[0] for statement in statements]
    assert commands == ["BEGIN"] + ["INSERT"] * (2 + 3 + 5) + ["COMMIT"]  # 65 = 64+1, 320 = 128+128+64, 640 = 5*128
    assert count_events(tmp_path / "runs.db") == 640


async def test_only_the_faulty_parcel_of_a_batch_is_refused(connection: sqlite3.Connection, tmp_path: Path):
    writer = Writer(connection, tmp_path / "runs.db")
    good, orphan, huge, late = (
        asked(opened()),
        asked(dispatched("gen-none")),
        asked(dispatched(hold=1 << 70)),
        asked(noted()),
    )
    for sent in (good, orphan, huge, late):
        writer.put(sent)
        writer.hurry()
    writer.start()
    await answer(good)
    await answer(late)
    with pytest.raises(StorageFailed, match="FOREIGN KEY"):
        await answer(orphan)
    with pytest.raises(StorageFailed, match="too large"):
        await answer(huge)
    writer.stop()


async def test_a_full_database_refuses_then_works_again_and_loses_no_note(
    connection: sqlite3.Connection, tmp_path: Path
):
    path = tmp_path / "runs.db"
    writer = Writer(connection, path)
    fill(connection)
    writer.start()
    writer.put(parcel(opened(), long(0)))
    refused = asked(long(1))
    writer.put(refused)
    writer.hurry()
    with pytest.raises(StorageFailed, match=r"runs\.db is full: free some space"):
        await answer(refused)
    connection.execute("PRAGMA max_page_count = 1000000")
    accepted = asked(long(2))
    writer.put(accepted)
    writer.hurry()
    await answer(accepted)
    writer.stop()
    with sqlite3.connect(path) as reader:
        assert reader.execute("SELECT sequence FROM events ORDER BY sequence").fetchall() == [(0,), (2,)]
    assert writer.lost == 0


async def test_a_note_is_tried_again_when_nothing_else_comes(
    connection: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(writing, "RETRY_S", 0.01)
    writer = Writer(connection, tmp_path / "runs.db")
    fill(connection)
    writer.start()
    writer.put(parcel(opened(), long(0)))
    refused = asked(long(1))
    writer.put(refused)
    writer.hurry()
    with pytest.raises(StorageFailed):
        await answer(refused)
    connection.execute("PRAGMA max_page_count = 1000000")
    with fail_after(10):
        while count_events(tmp_path / "runs.db") == 0:
            await checkpoint()
    writer.stop()


async def test_notes_beyond_what_is_kept_are_counted_as_lost(
    connection: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(writing, "KEPT", 3)
    writer = Writer(connection, tmp_path / "runs.db")
    fill(connection)
    writer.put(parcel(opened()))
    for sequence in range(5):
        writer.put(parcel(long(sequence)))
    refused = asked(long(9))
    writer.put(refused)
    writer.hurry()
    writer.start()
    with pytest.raises(StorageFailed):
        await answer(refused)
    connection.execute("PRAGMA max_page_count = 1000000")
    writer.stop()
    assert (writer.lost, count_events(tmp_path / "runs.db")) == (3, 2)


async def test_a_cancelled_waiter_does_not_stop_the_others(connection: sqlite3.Connection, tmp_path: Path):
    writer = Writer(connection, tmp_path / "runs.db")
    gone, other = asked(opened("gen-1")), asked(opened("gen-2"))
    writer.put(gone)
    writer.put(other)
    writer.hurry()
    assert gone.waiter is not None and gone.waiter.cancel()
    writer.start()
    await answer(other)
    writer.stop()
    assert count_runs(tmp_path / "runs.db") == 2


def test_a_waiter_whose_loop_is_over_does_not_stop_the_writer(connection: sqlite3.Connection, tmp_path: Path):
    writer = Writer(connection, tmp_path / "runs.db")
    loop = asyncio.new_event_loop()
    writer.put(parcel(opened("gen-1"), waiter=loop.create_future()))
    writer.hurry()
    loop.close()
    writer.start()
    writer.put(parcel(opened("gen-2")))
    writer.stop()
    assert count_runs(tmp_path / "runs.db") == 2
