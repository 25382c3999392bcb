"""What was spent, as the page reads it."""

import time
from datetime import date, timedelta

import pytest
from inline_snapshot import snapshot

from tests.doors.console.page import open_page
from tests.requirements import requirement
from tests.storage.fusions import Fusion

pytestmark = [pytest.mark.anyio, requirement("ours:spending")]
DAY = 86_400


async def test_sums_come_in_dollars_by_model_role_and_day():
    run = Fusion("gen-a", panel=(("lab/a", 1_500_000), ("lab/b", 20_000_000)), fees=7_000, at=time.time())
    async with open_page() as page:
        await page.door.house.store.write(*run.records)
        told = (await page.get("/spend?days=3")).body
    days = told.pop("by_day")
    assert told == snapshot(
        {
            "today": "0.02150705",
            "month": "0.02150705",
            "by_model": [
                {"name": "lab/b", "cost": "0.02", "calls": 1},
                {"name": "lab/a", "cost": "0.0015", "calls": 1},
                {"name": "search", "cost": "0.000007", "calls": 0},
                {"name": "lab/writer", "cost": "0.00000005", "calls": 1},
            ],
            "by_role": [
                {"name": "panel", "cost": "0.0215", "calls": 2},
                {"name": "search", "cost": "0.000007", "calls": 0},
                {"name": "writer", "cost": "0.00000005", "calls": 1},
            ],
            "fused": {"runs": 1, "cost": "0.02150705", "single_cost": "0.02"},
        }
    )
    assert days == [
        {"day": (date.today() - timedelta(days=2)).isoformat(), "cost": "0"},
        {"day": (date.today() - timedelta(days=1)).isoformat(), "cost": "0"},
        {"day": date.today().isoformat(), "cost": "0.02150705"},
    ]


async def test_only_so_many_days_are_looked_back():
    async with open_page() as page:
        await page.door.house.store.write(*Fusion("gen-old", at=time.time() - 40 * DAY).records)
        month, year = [(await page.get(f"/spend{query}")).body for query in ("", "?days=366")]
    assert (len(month["by_day"]), len(year["by_day"])) == (30, 366)
    assert (month["by_model"], month["fused"]["runs"]) == ([], 0)
    assert (len(year["by_model"]), year["fused"], year["today"]) == (
        3,
        {"runs": 1, "cost": "0.00000045", "single_cost": "0.0000003"},
        "0",
    )


async def test_days_out_of_range_are_named():
    async with open_page() as page:
        for days in ("0", "367", "x", "-1", "1.5", ""):
            heard = await page.get(f"/spend?days={days}")
            assert (heard.status, heard.error["param"]) == (400, "days"), days
