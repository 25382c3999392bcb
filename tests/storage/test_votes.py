"""Votes between two answers, and what they add up to."""

from dataclasses import replace
from pathlib import Path

import pytest

from fuseline.storage.base import Choice, Score, Side, Vote
from fuseline.storage.sqlite import SqliteStore, open_sqlite
from fuseline.types.errors import StorageFailed
from tests.requirements import requirement
from tests.storage.fusions import Fusion
from tests.storage.records import BORN

pytestmark = [pytest.mark.anyio, requirement("ours:votes")]
MEMORY = Path(":memory:")
FUSED = Side("gen-a", None, "writer", "pen/one", "general-high")
OTHER = Side("gen-b", None, "writer", "pen/two", "general-fast")
SEAT = Side("gen-a", 1, "panel", "lab/b", "general-high")
PLAIN = Side("gen-b", None, "outer", "lab/alone", "")


async def keep(store: SqliteStore, *votes: tuple[Side, Side, Choice]) -> list[Vote]:
    """Keep votes on two runs, a second apart."""
    await store.write(*Fusion("gen-a").records, *Fusion("gen-b").records)
    kept = [Vote(f"v{at}", BORN + at, choice, left, right) for at, (left, right, choice) in enumerate(votes)]
    for vote in reversed(kept):
        await store.vote(vote)
    return kept


async def test_votes_come_back_as_they_were_given_the_oldest_first():
    async with open_sqlite(MEMORY) as store:
        kept = await keep(store, (FUSED, SEAT, "left"), (PLAIN, FUSED, "neither"), (PLAIN, OTHER, "tie"))
        assert await store.votes("gen-a") == kept[:2]
        assert await store.votes("gen-b") == kept[1:]


async def test_a_vote_counts_for_both_of_its_sides_whichever_stood_left():
    async with open_sqlite(MEMORY) as store:
        await keep(store, (FUSED, SEAT, "left"), (SEAT, FUSED, "left"), (SEAT, FUSED, "right"), (FUSED, SEAT, "tie"))
        scores = await store.scores()
    assert scores.votes == 4
    assert scores.presets == (Score("general-high", 2, 1, 1),)
    assert scores.panelists == (Score("lab/b", 1, 2, 1),)
    assert scores.writers == (Score("pen/one", 2, 1, 1),)


async def test_neither_counts_as_a_tie():
    async with open_sqlite(MEMORY) as store:
        await keep(store, (FUSED, SEAT, "neither"))
        assert (await store.scores()).panelists == (Score("lab/b", 0, 0, 1),)


async def test_two_fused_answers_rate_their_presets_and_writers_and_no_panelist():
    async with open_sqlite(MEMORY) as store:
        await keep(store, (FUSED, OTHER, "right"))
        scores = await store.scores()
    assert scores.presets == (Score("general-fast", 1, 0, 0), Score("general-high", 0, 1, 0))
    assert scores.writers == (Score("pen/one", 0, 1, 0), Score("pen/two", 1, 0, 0))
    assert scores.panelists == ()


async def test_two_panelists_rate_each_other_and_nothing_that_was_fused():
    async with open_sqlite(MEMORY) as store:
        await keep(store, (SEAT, replace(SEAT, seat=0, model="lab/a"), "right"))
        scores = await store.scores()
    assert (scores.presets, scores.writers) == ((), ())
    assert scores.panelists == (Score("lab/a", 1, 0, 0), Score("lab/b", 0, 1, 0))


async def test_an_answer_is_not_rated_against_its_own_kind_nor_where_nothing_was_fused():
    again = replace(FUSED, run_id="gen-b")
    async with open_sqlite(MEMORY) as store:
        await keep(store, (FUSED, again, "left"), (SEAT, PLAIN, "left"), (SEAT, replace(SEAT, seat=0), "tie"))
        scores = await store.scores()
    assert (scores.votes, scores.presets, scores.panelists, scores.writers) == (3, (), (), ())


async def test_a_vote_on_a_run_that_is_not_there_is_refused():
    async with open_sqlite(MEMORY) as store:
        await store.write(*Fusion("gen-a").records)
        with pytest.raises(StorageFailed, match="FOREIGN KEY"):
            await store.vote(Vote("v", BORN, "left", FUSED, OTHER))
        assert await store.votes("gen-a") == []
