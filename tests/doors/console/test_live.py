"""Runs of the console go on whoever watches, and every reader hears all of them."""

from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import anyio
import pytest
from inline_snapshot import snapshot

from fuseline.doors.console import watching
from fuseline.doors.console.live import LiveRuns
from tests.doors.console.page import CARRIES_KEY, PROMPT, Page, disputes, open_page, text_of
from tests.doors.http.talk import question, talking
from tests.house import ask
from tests.requirements import requirement
from tests.served import served
from tests.upstream import Exchange, fails, hangs, says

pytestmark = pytest.mark.anyio
SLOWLY = says("Air scatters short waves more than long ones.", chunks=20, pace_s=0.01)


def done(page: Page) -> Callable[[], bool]:
    """Whether every upstream call has ended."""
    return lambda: all(one.closed_by for one in page.door.upstream.log)


def hung_up(exchanges: list[Exchange]) -> list[str]:
    """Whose calls were ended by us."""
    return sorted(one.model for one in exchanges if one.closed_by == "client")


@requirement("ours:console-live")
async def test_a_run_is_told_from_its_first_event_to_its_last():
    async with open_page({"a": [says("Blue.", reasoning="Hm.")], "c": [fails(400)]}) as page:
        heard = await page.hear(await page.ask(preset="general-high"))
    assert [event["n"] for event in heard] == sorted({event["n"] for event in heard})
    order = [event["type"] for event in heard if not event["type"].startswith(("seat.", "call."))]
    assert [kind for kind, _ in groupby(order)] == snapshot(
        ["started", "analysis.started", "analysis.made", "writer.started", "answer.delta", "finished"]
    )
    assert heard[0]["seats"] == ["lab/a", "lab/b", "lab/c"]
    seats = {event["seat"]["seat"]: event["seat"] for event in heard if event["type"] == "seat.done"}
    assert text_of(heard, "seat.delta", 0) == seats[0]["content"] == "Blue."
    assert (seats[0]["reasoning"], seats[2]["state"], seats[2]["reason"]) == ("Hm.", "failed", "bad_request")
    assert text_of(heard) == heard[-1]["run"]["answer"]
    assert heard[-1]["run"]["status"] == "completed"


