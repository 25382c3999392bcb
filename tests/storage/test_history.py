"""Runs that are found again by what was said in them, named, starred, and removed for good."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from fuseline.storage.base import CachedReply, Claim, Marks, Sent, Side, StoredRun, Vote, Wanted
from fuseline.storage.history import LISTED
from fuseline.storage.sqlite import SqliteStore, open_sqlite
from fuseline.types.messages import user
from fuseline.types.runs import RunOpened
from tests.requirements import requirement
from tests.storage.children import child
from tests.storage.fusions import Fusion
from tests.storage.records import BORN, fusion
from tests.storage.test_replies import copy_rows, make_version, rows

pytestmark = [pytest.mark.anyio, requirement("ours:history")]
MEMORY = Path(":memory:")
SKY = Fusion("gen-sky")
SEA = Fusion(
    "gen-sea", "Why is the sea salty?\nIn one line.", "Rivers carry salt.", (("acme/x", 1), ("acme/y", 2)), at=BORN + 1
)
WAL = Fusion("gen-wal", "Was ist ein WAL?", "Ein MÖWENSCHWARM.", writer="other/pen", at=BORN + 2)
HOSTILE = (
    "100%",
    "a_b",
    "back\\slash",
    "it's",
    'say "no"',
    "[x]*?",
    "naïve\x00end",
    "ÄPFEL",
    "\U0001f600",
    "q" * 10_000,
)


async def found(store: SqliteStore, **wanted: object) -> list[str]:
    """The ids of the runs that are wanted, without what all of them begin with."""
    listed = await store.history(Wanted(**wanted))  # pyright: ignore[reportArgumentType]
    return [one.run.id.removeprefix("gen-") for one in listed]


async def test_runs_are_listed_newest_first_with_prompt_panel_and_marks_but_without_texts():
    async with open_sqlite(MEMORY) as store:
        await store.write(*SKY.records, *SEA.records)
        await store.mark("gen-sea", title="Salt", preset="general-fast")
        sea, sky = await store.history(Wanted())
    assert (sky.prompt, sky.panel, sky.marks) == ("Why is the sky blue?", ("lab/a", "lab/b"), Marks())
    assert (sea.run.id, sea.marks) == ("gen-sea", Marks("Salt", preset="general-fast"))
    assert (sea.run.status, sea.run.request, sea.run.result, sea.run.events) == ("completed", {}, {}, ())


async def test_a_run_under_way_is_listed_with_its_panel():
    async with open_sqlite(MEMORY) as store:
        await store.write(*replace(SKY, status="running").records)
        (run,) = await store.history(Wanted(status="running"))
    assert (run.run.finished_at, run.panel) == (None, ("lab/a", "lab/b"))


@pytest.mark.parametrize("words", HOSTILE, ids=range(len(HOSTILE)))
async def test_any_words_are_found_as_they_are_in_prompt_title_and_answer(words: str):
    within = f"before {words} after"
    async with open_sqlite(MEMORY) as store:
        await store.write(*replace(SKY, prompt=within).records, *replace(SEA, answer=within).records, *WAL.records)
        assert await found(store, search=words) == ["sea", "sky"]
        await store.mark("gen-wal", title=within)
        assert await found(store, search=words.swapcase()) == ["wal", "sea", "sky"]


async def test_signs_that_mean_something_to_a_database_find_only_themselves():
    async with open_sqlite(MEMORY) as store:
        await store.write(*SKY.records, *SEA.records, *WAL.records)
        assert [await found(store, search=words) for words in ("%", "_", "s_a", "'", '"', "\\", "*", "\ud800")] == [
            []
        ] * 8
        assert await found(store, search="x" * 100_000) == []
        assert await found(store, search="möwenSchwarm") == ["wal"]


async def test_filters_narrow_the_list_together():
    async with open_sqlite(MEMORY) as store:
        await store.write(*SKY.records, *replace(SEA, status="failed").records, *WAL.records)
        await store.mark("gen-wal", starred=True)
        assert await found(store, status="failed") == ["sea"]
        assert await found(store, model="acme/Y") == ["sea"]
        assert await found(store, model="other/pen") == ["wal"]
        assert await found(store, model="lab/a") == ["wal", "sky"]
        assert await found(store, starred=True) == ["wal"]
        assert await found(store, starred=True, search="sky") == []
        assert await found(store, limit=1) == ["wal"]
        assert await found(store, limit=1, before=BORN + 2) == ["sea"]


async def test_a_long_prompt_is_listed_by_its_beginning_and_found_by_its_end():
    async with open_sqlite(MEMORY) as store:
        await store.write(*replace(SKY, prompt="ab" * LISTED + "needle").records)
        (run,) = await store.history(Wanted(search="needle"))
    assert run.prompt == "ab" * (LISTED // 2)


async def test_of_a_conversation_the_question_of_the_last_turn_is_listed():
    turns = [
        ("user", "first"),
        ("assistant", "said"),
        ("user", [{"type": "text", "text": "second"}]),
        ("user", "a note"),
    ]
    asked = {"messages": [{"role": role, "content": content} for role, content in turns]}
    async with open_sqlite(MEMORY) as store:
        await store.write(RunOpened(SKY.opened.run, asked))
        (run,) = await store.history(Wanted(search="SECOND"))
        assert await found(store, search="note") == []
    assert run.prompt == "second" and user("second").text == "second"


async def test_without_content_a_run_is_listed_without_a_prompt():
    async with open_sqlite(MEMORY) as store:
        await store.write(*replace(SKY, content=False).records)
        (run,) = await store.history(Wanted())
        assert await found(store, search="blue") == []
    assert (run.prompt, run.panel) == ("", ("lab/a", "lab/b"))


async def test_a_mark_changes_what_it_names_and_nothing_else():
    async with open_sqlite(MEMORY) as store:
        await store.write(*SKY.records)
        await store.mark("gen-sky", parent="gen-old", preset="general-high")
        await store.mark("gen-sky", title="Blue ' % \u2603")
        marked = await store.mark("gen-sky", starred=True)
        again = await store.mark("gen-sky", title="", starred=False)
    assert marked is not None and marked.marks == Marks("Blue ' % \u2603", True, "gen-old", "general-high")
    assert again is not None and again.marks == Marks("", False, "gen-old", "general-high")


async def test_a_mark_on_a_run_that_is_not_there_is_not_kept():
    async with open_sqlite(MEMORY) as store:
        await store.write(*SKY.records)
        assert await store.mark("gen-sk", title="an end of an id is no id") is None
        assert await store.listed("gen-none") is None


async def test_a_run_can_be_marked_as_soon_as_its_beginning_was_noted():
    async with open_sqlite(MEMORY) as store:
        store.note(SKY.opened)
        marked = await store.mark("gen-sky", preset="general-fast")
    assert marked is not None and marked.marks.preset == "general-fast"


SECRETS = ("Prompt-Xy", "Answer-Xy", "Title-Xy", "Reply-Xy", "Cached-Xy")
DOOMED = replace(SKY, prompt="Prompt-Xy " * 3000, answer="Answer-Xy " * 3000)


async def furnish(store: SqliteStore) -> None:
    """Keep a run with everything that can hang on one, and another beside it."""
    await store.write(*DOOMED.records, *SEA.records)
    await store.mark("gen-sky", title="Title-Xy", starred=True)
    await store.mark("gen-sea", parent="gen-sky")
    left, right = (Side(run, None, "writer", "lab/writer", "p") for run in ("gen-sky", "gen-sea"))
    await store.vote(Vote("v1", BORN, "left", left, right))
    await store.vote(Vote("v2", BORN, "tie", right, left))
    await store.vote(Vote("v3", BORN, "tie", right, Side("gen-sea", 0, "panel", "acme/x", "p")))
    sent = Sent(200, {}, b"Reply-Xy " * 900)
    claim = await store.claim(Claim("key", "token", "asked", 9e9, 9e9 + 60))
    store.settle(replace(claim, state="finished", run_id="gen-sky", sent=sent))
    store.cache(CachedReply("key", "gen-sky", 9e9, 9e9 + 60, replace(sent, body=b"Cached-Xy " * 900)), 1 << 20)
    await store.write()


@requirement("ours:erased")
async def test_of_a_run_that_was_removed_no_row_and_no_word_is_left_in_the_files(tmp_path: Path):
    async with open_sqlite(tmp_path / "runs.db") as store:
        await furnish(store)
        assert all(word in contents(tmp_path) for word in SECRETS)
        assert await store.remove("gen-sky") == "removed"
        assert [word for word in (*SECRETS, "gen-sky") if word in contents(tmp_path)] == []
        assert await store.run("gen-sky") is None and await store.cached("key", 9e9) is None
        sea = await store.listed("gen-sea")
        assert sea is not None and sea.marks.parent == ""
        assert [vote.id for vote in await store.votes("gen-sea")] == ["v3"]
        held = await store.claim(Claim("key", "later", "asked", 9e9 + 1, 9e9 + 61))
    assert (held.token, held.state, held.run_id, held.sent) == ("token", "unkept", "", None)


def contents(folder: Path) -> str:
    """All that the files of a store hold."""
    return "".join(path.read_bytes().decode("latin-1") for path in folder.iterdir())


async def test_a_run_that_was_removed_stays_in_the_sums():
    async with open_sqlite(MEMORY) as store:
        await store.write(*replace(SKY, fees=7).records)
        before, spending = await store.spent(0.0, BORN, BORN + 1), await store.spending(0.0)
        await store.remove("gen-sky")
        after, kept = await store.spent(0.0, BORN, BORN + 1), await store.spending(0.0)
    assert before == after == (457, 457, 0)
    assert (kept.models, kept.roles, kept.days) == (spending.models, spending.roles, spending.days)


async def test_a_run_that_is_under_way_is_not_removed():
    running = replace(SKY, status="running")
    async with open_sqlite(MEMORY) as store:
        await store.write(*running.records, *SKY.calls)
        assert await store.remove("gen-sky") == "running"
        kept = await store.run("gen-sky")
        assert kept is not None and len(kept.calls) == 3 and len(kept.events) == 1
        assert await store.spent(0.0) == (0,)
        await store.write(*SKY.records)
        assert [await store.remove("gen-sky"), await store.remove("gen-sky")] == ["removed", "unknown"]


async def test_nothing_but_the_whole_id_removes_a_run():
    async with open_sqlite(MEMORY) as store:
        await store.write(*SKY.records)
        assert [await store.remove(name) for name in ("last", "sky", "gen-", "", "%")] == ["unknown"] * 5


async def test_a_run_of_another_process_is_left_alone_until_it_has_ended(tmp_path: Path):
    script = """
