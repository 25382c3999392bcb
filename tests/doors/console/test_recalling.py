"""What a later process shows of a run that was kept: its events, why it failed, and what earlier versions kept."""

from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from fuseline.types.runs import Noted, RunClosed
from tests.doors.console.page import Page, disputes, open_page
from tests.requirements import requirement
from tests.served import served
from tests.storage.fusions import Fusion
from tests.storage.records import BORN
from tests.upstream import fails, says

pytestmark = [pytest.mark.anyio, requirement("ours:console-record")]


async def test_the_events_of_a_run_are_listed_in_a_line_each_and_opened_one_by_one():
    async with open_page({"a": [says("Blue. " * 100)], "c": [fails(400)], "judge": [disputes]}) as page:
        run = await page.ask()
        await page.hear(run)
        told = (await page.get(f"/runs/{run}/record")).body["events"]
        (answered,) = [one for one in told if one["kind"] == "panel.completed" and one["size"] > 600]
        whole = (await page.get(f"/runs/{run}/record/{answered['n']}")).body
        unknown = [await page.get(f"/runs/{path}") for path in (f"{run}/record/99", f"{run[:-1]}/record", "x/record/0")]
    assert [one["n"] for one in told] == list(range(len(told)))
    assert sorted(one["kind"] for one in told) == snapshot(
        [
            "analysis.completed",
            "fusion.finished",
            "fusion.started",
            "panel.completed",
            "panel.completed",
            "panel.failed",
        ]
    )
    assert all(len(one["brief"]) <= 160 and one["at"] > 0 for one in told)
    assert (whole["body"]["content"], whole["kind"]) == ("Blue. " * 100, "panel.completed")
    assert [one.status for one in unknown] == [404] * 3


FAILURES: dict[str, tuple[dict[str, Any], str]] = {
    "nobody may call": ({name: [fails(401)] for name in ("a", "b", "c", "writer")}, "provider_auth"),
    "nobody has credit": ({name: [fails(402)] for name in ("a", "b", "c", "writer")}, "provider_payment_required"),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_run_that_failed_has_the_same_kind_of_reason_live_and_kept(failure: str):
    scripts, kind = FAILURES[failure]
    async with open_page(scripts) as page:
        run = await page.ask()
        live = (await page.hear(run))[-1]
        async with served(page.door.house) as another:
            (kept,) = await Page(page.door, another).hear(run)
        (listed,) = (await page.get("/runs")).body["runs"]
    assert live["kind"] == kept["kind"] == live["run"]["error_kind"] == kept["run"]["error_kind"] == kind
    assert listed["error_kind"] == kind


PUBLIC: dict[str, Any] = {
    "consensus": ["the sky is blue"],
    "contradictions": [
        {"topic": "the hue", "stances": [{"model": "lab/a", "stance": "azure"}, {"model": "lab/b", "stance": "teal"}]}
    ],
    "partial_coverage": [{"models": ["lab/a", "lab/b"], "point": "it scatters"}],
    "unique_insights": [{"model": "lab/b", "insight": "ozone absorbs"}],
    "blind_spots": ["the night"],
}
LISTED: list[dict[str, Any]] = [
    {"id": "c1", "text": "the sky is blue", "seats": [0, 1], "quote": "blue", "urls": ["https://a.example/"]},
    {"id": "c2", "text": "it scatters", "seats": [0, 1], "quote": "", "urls": []},
    {"id": "c3", "text": "ozone absorbs", "seats": [1], "quote": "ozone", "urls": []},
]
SKY = Fusion("gen-sky")


async def recalled(body: dict[str, Any], run: Fusion = SKY, result: dict[str, Any] | None = None) -> Any:
    """The analysis that the page is told of a run with such an event."""
    *before, closed = run.records
    assert isinstance(closed, RunClosed)
    noted = Noted(run.id, 9, BORN, "analysis.completed", {"model": "lab/judge", **body})
    async with open_page() as page:
        await page.door.house.store.write(*before, noted, replace(closed, result={**closed.result, **(result or {})}))
        told = await page.run(run.id)
    assert told["analyst"] == "lab/judge"
    return told["analysis"]


async def test_an_analysis_of_an_earlier_version_is_shown_with_its_list_of_claims():
    told = await recalled({"analysis": PUBLIC, "claims": LISTED, "warnings": ["mind this"]})
    assert [(one["kind"], one["text"], one["seats"], one["quote"]) for one in told["claims"]] == [
        ("consensus", "the sky is blue", [0, 1], "blue"),
        ("partial", "it scatters", [0, 1], ""),
        ("unique", "ozone absorbs", [1], "ozone"),
    ]
    (clash,) = told["contradictions"]
    assert (clash["topic"], clash["better_supported"]) == ("the hue", None)
    assert [(one["seat"], one["text"]) for one in clash["stances"]] == [(0, "azure"), (1, "teal")]
    assert (told["blind_spots"], told["warnings"]) == (["the night"], ["mind this"])


async def test_an_analysis_that_has_nothing_but_its_public_keys_is_shown_as_far_as_they_tell():
    told = await recalled({}, result={"fusion": {"status": "ok", "analysis": PUBLIC}})
    assert [(one["kind"], one["seats"]) for one in told["claims"]] == [
        ("consensus", [0, 1]),
        ("partial", [0, 1]),
        ("unique", [1]),
    ]
    assert told["warnings"] == snapshot(
        ["an earlier version kept this comparison: where all agree it kept no names, so whoever answered is shown"]
    )


async def test_seats_of_one_model_are_told_apart_as_far_as_an_earlier_version_did():
    twins = replace(SKY, panel=(("lab/a", 1), ("lab/a", 1), ("lab/b", 1)))
    told = await recalled({"analysis": {**PUBLIC, "consensus": []}}, twins)
    assert [one["seats"] for one in told["claims"]] == [[0, 2], [2]]
    assert "the first is shown" in told["warnings"][0]


async def test_an_event_without_an_analysis_shows_none():
    assert await recalled({}) is None
