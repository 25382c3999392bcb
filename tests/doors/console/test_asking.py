"""What is asked on the console, what it may cost, and how answers of a panel are fused again."""

from typing import Any

import pytest
from inline_snapshot import snapshot

from fuseline.assembly import open_house
from fuseline.doors.console.desk import desk
from fuseline.settings.sections import StoreSettings
from fuseline.settings.settings import Settings
from fuseline.storage.connections import MEMORY
from tests.doors.console.page import PROMPT, Page, open_page, text_of
from tests.doors.http.players import compares, last_text
from tests.requirements import requirement
from tests.upstream import fails, hangs, says

pytestmark = pytest.mark.anyio


def asked_since(page: Page, before: int) -> list[str]:
    """Who was called since so many calls had been made."""
    return [exchange.model for exchange in page.door.upstream.log[before:]]


@requirement("ours:console-fuse")
async def test_a_run_can_stop_when_the_panel_was_heard():
    async with open_page() as page:
        run = await page.finished(await page.ask(stop_after_panel=True))
        assert page.door.asked == ["a", "b", "c"]
    assert [seat["state"] for seat in run["seats"]] == ["done", "done", "done"]
    assert (run["status"], run["degraded"], run["answer"], run["analysis"]) == ("completed", "panel_only", "", None)


@requirement("ours:console-fuse")
async def test_answers_are_fused_again_as_they_were_edited_and_no_seat_is_asked():
    async with open_page({"a": [says("Blue.")], "b": [fails(400), compares], "c": [says("Red.")]}) as page:
        first = await page.ask(stop_after_panel=True, system="Be brief.", preset="general-high")
        await page.hear(first)
        before = len(page.door.upstream.log)
        second = await page.fuse(first, edits={"2": "Mauve."}, note="Mind the dusk.", analyst="lab/b")
        heard = await page.hear(second)
        assert asked_since(page, before) == ["b", "writer"]
        material = [last_text(exchange.body) for exchange in page.door.upstream.log[before:]]
        kept = await page.run(second)
    assert all("Mauve." in text and "Blue." in text and "Red." not in text for text in material)
    assert any("Mind the dusk." in str(exchange.body) for exchange in page.door.upstream.calls("writer"))
    assert (kept["parent"], kept["prompt"], kept["preset"]) == (first, PROMPT, "general-high")
    assert [(seat["model"], seat["state"], seat["content"]) for seat in kept["seats"]] == [
        ("lab/a", "kept", "Blue."),
        ("lab/c", "kept", "Mauve."),
    ]
    assert [event["seat"]["state"] for event in heard if event["type"] == "seat.done"] == ["kept", "kept"]
    assert text_of(heard) == kept["answer"] != ""


@requirement("ours:console-desk")
async def test_what_a_run_may_take_and_write_holds_for_another_answer_from_its_panel_too():
    async with open_page({"b": [hangs()]}) as page:
        first = await page.finished(await page.ask(max_tokens=77, deadline_s=2.5, panel=["lab/a", "lab/b"]))
        before = len(page.door.upstream.log)
        await page.finished(await page.fuse(first["id"], analyst="lab/judge"))
        asked = page.door.upstream.log
    assert [seat["reason"] for seat in first["seats"]] == ["", "deadline_exceeded"]
    assert [exchange.body["max_tokens"] for exchange in asked if exchange.model in "ab"] == [77, 77]
    assert [exchange.body["max_tokens"] for exchange in asked[before:] if exchange.model == "judge"] == [77]


@requirement("ours:console-fuse")
async def test_another_writer_writes_from_what_a_whole_run_had():
    async with open_page() as page:
        first = await page.ask()
        await page.hear(first)
        before = len(page.door.upstream.log)
        second = await page.finished(await page.fuse(first, keep=[0, 2], writer="lab/b"))
        assert asked_since(page, before) == ["judge", "b"]
    assert (second["writer"], second["analyst"]) == ("lab/b", "lab/judge")
    assert [seat["model"] for seat in second["seats"]] == ["lab/a", "lab/c"]


