"""How calls went, as the store tells it at the next start."""

from dataclasses import replace
from pathlib import Path

import pytest

from fuseline.storage.sqlite import open_sqlite
from fuseline.types.performance import Timed, Timing
from fuseline.types.runs import NOT_SENT, Call, Speaker
from tests.requirements import requirement
from tests.storage.records import BORN, dispatched, opened, settled

pytestmark = [pytest.mark.anyio, requirement("ours:statistics")]


def call(number: int, **fields: object) -> Call:
    """The settled call of this number, a second after the one before."""
    made = settled(dispatched(call_id=f"call-{number}"))
    return replace(made, started_at=BORN + number, speaker=Speaker("outer", "acme/m"), **fields)  # pyright: ignore[reportArgumentType]


async def told(*calls: Call, since: float = BORN, most: int = 100) -> list[Timed]:
    """What the store tells of these calls."""
    async with open_sqlite(Path(":memory:")) as store:
        await store.write(opened(), *calls)
        return list(await store.timings(since, most))


async def test_settled_calls_are_told_the_oldest_first_by_endpoint_and_slug():
    quick, broken = call(1), call(2, endpoint="far", error="upstream_error", ttft_s=None, usage=None)
    assert await told(quick, broken) == [
        Timed("lab", "acme/m", Timing(False, 0.25, 16.0)),
        Timed("far", "acme/m", Timing(True)),
    ]


async def test_what_no_upstream_had_a_part_in_is_not_told():
    assert await told(call(1, error=NOT_SENT), call(2, error="cancelled"), dispatched(call_id="under-way")) == []


async def test_only_so_many_of_the_latest_and_none_from_before_are_told():
    calls = [call(number, ttft_s=number / 10) for number in range(1, 7)]
    assert [one.timing.ttft_s for one in await told(*calls, most=2)] == [0.5, 0.6]
    assert [one.timing.ttft_s for one in await told(*calls, since=BORN + 5)] == [0.5, 0.6]
