"""DuckDuckGo by the real library ddgs, whose page is served here: no test here calls the live site."""

from typing import Any

import pytest

from fuseline.search.base import Hit, Query, SearchFailed
from fuseline.search.duckduckgo import DuckDuckGo
from fuseline.search.rows import rows
from fuseline.types.domains import domain_rules
from tests.requirements import requirement
from tests.search.vendors import Says, vendor

pytestmark = pytest.mark.anyio

page: Any = pytest.importorskip("ddgs.engines.duckduckgo", reason="the extra ddgs is not installed")

RESULT = (
    '<div class="result results_links"><div class="links_main result__body"><h2><a>{title}</a></h2>'
    '<a href="{url}">{text}</a></div></div>'
)
HTML = {"Content-Type": "text/html"}


def serps(*results: dict[str, str]) -> bytes:
    """A page of results."""
    return f"<html><body>{''.join(RESULT.format(**result) for result in results)}</body></html>".encode()


@requirement("ours:search-engines")
async def test_the_library_is_asked_and_its_results_are_read(monkeypatch: pytest.MonkeyPatch):
    body = serps({"url": "https://a.example/1", "title": "Batteries one", "text": "First"})
    async with vendor(Says(body, headers=HTML)) as server:
        monkeypatch.setattr(page.Duckduckgo, "search_url", f"{server.url}/html/")
        query = Query("batteries", 3, rules=domain_rules(["a.example"]), location={"country": "DE"})
        found = await DuckDuckGo(rows()["duckduckgo"], 5).search(query)
    assert (found.engine, found.hits, found.cost) == (
        "duckduckgo",
        (Hit("https://a.example/1", "Batteries one", "First"),),
        0,
    )
    assert server.form == {"q": "batteries site:a.example", "b": "", "l": "de-de"}


@requirement("fault:F52")
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Says(b"<html>are you human?</html>", headers=HTML), "unavailable"),
        (Says(b"", 429, HTML), "unavailable"),
        (Says(hangs=True), "timeout"),
    ],
)
async def test_a_page_without_results_is_a_failure(answer: Says, reason: str, monkeypatch: pytest.MonkeyPatch):
    async with vendor(answer) as server:
        monkeypatch.setattr(page.Duckduckgo, "search_url", f"{server.url}/html/")
        with pytest.raises(SearchFailed) as failed:
            await DuckDuckGo(rows()["duckduckgo"], 0.3).search(Query("batteries"))
    assert (failed.value.engine, failed.value.reason) == ("duckduckgo", reason)
