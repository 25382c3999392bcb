"""Keys that are claimed once, and replies that are found again: what a store promises of both."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from alembic import command
from alembic.config import Config

from fuseline.storage import migrations, sqlite
from fuseline.storage.base import CachedReply, Claim, ClaimState, Sent
from fuseline.storage.connections import preparing
from fuseline.storage.sqlite import open_sqlite
from tests.requirements import requirement
from tests.storage.children import child, finished
from tests.storage.records import BORN, fusion

pytestmark = pytest.mark.anyio
MEMORY = Path(":memory:")
SENT = Sent(200, {"content-type": "application/json", "x-generation-id": "gen-1-aaaa"}, b'{"a":\x00\xff1}')
SOON = 9_000_000_000.0
"""A time that has not come, so that nothing of it has expired."""
LATER = SOON + 100
COPY = (
    "INSERT INTO runs SELECT * FROM source.runs",
    "INSERT INTO calls SELECT * FROM source.calls",
    "INSERT INTO events SELECT * FROM source.events",
)
READ = ("SELECT * FROM runs", "SELECT * FROM calls", "SELECT * FROM events")


def claim(token: str, at: float = SOON, key: str = "k") -> Claim:
    return Claim(key, token, "what was asked", at, expires_at=at + 60)


def reply(key: str, size: int = 10, at: float = SOON) -> CachedReply:
    return CachedReply(key, f"gen-{key}", at, at + 60, replace(SENT, body=b"x" * size), {"model": "lab/one"})


@requirement("ours:idempotency", "fault:F103")
async def test_two_hundred_claims_of_one_key_have_one_winner():
    tokens = [f"t{number}" for number in range(200)]
    held: dict[str, str] = {}
    async with open_sqlite(MEMORY) as store, anyio.create_task_group() as group:

        async def take(token: str) -> None:
            held[token] = (await store.claim(claim(token))).token

        for token in tokens:
            group.start_soon(take, token)
    assert len(set(held.values())) == 1
    assert sum(token == winner for token, winner in held.items()) == 1


async def test_a_claim_is_durable_when_it_returns(tmp_path: Path):
    async with open_sqlite(tmp_path / "runs.db") as store:
        await store.claim(claim("mine"))
        with sqlite3.connect(tmp_path / "runs.db") as reader:
            assert reader.execute("SELECT token, state FROM claims").fetchall() == [("mine", "running")]


async def test_what_came_of_a_claim_is_what_the_next_finds():
    async with open_sqlite(MEMORY) as store:
        mine = await store.claim(claim("mine"))
        store.settle(ended := replace(mine, state="finished", run_id="gen-1-aaaa", sent=SENT))
        assert await store.claim(claim("other")) == ended


@pytest.mark.parametrize("state", ["stopped", "unkept"])
async def test_a_claim_without_a_reply_holds_too(state: ClaimState):
    async with open_sqlite(MEMORY) as store:
        mine = await store.claim(claim("mine"))
        store.settle(replace(mine, state=state))
        held = await store.claim(claim("other"))
    assert (held.token, held.state, held.sent) == ("mine", state, None)


async def test_a_released_key_can_be_claimed_at_once():
    async with open_sqlite(MEMORY) as store:
        store.settle(replace(await store.claim(claim("mine")), state="released"))
        assert (await store.claim(claim("other"))).token == "other"


async def test_an_expired_key_can_be_claimed_unless_it_is_still_under_way():
    async with open_sqlite(MEMORY) as store:
        mine = await store.claim(claim("mine"))
        assert (await store.claim(claim("early", LATER))).token == "mine"
        store.settle(replace(mine, state="finished", sent=SENT))
        assert (await store.claim(claim("before", mine.expires_at - 1))).token == "mine"
        assert (await store.claim(claim("late", LATER))).token == "late"


async def test_what_came_of_a_claim_does_not_overwrite_a_later_one():
    async with open_sqlite(MEMORY) as store:
        first = await store.claim(claim("first"))
        store.settle(replace(first, state="released"))
        await store.claim(claim("second"))
        store.settle(replace(first, state="finished", sent=SENT))
        held = await store.claim(claim("third"))
    assert (held.token, held.state) == ("second", "running")


async def test_expired_claims_are_swept_now_and_then_and_when_a_store_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sqlite, "SWEEP_S", 0.0)
    path = tmp_path / "runs.db"
    async with open_sqlite(path) as store:
        await store.claim(running := claim("running", BORN, "under way"))
        store.settle(replace(await store.claim(claim("old", BORN)), state="finished", sent=SENT))
        store.settle(replace(await store.claim(claim("new", SOON, "other")), state="released"))
        assert await tokens(store, path) == {"running"}
        store.settle(replace(running, state="stopped"))
    async with open_sqlite(path) as store:
        assert await tokens(store, path) == set()


async def tokens(store: sqlite.SqliteStore, path: Path) -> set[str]:
    """The claims that are in the file, all that was settled included."""
    await store.write()
    with sqlite3.connect(path) as reader:
        return {token for (token,) in reader.execute("SELECT token FROM claims")}


@requirement("ours:idempotency")
async def test_no_acknowledged_claim_is_lost_to_a_kill_and_each_counts_as_stopped(tmp_path: Path):
    path = tmp_path / "runs.db"
    script = """
