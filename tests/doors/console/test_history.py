"""The list of kept runs as the page reads it, and what can be done to each of them."""

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from inline_snapshot import snapshot

from tests.doors.console.page import API, CARRIES_KEY, Page, open_page
from tests.doors.http.talk import Heard, fetch
from tests.requirements import requirement
from tests.storage.fusions import Fusion
from tests.storage.records import BORN
from tests.upstream import fails, says

pytestmark = [pytest.mark.anyio, requirement("ours:history")]
SKY = Fusion("gen-sky")
SEA = Fusion("gen-sea", "Why is the sea salty?", "Rivers.", (("acme/x", 1),), at=BORN + 1)


async def do(page: Page, method: str, path: str, body: object = None) -> Heard:
    """Have something done to a run."""
    return await fetch(method, page.origin + API + path, body, headers=CARRIES_KEY)


async def listed(page: Page, query: str = "") -> list[str]:
    """The ids of the runs that a query finds."""
    return [run["id"] for run in (await page.get(f"/runs{query}")).body["runs"]]


async def keep(page: Page, *runs: Fusion) -> None:
    """Have runs in the store."""
    for run in runs:
        await page.door.house.store.write(*run.records)


async def test_the_list_tells_what_the_page_shows_of_each_run():
    async with open_page() as page:
        await keep(page, SKY, SEA)
        heard = await page.get("/runs?limit=1")
    assert heard.body == snapshot(
        {
            "runs": [
                {
                    "id": "gen-sea",
                    "title": "",
                    "prompt": "Why is the sea salty?",
                    "status": "completed",
                    "created_at": 1790000001.25,
                    "finished_at": 1790000010.25,
                    "cost": "0.000000051",
                    "cost_known": True,
                    "panel": ["acme/x"],
                    "preset": "",
                    "model": "lab/writer",
                    "starred": False,
                    "degraded": "",
                    "error": "",
                    "error_kind": "",
                    "parent": None,
                }
            ],
            "more": True,
        }
    )


async def test_a_run_that_was_asked_on_the_page_is_listed_as_it_is_told():
    async with open_page() as page:
        told = await page.finished(await page.ask("Why is the sky blue?\nIn short.", preset="general-high"))
        (found,) = (await page.get("/runs?search=in%20short")).body["runs"]
    assert found == {name: told[name] for name in found}
    assert (found["prompt"], found["preset"], found["panel"]) == (
        "Why is the sky blue?\nIn short.",
        "general-high",
        ["lab/a", "lab/b", "lab/c"],
    )


async def test_older_runs_are_read_from_where_the_list_ended():
    async with open_page() as page:
        await keep(page, *(Fusion(f"gen-{number}", at=BORN + number) for number in range(5)))
        first = (await page.get("/runs?limit=3")).body
        rest = (await page.get(f"/runs?limit=3&before={first['runs'][-1]['created_at']}")).body
    assert [run["id"] for run in (*first["runs"], *rest["runs"])] == [f"gen-{number}" for number in (4, 3, 2, 1, 0)]
    assert (first["more"], rest["more"]) == (True, False)


async def test_runs_that_began_at_one_moment_are_all_read():
    async with open_page() as page:
        await keep(page, *(Fusion(f"gen-{number}") for number in range(4)))
        first = (await page.get("/runs?limit=3")).body["runs"]
        last = first[-1]
        rest = (await page.get(f"/runs?limit=3&before={last['created_at']}&before_id={last['id']}")).body["runs"]
    assert [run["id"] for run in (*first, *rest)] == ["gen-3", "gen-2", "gen-1", "gen-0"]


async def test_runs_are_found_by_why_they_or_their_seats_failed():
    async with open_page({"b": [fails(429)], "c": [fails(400)], "judge": [says("no JSON")]}) as page:
        partly = await page.ask(panel=["lab/a", "lab/b"])
        await page.hear(partly)
        wholly = await page.ask(panel=["lab/c"], writer="lab/c")
        await page.hear(wholly)
        assert await listed(page, "?error=rate%20Limited") == [partly]
        assert await listed(page, "?error=rate_limited&status=completed") == [partly]
        assert await listed(page, "?error=invalid_request") == [wholly]
        assert await listed(page, "?error=bad%20request&model=lab/c") == [wholly]
        assert await listed(page, "?error=nothing") == []