MISFITS: list[tuple[dict[str, Any], str]] = [
    ({"keep": [1]}, "keep"),
    ({"keep": [7]}, "keep"),
    ({"keep": []}, "keep"),
    ({"keep": [0], "edits": {"2": "x"}}, "edits"),
    ({"edits": {"0": " "}}, "edits"),
    ({"writer": "lab/nobody"}, "model"),
    ({"twist": 1}, "twist"),
]


async def test_a_wish_that_fits_no_answer_is_refused():
    async with open_page({"b": [fails(400)], "c": [hangs()]}) as page:
        run = await page.ask()
        under_way = await page.post(f"/runs/{run}/fuse", {})
        await page.post(f"/runs/{run}/stop", {})
        await page.hear(run)
        refused = [(await page.post(f"/runs/{run}/fuse", wish)) for wish, _ in MISFITS]
    assert under_way.status == 409
    assert [(one.status, one.error["param"]) for one in refused] == [(400, param) for _, param in MISFITS]


async def test_what_was_not_kept_can_be_fused_while_it_is_remembered_and_not_after():
    async with open_page(store={"content": False}) as page:
        first = await page.ask(stop_after_panel=True)
        await page.hear(first)
        second = await page.finished(await page.fuse(first))
        assert (second["status"], second["answer"] != "") == ("completed", True)
        stored = await page.door.house.store.run(first)
    assert stored and not stored.request.get("messages")


CHOSEN: list[tuple[dict[str, Any], tuple[str, str, str, str]]] = [
    ({"analyst": "lab/judge"}, ("abc", "lab/judge", "lab/writer", "general-high")),
    ({"analyst": "lab/judge", "writer": "lab/b"}, ("abc", "lab/judge", "lab/b", "general-high")),
    ({"panel": ["lab/b"], "analyst": "lab/judge"}, ("b", "lab/judge", "lab/judge", "")),
    ({"panel": ["lab/b", "lab/b"]}, ("bb", "lab/judge", "lab/writer", "")),
    ({"panel": ["lab/a", "lab/b", "lab/c"]}, ("abc", "lab/judge", "lab/writer", "general-high")),
]


async def test_those_are_called_who_were_chosen():
    async with open_page() as page:
        begun = [await page.ask(**wish) for wish, _ in CHOSEN]
        runs = [await page.finished(run) for run in begun]
    called = [(letters(run["panel"]), run["analyst"], run["writer"], run["preset"]) for run in runs]
    assert called == [chosen for _, chosen in CHOSEN]


def letters(panel: list[str]) -> str:
    """The names of a panel's models without their vendor."""
    return "".join(slug.removeprefix("lab/") for slug in panel)


WRONG: list[tuple[Any, str | None]] = [
    ({}, "prompt"),
    ({"prompt": " "}, "prompt"),
    ({"prompt": 7}, "prompt"),
    ({"prompt": PROMPT, "panel": []}, "panel"),
    ({"prompt": PROMPT, "panel": ["lab/a"] * 9}, "panel"),
    ({"prompt": PROMPT, "preset": "nothing"}, "preset"),
    ({"prompt": PROMPT, "tools": "maybe"}, "tools"),
    ({"prompt": PROMPT, "max_cost": 0}, "max_cost"),
    ({"prompt": PROMPT, "max_costs": 1}, "max_costs"),
    ({"prompt": PROMPT, "max_tokens": 0.5}, "max_tokens"),
    ({"prompt": PROMPT, "deadline_s": 3601}, "deadline_s"),
    ([], None),
]


@pytest.mark.parametrize("path", ["/runs", "/estimate"])
async def test_a_body_that_is_wrong_is_refused_in_the_consoles_own_envelope(path: str):
    async with open_page() as page:
        refused = [await page.post(path, body) for body, _ in WRONG]
        assert page.door.asked == []
    assert [(one.status, one.error.get("param")) for one in refused] == [(400, param) for _, param in WRONG]
    assert {key for one in refused for key in one.body} == {"error"}
    assert {key for one in refused for key in one.error} == {"message", "kind", "param"}