async def main():
    async with open_sqlite(path) as store:
        for number in range(100000):
            mine = Claim(f"k{number}", "theirs", "asked", 1.0, 9e12)
            assert await store.claim(mine) == mine
            if number % 2: store.settle(replace(mine, state="finished", sent=Sent(200, {}, b"said")))
            print(number, flush=True)
asyncio.run(main())
"""
    imports = "from dataclasses import replace\nfrom fuseline.storage.base import Claim, Sent\n"
    with child(imports + script, path) as process:
        assert process.stdout is not None
        heard = [process.stdout.readline() for _ in range(40)]
        process.kill()
        heard += process.stdout.readlines()
    acknowledged = [int(line) for line in heard if line.endswith("\n")]
    async with open_sqlite(path) as store:
        held = [await store.claim(claim("mine", key=f"k{number}")) for number in acknowledged]
    assert len(held) >= 40 and {one.token for one in held} == {"theirs"}
    assert {one.state for one in held[::2]} == {"stopped"}
    assert {one.state for one in held[1:30:2]} == {"finished"}


async def test_a_claim_of_a_process_that_died_counts_as_stopped_though_the_store_was_open_all_the_time(tmp_path: Path):
    script = """
async def main():
    async with open_sqlite(path) as store:
        await store.claim(Claim("k", "theirs", "asked", 1.0, 9e12))
        os._exit(0)
asyncio.run(main())
"""
    async with open_sqlite(tmp_path / "runs.db") as store:
        finished("from fuseline.storage.base import Claim\n" + script, tmp_path / "runs.db")
        held = await store.claim(claim("mine"))
    assert (held.token, held.state) == ("theirs", "stopped")


@requirement("wire:cache")
async def test_a_cached_reply_comes_back_until_it_expires():
    async with open_sqlite(MEMORY) as store:
        store.cache(kept := reply("k"), room=1000)
        assert await store.cached("k", SOON + 59) == kept
        assert await store.cached("k", SOON + 60) is None
        assert await store.cached("other", SOON) is None
        store.cache(newer := reply("k", size=20, at=LATER), room=1000)
        assert await store.cached("k", LATER) == newer
        store.forget("k")
        assert await store.cached("k", LATER) is None


async def test_the_oldest_replies_make_way_when_the_cache_is_full(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sqlite, "SWEEP_S", 0.0)
    async with open_sqlite(MEMORY) as store:
        for number in range(6):
            store.cache(reply(f"k{number}", size=1000, at=SOON + number), room=4000)
        found = [await store.cached(f"k{number}", SOON + 10) is not None for number in range(6)]
    assert found == [False, False, False, True, True, True]


async def test_a_store_that_opens_drops_cached_replies_that_have_expired(tmp_path: Path):
    path = tmp_path / "runs.db"
    async with open_sqlite(path) as store:
        store.cache(reply("old", at=BORN), room=1000)
        store.cache(reply("new"), room=1000)
    async with open_sqlite(path):
        with sqlite3.connect(path) as reader:
            assert reader.execute("SELECT key FROM cached_replies").fetchall() == [("new",)]


async def test_a_database_of_the_first_version_is_upgraded_with_all_its_rows(tmp_path: Path):
    path, old = tmp_path / "runs.db", tmp_path / "old.db"
    async with open_sqlite(path) as store:
        await store.write(*fusion("gen-1"), *fusion("gen-2"))
    make_version("0001", old)
    copy_rows(path, old)
    before = rows(old)
    async with open_sqlite(old) as store:
        kept = await store.run("gen-1")
        assert (await store.claim(claim("mine"))).token == "mine"
    assert kept is not None and len(kept.calls) == 1 and len(kept.events) == 2
    assert rows(old) == before
    assert [len(found) for found in before] == [2, 2, 4]


def make_version(version: str, path: Path) -> None:
    """Make a database as this version had it."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with preparing(str(path)).connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        connection.commit()


def copy_rows(source: Path, target: Path) -> None:
    """Copy the rows of the tables that both databases have."""
    with sqlite3.connect(target) as connection:
        connection.execute("ATTACH ? AS source", (str(source),))
        for statement in COPY:
            connection.execute(statement)


def rows(path: Path) -> list[list[tuple[object, ...]]]:
    """All rows of the first version's tables."""
    with sqlite3.connect(path) as connection:
        return [connection.execute(statement).fetchall() for statement in READ]
