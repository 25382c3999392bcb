"""A run that is asked again: as a whole exactly as it was, or one seat of it beside the answers of the others."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from inline_snapshot import snapshot

from tests.doors.console.page import CARRIES_KEY, PROMPT, Page, open_page
from tests.doors.http.players import last_text
from tests.requirements import requirement
from tests.upstream import fails, hangs, says

pytestmark = [pytest.mark.anyio, requirement("ours:console-again")]


async def again(page: Page, run: str, **changes: Any) -> str:
    """Ask what was asked for in a run once more; the value is the new run's id."""
    wish = (await page.run(run))["request"]
    heard = await page.post("/runs", {**wish, **changes})
    assert heard.status == 202, heard.raw
    await page.hear(heard.body["id"])
    return heard.body["id"]


async def kept(page: Page, run: str) -> Any:
    """What is kept of the request of a run."""
    stored = await page.door.house.store.run(run)
    assert stored is not None
    return stored.request


def sent(exchanges: Sequence[Any]) -> list[str]:
    """Who was sent what, in any order, but for the texts, of which some are drawn anew for each run."""
    return sorted(json.dumps({**one.body, "messages": len(one.body["messages"])}, sort_keys=True) for one in exchanges)


WISHES: list[dict[str, Any]] = [
    {},
    {"preset": "general-high", "tools": "off", "max_cost": 0.75, "system": "Be brief."},
    {"panel": ["lab/b", "lab/a"], "analyst": "lab/c", "writer": "lab/a", "deadline_s": 90, "max_tokens": 700},
    {"panel": ["lab/a"], "preset": "general-high", "stop_after_panel": True},
    {"analyst": "lab/c", "repair": True, "collections": []},
]


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: "-".join(wish) or "nothing")
async def test_a_run_is_repeated_exactly_as_it_was_wished_for(wish: dict[str, Any]):
    async with open_page() as page:
        first = await page.ask(**wish)
        await page.hear(first)
        told, before = await page.run(first), list(page.door.upstream.log)
        second = await again(page, first)
        assert await kept(page, second) == await kept(page, first)
        assert sent(page.door.upstream.log[len(before) :]) == sent(before)
    assert told["request"]["like"] == first
    assert {name: told["request"].get(name) for name in wish} == wish
    assert (told["carried"], told["unrepeatable"]) == ([], "")


FROM_ELSEWHERE: dict[str, Any] = {
    "model": "openrouter/fusion",
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Hello?"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": PROMPT},
        {"role": "user", "content": "And the sea?"},
    ],
    "max_tokens": 900,
    "temperature": 0.3,
    "top_p": 0.9,
    "provider": {"sort": "price"},
    "plugins": [
        {
            "id": "fusion",
            "analysis_models": [{"model": "lab/a", "instructions": "Doubt it.", "max_completion_tokens": 300}, "lab/b"],
            "max_completion_tokens": 400,
            "min_panel": 1,
        }
    ],
}


async def test_a_run_of_an_api_client_is_repeated_with_all_that_a_wish_has_no_words_for():
    async with open_page() as page:
        heard = await page.door.post(FROM_ELSEWHERE, headers=CARRIES_KEY)
        assert heard.status == 200, heard.raw
        (first,) = await page.door.house.store.runs(1)
        before, told = list(page.door.upstream.log), await page.run(first.id)
        second = await again(page, first.id)
        repeated = page.door.upstream.log[len(before) :]
        was, now = await kept(page, first.id), await kept(page, second)
    assert sent(repeated) == sent(before)
    for name in ("messages", "set", "policy", "top_p", "model"):
        assert now[name] == was[name]
    assert told["request"] == snapshot(
        {
            "prompt": "Why is the sky blue?",
            "system": "Be kind.",
            "max_tokens": 400,
            "panel": ["lab/a", "lab/b"],
            "tools": "on",
            "like": first.id,
        }
    )
    assert told["carried"] == [
        "2 earlier messages",
        "a note beside the question",
        "wishes for single seats",
        "settings: max_tokens, min_panel, provider, temperature, top_p",
    ]


