"""Votes as the page gives them, and the rates with their intervals."""

from typing import Any

import pytest
from inline_snapshot import snapshot

from fuseline.doors.console.votes import wilson
from tests.doors.console.page import Page, open_page
from tests.requirements import requirement
from tests.storage.fusions import Fusion

pytestmark = [pytest.mark.anyio, requirement("ours:votes")]
FUSED = {"run": "gen-a", "seat": None}
SEAT = {"run": "gen-a", "seat": 1}
OTHER = {"run": "gen-b", "seat": None}


async def keep(page: Page) -> None:
    """Have two runs in the store, one of a preset and one of a panel of somebody's own."""
    store = page.door.house.store
    await store.write(*Fusion("gen-a").records, *Fusion("gen-b", writer="acme/pen").records)
    await store.mark("gen-a", preset="general-high")


def vote(left: Any = FUSED, right: Any = SEAT, choice: str = "left", run: str = "gen-a") -> dict[str, Any]:
    """The body of a vote."""
    return {"run": run, "left": left, "right": right, "choice": choice}


async def test_a_vote_is_told_with_the_run_and_adds_to_the_rates():
    async with open_page() as page:
        await keep(page)
        given = await page.post("/votes", vote())
        run = await page.run("gen-a")
        await page.post("/votes", vote(SEAT, FUSED, "tie"))
        await page.post("/votes", vote(OTHER, FUSED, "right", "gen-b"))
        rates = (await page.get("/votes/summary")).body
    assert given.status == 201 and run["votes"] == [given.body]
    assert {**given.body, "id": "", "at": 0} == {"id": "", "at": 0, "left": FUSED, "right": SEAT, "choice": "left"}
    assert rates == snapshot(
        {
            "votes": 3,
            "by_preset": [
                {
                    "name": "general-high",
                    "wins": 2,
                    "losses": 0,
                    "ties": 1,
                    "rate": 0.8333333333333334,
                    "low": 0.30998810644195657,
                    "high": 0.9823472057213466,
                },
                {
                    "name": "custom",
                    "wins": 0,
                    "losses": 1,
                    "ties": 0,
                    "rate": 0.0,
                    "low": 0.0,
                    "high": 0.7934506856227626,
                },
            ],
            "by_panelist": [
                {
                    "name": "lab/b",
                    "wins": 0,
                    "losses": 1,
                    "ties": 1,
                    "rate": 0.25,
                    "low": 0.026677342008984573,
                    "high": 0.8021325442376889,
                }
            ],
            "by_writer": [
                {
                    "name": "lab/writer",
                    "wins": 2,
                    "losses": 0,
                    "ties": 1,
                    "rate": 0.8333333333333334,
                    "low": 0.30998810644195657,
                    "high": 0.9823472057213466,
                },
                {
                    "name": "acme/pen",
                    "wins": 0,
                    "losses": 1,
                    "ties": 0,
                    "rate": 0.0,
                    "low": 0.0,
                    "high": 0.7934506856227626,
                },
            ],
        }
    )


async def test_without_votes_there_are_no_rates():
    async with open_page() as page:
        rates = (await page.get("/votes/summary")).body
    assert rates == {"votes": 0, "by_preset": [], "by_panelist": [], "by_writer": []}


REFUSED = [
    (vote(SEAT, SEAT), 400, "right"),
    (vote(run="gen-b"), 400, "run"),
    (vote({"run": "gen-a", "seat": 2}), 400, "left.seat"),
    (vote(right={"run": "gen-a", "seat": -1}), 400, "right.seat"),
    (vote(right={"run": "gen-a", "seat": True}), 400, "right.seat"),
    (vote(right={"run": "gen-none", "seat": None}), 404, None),
    (vote(choice="both"), 400, "choice"),
    ({**vote(), "model": "lab/a"}, 400, "model"),
    ({"run": "gen-a"}, 400, "left"),
]


async def test_a_vote_on_what_is_not_there_is_refused():
    async with open_page() as page:
        await keep(page)
        for body, status, param in REFUSED:
            heard = await page.post("/votes", body)
            assert (heard.status, heard.error.get("param")) == (status, param), body
        assert (await page.get("/votes/summary")).body["votes"] == 0


async def test_the_answer_of_a_run_under_way_cannot_be_voted_on_but_its_panel_can():
    async with open_page() as page:
        await page.door.house.store.write(*Fusion("gen-a", status="running").records)
        early = await page.post("/votes", vote())
        seats = await page.post("/votes", vote({"run": "gen-a", "seat": 0}))
    assert (early.status, seats.status) == (409, 201)


@pytest.mark.parametrize(
    ("rate", "votes", "low", "high"),
    [
        (0.0, 10, 0.0, 0.2775),
        (1.0, 10, 0.7225, 1.0),
        (0.8, 10, 0.4902, 0.9433),
        (0.5, 100, 0.4038, 0.5962),
        (1.0, 1, 0.2065, 1.0),
        (0.9, 1000, 0.8798, 0.9171),
    ],
)
def test_intervals_are_wilsons(rate: float, votes: int, low: float, high: float):
    assert wilson(rate, votes) == pytest.approx((low, high), abs=5e-5)