async def test_an_unknown_run_is_a_404_everywhere():
    async with open_page() as page:
        answers = [
            await page.get("/runs/gen-1-x"),
            await page.get("/runs/gen-1-x/events"),
            await page.post("/runs/gen-1-x/stop", {}),
            await page.post("/runs/gen-1-x/fuse", {}),
            await page.get("/nothing"),
        ]
        run = await page.ask()
        shortened = await page.get(f"/runs/{run[:-1]}")
        odd = await page.get(f"/runs/{run}/events?after=x")
        await page.hear(run)
    assert {(answer.status, answer.error["kind"]) for answer in [*answers, shortened]} == {(404, "not_found")}
    assert (odd.status, odd.error["param"]) == (400, "after")


@requirement("ours:console-desk")
async def test_the_estimate_spans_a_short_run_and_a_long_one():
    async with open_page() as page:
        whole = (await page.post("/estimate", {"prompt": PROMPT})).body
        panel = (await page.post("/estimate", {"prompt": PROMPT, "stop_after_panel": True})).body
        capped = (await page.post("/estimate", {"prompt": PROMPT, "max_cost": 0.02})).body
        spent = await page.finished(await page.ask())
        assert len(page.door.upstream.log) == whole["calls"]
    assert whole == snapshot(
        {
            "calls": 5,
            "low": "0.00985",
            "high": "0.06655",
            "unknown": [],
            "single": {"slug": "lab/a", "low": "0.00081", "high": "0.00801"},
        }
    )
    assert panel["calls"] == 3
    assert float(panel["high"]) < float(whole["high"])
    assert capped["high"] == "0.02"
    assert float(spent["cost"]) < float(whole["high"])


@requirement("ours:console-desk")
async def test_no_estimate_is_made_where_a_price_is_not_known():
    async with open_page(routing={"allow_unpriced": True}) as page:
        told = (await page.post("/estimate", {"prompt": PROMPT, "panel": ["lab:free-form", "lab/b"]})).body
    assert told == snapshot(
        {
            "calls": 4,
            "low": None,
            "high": None,
            "unknown": ["lab/free-form"],
            "single": {"slug": "lab/b", "low": "0.00081", "high": "0.00801"},
        }
    )


@requirement("ours:console-desk")
async def test_the_desk_tells_what_there_is_to_ask_with():
    async with open_page() as page:
        told = (await page.get("/desk")).body
    assert [(one["name"], one["title"], one["default"]) for one in told["presets"]] == [
        ("general-high", "Quality", True),
        ("general-budget", "Budget", False),
        ("general-fast", "Fast", False),
    ]
    assert told["presets"][0] == snapshot(
        {
            "name": "general-high",
            "title": "Quality",
            "panel": ["lab/a", "lab/b", "lab/c"],
            "analyst": "lab/judge",
            "writer": "lab/writer",
            "default": True,
            "warning": "",
        }
    )
    assert "cannot be reached" in told["presets"][1]["warning"]
    assert [model["slug"] for model in told["models"]] == ["lab/a", "lab/b", "lab/c", "lab/judge", "lab/writer"]
    assert told["models"][0] == snapshot(
        {
            "slug": "lab/a",
            "endpoint": "lab",
            "context": None,
            "max_output": None,
            "price_in": "1",
            "price_out": "2",
            "tools": True,
            "thinks": False,
        }
    )
    assert (told["problem"], told["collections"], told["seats"]) == (None, [], 8)
    assert "duckduckgo" in told["engines"]


@requirement("ours:console-desk")
async def test_the_desk_says_what_to_do_where_nothing_can_be_called():
    async with open_house(Settings(store=StoreSettings(path=MEMORY)), {}) as house:
        told = await desk(house)
    problem: Any = told["problem"]
    assert (told["presets"], told["models"]) == ([], [])
    assert problem["message"] == "There is no model to call."
    assert problem["next"].startswith("Set OPENROUTER_API_KEY")