@requirement("ours:console-live")
async def test_a_reader_that_comes_back_gets_exactly_the_rest():
    async with open_page({"writer": [SLOWLY]}) as page:
        run = await page.ask()
        first = await page.hear_until(run, "answer.delta")
        rest = await page.hear(run, first[-1]["n"])
        whole = await page.hear(run)
        assert first + rest == whole
        middle = whole[len(whole) // 2]["n"]
        assert await page.hear(run, 1, **{"Last-Event-ID": str(middle)}) == [one for one in whole if one["n"] > middle]
        assert await page.hear(run, whole[-1]["n"]) == []


async def test_two_readers_hear_the_same():
    heard: list[list[object]] = []
    async with open_page({"writer": [SLOWLY]}) as page:
        run = await page.ask()

        async def read() -> None:
            events = await page.hear(run)
            heard.append([text_of(events), events[-1]])

        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(read)
                group.start_soon(read)
    assert heard[0] == heard[1]
    assert heard[0][0] == "Air scatters short waves more than long ones."


async def test_a_run_goes_on_when_its_reader_leaves():
    async with open_page({"writer": [SLOWLY]}) as page:
        run = await page.ask()
        await page.hear_until(run, "seat.joined")
        assert (await page.finished(run))["status"] == "completed"
    assert hung_up(page.door.upstream.log) == []


@requirement("ours:console-live")
async def test_stopping_hangs_up_on_every_upstream_and_what_was_said_is_shown():
    babbles = says("on and " * 1000, chunks=1000, pace_s=0.02)
    async with open_page({"a": [says("Blue.")], "b": [babbles], "c": [hangs()]}) as page:
        run = await page.ask()
        await page.hear_until(run, "seat.done")
        await page.hear_until(run, "seat.delta", seat=1)
        assert (await page.post(f"/runs/{run}/stop", {})).status == 202
        await page.door.upstream.until(done(page), within=2.0)
        last = (await page.hear(run))[-1]
        stored = await page.door.house.store.run(run)
    assert hung_up(page.door.upstream.log) == ["b", "c"]
    assert stored and stored.status == "cancelled"
    assert (last["type"], last["kind"], last["run"]["status"]) == ("failed", "cancelled", "cancelled")
    assert [(seat["state"], seat["content"][:6]) for seat in last["run"]["seats"]] == [
        ("done", "Blue."),
        ("failed", "on and"),
        ("failed", ""),
    ]
    assert last["run"]["cost"] != "0"


async def test_what_is_kept_of_a_run_is_what_was_told_of_it():
    scripts = {"a": [says("Blue, see https://a.example/x.")], "c": [fails(400)], "judge": [disputes]}
    async with open_page(scripts) as page:
        run = await page.ask()
        told = await page.finished(run)
        async with served(page.door.house) as another:
            kept = await Page(page.door, another).run(run)
            ending = await Page(page.door, another).hear(run)
    assert kept == told
    assert [(event["type"], event["run"]) for event in ending] == [("finished", kept)]
    assert kept["prompt"] == PROMPT
    (clash,), (half,) = kept["analysis"]["contradictions"], kept["analysis"]["claims"]
    sides = {side["seat"]: side["evidence"] for side in clash["stances"]}
    assert (sorted(sides), clash["topic"]) == ([0, 1], "the hue")
    assert sides[clash["better_supported"]].startswith("as B")
    assert (half["kind"], half["text"], half["quote"]) == ("partial", "half of it", "half")
    assert kept["analysis"]["blind_spots"] == ["the night"]
    assert [one["url"] for one in kept["seats"][0]["sources"]] == ["https://a.example/x"]


async def test_a_run_under_way_is_shown_as_far_as_it_has_come():
    async with open_page({"a": [says("Blue.")], "b": [hangs()], "c": [hangs()]}) as page:
        run = await page.ask()
        await page.hear_until(run, "seat.done")
        shown = await page.run(run)
        await page.post(f"/runs/{run}/stop", {})
        await page.hear(run)
    assert shown["status"] == "running"
    assert [seat["state"] for seat in shown["seats"]] == ["done", "waiting", "waiting"]


async def test_a_run_that_a_client_began_is_waited_for_and_is_not_the_consoles_to_stop():
    heard: list[Any] = []
    async with open_page({"writer": [SLOWLY]}) as page:
        async with anyio.create_task_group() as group:
            group.start_soon(lambda: page.door.post(question(), headers={"Authorization": "Bearer fl-0123456789"}))
            await page.door.upstream.until(lambda: len(page.door.upstream.log) > 0)
            (header,) = await page.door.house.store.runs(1)
            assert (await page.post(f"/runs/{header.id}/stop", {})).status == 409
            heard.extend(await page.hear(header.id))
    (ending,) = heard
    assert (ending["type"], ending["run"]["answer"]) == ("finished", "Air scatters short waves more than long ones.")


async def test_a_run_that_failed_says_so_to_late_readers_as_well():
    async with open_page({name: [fails(401)] for name in ("a", "b", "c", "writer")}) as page:
        run = await page.ask()
        live = (await page.hear(run))[-1]
        async with served(page.door.house) as another:
            (stored,) = await Page(page.door, another).hear(run)
    assert (live["type"], live["kind"]) == ("failed", "provider_auth")
    assert (stored["type"], stored["run"]) == ("failed", live["run"])
    assert stored["error"] == stored["run"]["error"] != ""


async def test_a_run_that_cannot_begin_is_refused_and_not_kept():
    async with open_page() as page:
        heard = await page.post("/runs", {"prompt": PROMPT, "panel": ["lab/nobody"]})
        assert (heard.status, heard.error["kind"]) == (400, "invalid_request")
        assert await page.door.house.store.runs(1) == []


async def test_runs_that_go_on_end_with_the_house_and_are_kept_as_they_stand(tmp_path: Path):
    place = {"path": tmp_path / "runs.db"}
    async with open_page({"b": [hangs()]}, store=place) as page:
        run = await page.ask()
        await page.hear_until(run, "seat.done")
    async with open_page(store=place) as page:
        kept = await page.run(run)
    assert (kept["status"], kept["error"]) == ("cancelled", "")
    assert [seat["state"] for seat in kept["seats"]] == ["done", "failed", "done"]


async def test_a_run_that_has_ended_is_let_go_after_a_while_and_found_in_the_store():
    async with open_page() as page, anyio.create_task_group() as group:
        live = LiveRuns(page.door.house.gateway, group, kept_s=0.0)
        run = await live.start(ask())
        going = live.find(run)
        assert going
        while going.log.over is False:
            await going.log.news(1 << 20)
        await anyio.wait_all_tasks_blocked()
        assert live.find(run) is None
        assert (await page.run(run))["status"] == "completed"


async def test_a_silence_is_broken_so_that_nobody_on_the_way_hangs_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(watching, "SILENCE_S", 0.01)
    async with open_page({"a": [hangs()], "b": [hangs()], "c": [hangs()]}) as page:
        run = await page.ask()
        path, heard = f"{page.origin}/console/api/runs/{run}/events?after=9", b""
        with anyio.fail_after(5):
            async with talking("GET", path, headers=CARRIES_KEY) as response:
                while heard.count(b"\n\n") < 2:
                    heard += await response.content.readany()
        await page.post(f"/runs/{run}/stop", {})
    assert heard.startswith(b": still here\n\n: still here\n\n")
