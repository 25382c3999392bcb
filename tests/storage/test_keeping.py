"""What a store gives back is what it was given, to everybody who gave it something."""

import os
from pathlib import Path

import anyio
import pytest
from anyio import fail_after
from anyio.lowlevel import checkpoint

from fuseline.storage.base import Store, StoredRun
from fuseline.storage.sqlite import open_sqlite
from fuseline.types.errors import StorageFailed
from fuseline.types.replies import Usage
from fuseline.types.runs import Noted, RunOpened
from tests.storage.records import BORN, closed, dispatched, fusion, noted, opened, settled

pytestmark = pytest.mark.anyio
MEMORY = Path(":memory:")


async def test_every_kind_of_record_comes_back_as_it_went_in():
    start, call = opened(), settled(dispatched())
    async with open_sqlite(MEMORY) as store:
        await store.write(start)
        await store.write(dispatched())
        store.note(noted(sequence=0), noted(sequence=1))
        await store.write(call, closed(start, call))
        kept = await store.run("gen-1-aaaa")
    assert kept == StoredRun(
        id="gen-1-aaaa",
        requested="fuseline/fusion",
        model="lab/two",
        provider="Lab",
        router="fuseline/fusion",
        status="completed",
        created_at=BORN,
        finished_at=BORN + 9,
        convened=True,
        streamed=True,
        cost=6_000,
        cost_known=True,
        error="none to speak of",
        error_kind="server",
        degraded="no_analysis",
        prompts="prompts-1",
        request=start.request,
        result={"text": "the answer"},
        calls=(call,),
        events=(noted(sequence=0), noted(sequence=1)),
    )


async def test_a_dispatched_call_comes_back_open():
    async with open_sqlite(MEMORY) as store:
        await store.write(opened(), dispatched())
        kept = await store.run("last")
    assert kept is not None and kept.calls == (dispatched(),) and not kept.calls[0].settled
    assert kept.status == "running"


async def test_a_usage_of_zero_is_not_an_unknown_one():
    call = dispatched()
    async with open_sqlite(MEMORY) as store:
        await store.write(opened(), settled(call))
        counted = Usage()
        await store.write(type(call)("call-2", call.run_id, call.speaker, "lab", "m", BORN + 5, usage=counted))
        kept = await store.run("last")
    assert kept is not None and [call.usage for call in kept.calls] == [Usage(10, 20, 3, 4, 5, 6_000), counted]


async def test_the_same_records_may_be_written_twice():
    async with open_sqlite(MEMORY) as store:
        await store.write(*fusion("gen-1"))
        once = await store.run("gen-1")
        await store.write(*fusion("gen-1"))
        assert await store.run("gen-1") == once


async def test_a_run_that_begins_and_ends_in_one_batch_keeps_both():
    start = opened()
    async with open_sqlite(MEMORY) as store:
        await store.write(start, closed(start))
        kept = await store.run("last")
    assert kept is not None and (kept.status, kept.finished_at) == ("completed", BORN + 9)
    assert (kept.request, kept.prompts, kept.result) == (start.request, "prompts-1", {"text": "the answer"})


async def test_a_beginning_that_is_written_again_does_not_open_a_run_that_has_ended():
    start = opened()
    async with open_sqlite(MEMORY) as store:
        await store.write(start)
        await store.write(closed(start))
        ended = await store.run("last")
        await store.write(start)
        assert await store.run("last") == ended


async def test_what_is_noted_before_a_write_is_durable_with_it(tmp_path: Path):
    async with open_sqlite(tmp_path / "runs.db") as store, open_sqlite(tmp_path / "runs.db") as other:
        store.note(opened(), noted())
        await store.write(dispatched())
        kept = await other.run("last")
    assert kept is not None and kept.events == (noted(),)


async def test_a_settlement_noted_after_a_dispatch_wins_in_the_same_batch():
    async with open_sqlite(MEMORY) as store:
        store.note(opened(), dispatched())
        store.note(settled(dispatched()))
        await store.write(noted())
        kept = await store.run("last")
    assert kept is not None and kept.calls == (settled(dispatched()),)


async def test_notes_are_written_without_a_write(tmp_path: Path):
    async with open_sqlite(tmp_path / "runs.db") as store:
        store.note(opened())
        with fail_after(5):
            while await store.run("last") is None:
                await checkpoint()


async def test_closing_writes_what_was_noted_and_folds_in_the_log(tmp_path: Path):
    path = tmp_path / "runs.db"
    async with open_sqlite(path) as store:
        store.note(*fusion("gen-1"))
    assert os.listdir(tmp_path) == ["runs.db"]
    async with open_sqlite(path) as store:
        kept = await store.run("gen-1")
    assert kept is not None and kept.status == "completed" and len(kept.events) == 2


async def test_a_closed_store_takes_nothing():
    async with open_sqlite(MEMORY) as store:
        pass
    with pytest.raises(StorageFailed, match="is closed"):
        await store.write(opened())


async def test_two_hundred_writers_are_all_acknowledged_and_present():
    ids = [f"gen-{number:03d}" for number in range(200)]
    async with open_sqlite(MEMORY) as store:
        with fail_after(30):
            async with anyio.create_task_group() as group:
                for run_id in ids:
                    group.start_soon(store.write, *fusion(run_id))
        kept = {run.id for run in await store.runs(limit=500)}
    assert kept == set(ids)


async def test_half_a_surrogate_pair_is_replaced_and_harms_nobody():
    start = opened()
    broken = RunOpened(
        type(start.run)("gen-2", "as\ud800ked", "m", "p", BORN), {"text\ud800": ["\udc00", "\ud83d\ude00"]}
    )
    async with open_sqlite(MEMORY) as store:
        store.note(start)
        await store.write(broken)
        kept, other = await store.run("gen-2"), await store.run("gen-1-aaaa")
    assert kept is not None and kept.requested == "as\ufffdked"
    assert kept.request == {"text\ufffd": ["\ufffd", "\U0001f600"]}
    assert other is not None and other.request == start.request


async def test_what_json_cannot_say_becomes_null():
    async with open_sqlite(MEMORY) as store:
        await store.write(opened(), Noted("gen-1-aaaa", 0, BORN, "odd", {"figure": float("nan")}))
        kept = await store.run("last")
    assert kept is not None and kept.events[0].body == {"figure": None}


async def test_a_run_is_found_by_either_end_of_its_id_unless_two_share_it():
    async with open_sqlite(MEMORY) as store:
        await store.write(opened("gen-1-abcd"), opened("gen-2-bbcd"))
        found = [await store.run(end) for end in ("gen-1", "2-bbcd", "bcd", "gen-", "%", "", "last-of-all")]
    assert [run and run.id for run in found] == ["gen-1-abcd", "gen-2-bbcd", None, None, None, None, None]


async def test_headers_come_newest_first_and_page_by_time():
    async with open_sqlite(MEMORY) as store:
        for number in range(5):
            await store.write(opened(f"gen-{number}", BORN + number))
        newest, last = await store.runs(limit=2), await store.run("last")
        older = await store.runs(limit=9, before=newest[-1].created_at)
    assert [run.id for run in (*newest, *older)] == ["gen-4", "gen-3", "gen-2", "gen-1", "gen-0"]
    assert last is not None and last.id == "gen-4" and newest[0].request == {}


async def test_a_sqlite_store_is_a_store():
    async with open_sqlite(MEMORY) as kept:
        store: Store = kept
        assert await store.run("last") is None