async def test_a_run_without_a_panel_is_repeated_without_one():
    async with open_page() as page:
        await page.door.post({"model": "lab/a", "messages": FROM_ELSEWHERE["messages"]}, headers=CARRIES_KEY)
        (first,) = await page.door.house.store.runs(1)
        second = await page.run(await again(page, first.id))
        assert page.door.asked == ["a", "a"]
    assert (second["panel"], second["answer"] != "") == ([], True)


async def test_another_question_takes_the_place_of_the_first_in_the_same_conversation():
    async with open_page() as page:
        await page.door.post(FROM_ELSEWHERE, headers=CARRIES_KEY)
        (first,) = await page.door.house.store.runs(1)
        messages = (await kept(page, await again(page, first.id, prompt="Why is grass green?", system="")))["messages"]
    assert [one["content"] for one in messages] == ["Hello?", "Hello.", "Why is grass green?", "And the sea?"]


async def test_a_preset_that_seats_others_today_does_not_change_what_is_repeated(tmp_path: Any):
    place, mine = {"path": tmp_path / "runs.db"}, {"analyst": "lab/judge", "writer": "lab/writer"}
    async with open_page(store=place, presets={"mine": {"panel": ["lab/a", "lab/b"], **mine}}) as page:
        first = await page.ask(preset="mine")
        await page.hear(first)
    async with open_page(store=place, presets={"mine": {"panel": ["lab/c"], **mine}}) as page:
        second = await page.run(await again(page, first))
    assert second["panel"] == ["lab/a", "lab/b"]


TEXT = {"type": "text", "text": PROMPT}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
ADDS: dict[str, Any] = {
    "type": "function",
    "function": {"name": "add", "parameters": {"type": "object", "properties": {}}},
}
UNREPEATABLE: list[tuple[dict[str, Any], str]] = [
    ({"tools": [ADDS]}, "functions that only its client can run: add"),
    ({"messages": [{"role": "user", "content": [TEXT, PICTURE]}]}, "attachments, which are not kept: image_url"),
]


@pytest.mark.parametrize(("body", "reason"), UNREPEATABLE, ids=["functions", "attachments"])
async def test_what_cannot_be_repeated_says_why(body: dict[str, Any], reason: str):
    async with open_page() as page:
        await page.door.post({"model": "lab/a", "messages": FROM_ELSEWHERE["messages"], **body}, headers=CARRIES_KEY)
        (first,) = await page.door.house.store.runs(1)
        told = await page.run(first.id)
        refused = await page.post("/runs", {"prompt": PROMPT, "like": first.id})
    assert reason in told["unrepeatable"]
    assert (refused.status, refused.error["param"], refused.error["message"]) == (400, "like", told["unrepeatable"])


async def test_a_run_whose_texts_are_not_kept_says_that_it_cannot_be_repeated():
    async with open_page(store={"content": False}) as page:
        ended = await page.finished(await page.ask())
        told = await page.run(ended["id"])
    assert told == ended
    assert (told["request"], told["carried"]) == (None, [])
    assert "`store.content` is off" in told["unrepeatable"]


async def test_a_failed_seat_is_asked_again_and_nobody_else_is_paid_twice():
    async with open_page({"a": [says("Blue.")], "b": [fails(400), says("Green.")], "c": [says("Red.")]}) as page:
        first = await page.finished(await page.ask(preset="general-high", max_cost=1))
        before = len(page.door.upstream.log)
        second = await page.run(await again(page, first["id"], given={"run": first["id"], "seats": [0, 2]}))
        anew = page.door.upstream.log[before:]
        third = await page.run(await again(page, second["id"]))
    assert sorted(one.model for one in anew) == ["b", "judge", "writer"]
    seats = [(seat["model"], seat["state"], seat["content"]) for seat in second["seats"]]
    assert seats == [("lab/a", "kept", "Blue."), ("lab/b", "done", "Green."), ("lab/c", "kept", "Red.")]
    assert all(text in last_text(anew[-1].body) for text in ("Blue.", "Green.", "Red."))
    assert (second["parent"], second["preset"], second["request"]["max_cost"]) == (first["id"], "general-high", 1)
    assert sum(float(call["cost"]) for call in second["calls"]) == pytest.approx(float(second["cost"]))
    assert sorted(call["role"] for call in second["calls"]) == ["analyst", "panel", "writer"]
    assert [seat["state"] for seat in third["seats"]] == ["kept", "done", "kept"]