async def test_runs_are_taken_away_together_as_one_archive():
    async with open_page() as page:
        await keep(page, SKY, SEA)
        heard = await page.get("/export?format=md&run=gen-sky&run=gen-sea&run=gen-sky")
        refused = [await page.get(f"/export?{query}") for query in ("format=md", "run=gen-x", "run=gen-sky&format=pdf")]
        many = await page.get("/export?" + "&".join(f"run=gen-{number}" for number in range(101)))
    with ZipFile(BytesIO(heard.raw)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert len(texts) == 2 and all(name.endswith(".md") for name in texts)
    assert any("Why is the sky blue?" in text for text in texts.values())
    assert heard.headers["content-disposition"] == 'attachment; filename="fuseline-2-runs.zip"'
    assert [one.status for one in (*refused, many)] == [400, 404, 400, 400]


async def test_filters_of_the_page_narrow_the_list():
    async with open_page() as page:
        await keep(page, SKY, replace(SEA, status="failed"))
        await do(page, "PATCH", "/runs/gen-sky", {"starred": True})
        assert await listed(page, "?starred=true") == ["gen-sky"]
        assert await listed(page, "?status=failed") == ["gen-sea"]
        assert await listed(page, "?model=acme/x&status=&starred=false") == ["gen-sea"]
        assert await listed(page, "?search=%25") == []
        assert await listed(page, f"?search={'x' * 10_000}") == []
        assert await listed(page, "?search=%27%20OR%201=1--%00%22") == []
        assert await listed(page, "?search=SALTY&unknown=1") == ["gen-sea"]


async def test_a_filter_that_is_none_is_named():
    async with open_page() as page:
        for query in ("limit=0", "limit=201", "limit=x", "before=nan", "before=x", "status=gone", "starred=7"):
            heard = await page.get(f"/runs?{query}")
            told = (heard.status, heard.error["kind"], heard.error["param"])
            assert told == (400, "invalid_request", query.partition("=")[0])


async def test_a_name_and_a_star_stay_until_they_are_taken_back():
    async with open_page() as page:
        await keep(page, SKY)
        named = await do(page, "PATCH", "/runs/gen-sky", {"title": " Blue\n \x00sky ", "starred": True})
        again = await do(page, "PATCH", "/runs/gen-sky", {"title": ""})
    assert (named.status, named.body["title"], named.body["starred"]) == (200, "Blue sky", True)
    assert (again.body["title"], again.body["starred"]) == ("", True)


REFUSED: Sequence[Any] = (
    {}, {"title": "x" * 201}, {"title": 7}, {"starred": "yes"}, {"cost": "0"}, {"parent": "gen-x"}, [], None, "title",
)  # fmt: skip


async def test_nothing_else_of_a_run_can_be_changed():
    async with open_page() as page:
        await keep(page, SKY)
        before = (await page.get("/runs")).body
        refused = [(await do(page, "PATCH", "/runs/gen-sky", body)).status for body in REFUSED]
        assert (await page.get("/runs")).body == before
    assert refused == [400] * 7 + [415, 400]


async def test_a_deleted_run_is_gone_for_everybody():
    async with open_page() as page:
        run = await page.ask()
        await page.hear(run)
        assert (await do(page, "DELETE", f"/runs/{run}")).status == 204
        gone = [
            await page.get(f"/runs/{run}"),
            await page.get(f"/runs/{run}/export"),
            await do(page, "DELETE", f"/runs/{run}"),
        ]
        assert await listed(page) == []
        assert (await fetch("GET", f"{page.origin}/v1/generation?id={run}", headers=CARRIES_KEY)).status == 404
        marked = await do(page, "PATCH", f"/runs/{run}", {"starred": True})
    assert [one.status for one in (*gone, marked)] == [404] * 4
    assert {one.error["kind"] for one in (*gone, marked)} == {"not_found"}


async def test_a_run_under_way_cannot_be_deleted():
    async with open_page() as page:
        await keep(page, replace(SKY, status="running"))
        heard = await do(page, "DELETE", "/runs/gen-sky")
        assert await listed(page) == ["gen-sky"]
    assert (heard.status, heard.error["kind"]) == (409, "running")


async def test_a_run_is_deleted_by_its_whole_id_alone():
    async with open_page() as page:
        await keep(page, SKY)
        assert [(await do(page, "DELETE", f"/runs/{name}")).status for name in ("last", "sky", "%25", "gen-")] == [
            404
        ] * 4
        assert await listed(page) == ["gen-sky"]
