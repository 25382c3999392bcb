"""What was spent, added up in every way it is looked at."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from fuseline.storage.base import Sum
from fuseline.storage.sqlite import open_sqlite
from fuseline.types.runs import NOT_SENT
from tests.requirements import requirement
from tests.storage.fusions import Fusion
from tests.storage.records import BORN, opened

pytestmark = [pytest.mark.anyio, requirement("ours:spending")]
MEMORY = Path(":memory:")
NOON = 1_790_164_800.0
"""2026-09-23, twelve o'clock in Greenwich."""
HOUR = 3600.0


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose day begins ten hours before Greenwich's."""
    monkeypatch.setenv("TZ", "EAST-10")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


async def test_what_was_spent_adds_up_to_the_same_by_model_and_by_role():
    async with open_sqlite(MEMORY) as store:
        await store.write(*Fusion("gen-a", fees=9).records, *Fusion("gen-b", panel=(("lab/a", 5),)).records)
        spending, (total,) = await store.spending(0.0), await store.spent(0.0)
    assert spending.models == (
        Sum("lab/b", 300, 1),
        Sum("lab/a", 105, 2),
        Sum("lab/writer", 100, 2),
        Sum("search", 9, 0),
    )
    assert spending.roles == (Sum("panel", 405, 3), Sum("writer", 100, 2), Sum("search", 9, 0))
    assert sum(spending.days.values()) == total == 514


@pytest.mark.usefixtures("far_east")
async def test_a_run_counts_on_the_local_day_on_which_it_began():
    async with open_sqlite(MEMORY) as store:
        await store.write(*Fusion("gen-a", at=NOON).records, *Fusion("gen-b", at=NOON + 2 * HOUR).records)
        spending = await store.spending(0.0)
    assert spending.days == {"2026-09-23": 450, "2026-09-24": 450}


async def test_what_began_before_is_left_out():
    async with open_sqlite(MEMORY) as store:
        await store.write(*Fusion("gen-a").records, *Fusion("gen-b", at=BORN + 60).records)
        await store.remove("gen-a")
        assert sum((await store.spending(BORN + 1)).days.values()) == 450
        assert (await store.spending(BORN + 61)).models == ()


async def test_a_call_that_was_never_sent_is_no_call():
    run = Fusion("gen-a")
    unsent = replace(run.call("panel", "lab/c", 0, 2), error=NOT_SENT)
    async with open_sqlite(MEMORY) as store:
        await store.write(*run.records, unsent)
        assert "lab/c" not in [one.name for one in (await store.spending(0.0)).models]


async def test_fused_answers_are_held_against_the_dearest_seat_of_each_panel():
    dear = Fusion("gen-a", panel=(("lab/a", 100), ("lab/b", 300)))
    twice = dear.call("panel", "lab/a", 250, 0)
    async with open_sqlite(MEMORY) as store:
        await store.write(*dear.records, replace(twice, id="again"), *Fusion("gen-b", panel=(("lab/a", 7),)).records)
        await store.write(*Fusion("gen-refused", panel=()).records, *Fusion("gen-broken", status="failed").records)
        await store.write(opened("gen-plain"))
        spending = await store.spending(0.0)
    assert (spending.panels, spending.single) == (2, 350 + 7)
    assert spending.fused == 450 + 57 + 50