async def test_a_seat_is_given_to_another_model_which_inherits_what_was_wished_for_it():
    seats = [{"model": "lab/a", "instructions": "Doubt it."}, {"model": "lab/b", "instructions": "Trust it."}]
    own = {"mine": {"panel": seats, "analyst": "lab/judge", "writer": "lab/writer"}}
    async with open_page({"a": [says("Blue.")], "b": [fails(400)]}, presets=own) as page:
        first = await page.finished(await page.ask(preset="mine"))
        given = {"run": first["id"], "seats": [0]}
        second = await page.run(await again(page, first["id"], panel=["lab/a", "lab/c"], given=given))
        (asked,) = page.door.upstream.calls("c")
    assert "Trust it." in str(asked.body) and "Doubt it." not in str(asked.body)
    assert (second["panel"], second["preset"]) == (["lab/a", "lab/c"], "")
    assert (second["analyst"], second["writer"]) == ("lab/judge", "lab/writer")


async def test_seats_that_failed_or_were_cut_off_stay_as_they_were_beside_the_one_that_is_asked():
    async with open_page({"a": [fails(400)], "b": [hangs()], "c": [says("Red.")]}) as page:
        run = await page.ask()
        await page.hear_until(run, "seat.done", seat=None)
        await page.hear_until(run, "seat.delta", seat=2)
        await page.post(f"/runs/{run}/stop", {})
        await page.hear(run)
        second = await page.run(await again(page, run, given={"run": run, "seats": [0, 1]}))
    assert [seat["state"] for seat in second["seats"]] == ["failed", "failed", "done"]
    assert [seat["reason"] for seat in second["seats"]] == ["bad_request", "cancelled", ""]


async def test_answers_that_were_fused_again_with_a_note_are_fused_so_once_more():
    async with open_page({"a": [says("Blue.")], "c": [says("Red.")]}) as page:
        first = await page.ask(stop_after_panel=True)
        await page.hear(first)
        second = await page.fuse(first, keep=[0, 2], edits={"2": "Mauve."}, note="Mind the dusk.", writer="lab/b")
        told, before = await page.finished(second), len(page.door.upstream.log)
        third = await page.run(await again(page, second))
        asked = page.door.upstream.log[before:]
    assert sorted(one.model for one in asked) == ["b", "judge"]
    assert "Mauve." in str(asked[-1].body) and "Mind the dusk." in str(asked[-1].body)
    assert [seat["content"] for seat in third["seats"]] == ["Blue.", "Mauve."]
    assert (told["carried"], third["cost"]) == (["a note beside the question"], told["cost"])


async def test_given_answers_that_do_not_fit_are_refused():
    async with open_page({"b": [hangs()]}) as page:
        run = await page.ask()
        wish: dict[str, Any] = {"prompt": PROMPT}
        under_way = await page.post("/runs", {**wish, "given": {"run": run, "seats": [0]}})
        await page.post(f"/runs/{run}/stop", {})
        await page.hear(run)
        strange = await page.post("/runs", {**wish, "given": {"run": run, "seats": [3]}})
        other = await page.post("/runs", {**wish, "panel": ["lab/b"], "given": {"run": run, "seats": [0]}})
        gone = await page.post("/runs", {**wish, "like": "gen-1-x"})
    assert [one.status for one in (under_way, strange, other, gone)] == [409, 400, 400, 404]
    assert (strange.error["param"], other.error["param"]) == ("given", "analysis_models")