from tests.storage.fusions import Fusion
async def main():
    async with open_sqlite(path) as store:
        run = Fusion("gen-theirs")
        await store.write(run.opened)
        print("begun", flush=True)
        sys.stdin.readline()
        await store.write(*run.records)
        print("ended", flush=True)
        sys.stdin.readline()
        print(await store.run("gen-theirs"), await store.spent(0.0), flush=True)
asyncio.run(main())
"""
    with child(script, tmp_path / "runs.db") as process:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == "begun\n"
        async with open_sqlite(tmp_path / "runs.db") as store:
            assert await store.remove("gen-theirs") == "running"
            print(file=process.stdin, flush=True)
            assert process.stdout.readline() == "ended\n"
            assert await store.mark("gen-theirs", title="seen") is not None
            assert await store.remove("gen-theirs") == "removed"
            assert process.communicate("\n", timeout=30) == ("None (450,)\n", "")


async def test_a_database_of_the_second_version_is_upgraded_with_all_its_rows(tmp_path: Path):
    path, old = tmp_path / "runs.db", tmp_path / "old.db"
    async with open_sqlite(path) as store:
        await store.write(*SKY.records, *fusion("gen-2"))
    make_version("0002", old)
    copy_rows(path, old)
    with sqlite3.connect(old) as connection:
        connection.execute(
            "INSERT INTO claims VALUES ('k', 't', 'f', 'finished', '', 9e9, 9e9, 'gen-2', 200, '{}', x'61')"
        )
    before = rows(old)
    async with open_sqlite(old) as store:
        assert (await store.claim(Claim("k", "mine", "f", 8e9, 9e9))).sent == Sent(200, {}, b"a")
        assert await found(store) == ["sky", "2"]
        assert await store.mark("gen-2", starred=True) is not None
        kept: StoredRun | None = await store.run("gen-2")
        assert await store.spent(0.0) == (6_450,)
    assert kept is not None and len(kept.calls) == 1
    assert rows(old) == before and [len(one) for one in before] == [2, 4, 5]
