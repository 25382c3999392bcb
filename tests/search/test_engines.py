"""Each engine against its documented API, served over HTTP: what it is asked, and how its answer is read."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from fuseline.search.base import Hit, Query
from fuseline.search.rows import rows
from fuseline.types.domains import domain_rules
from fuseline.types.json import Json
from tests.requirements import requirement
from tests.search.vendors import KEY, Says, engine_at, vendor

pytestmark = pytest.mark.anyio

PLAIN = Query("solid state batteries", max_results=3)
FULL = Query(
    "solid state batteries",
    max_results=3,
    max_characters=2_000,
    rules=domain_rules(["example.com/blog", "*.nature.com"], ["spam.example"]),
    location={"type": "approximate", "city": "Berlin", "country": "de"},
)


@dataclass(frozen=True, slots=True)
class Case:
    """A query, the request that it has to become, an answer as documented, and what is to be read from it."""

    engine: str
    query: Query
    method: str
    path: str
    sent: dict[str, Json]
    """The parameters of a GET, the body of a POST."""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    answer: Any = field(default_factory=dict[str, Any])
    hits: tuple[Hit, ...] = ()
    cost: int = 0


CASES = (
    Case(
        "searxng",
        PLAIN,
        "GET",
        "/search",
        {"q": "solid state batteries", "format": "json"},
        answer={
            "query": "solid state batteries",
            "results": [
                {"url": "https://a.example/1", "title": "One", "content": "First", "publishedDate": "2026-01-02"},
                {"url": "https://a.example/2", "title": "Two", "content": None, "engine": "x", "score": 1.0},
            ],
            "unresponsive_engines": [["other", "timeout"]],
        },
        hits=(Hit("https://a.example/1", "One", "First", "2026-01-02"), Hit("https://a.example/2", "Two")),
    ),
    Case(
        "searxng",
        FULL,
        "GET",
        "/search",
        {"q": "solid state batteries (site:example.com OR site:nature.com) -site:spam.example", "format": "json"},
    ),
    Case(
        "brave",
        PLAIN,
        "GET",
        "/res/v1/web/search",
        {"q": "solid state batteries", "count": "3", "result_filter": "web", "text_decorations": "false"},
        {"x-subscription-token": KEY},
        {
            "type": "search",
            "web": {
                "results": [
                    {
                        "url": "https://a.example/1",
                        "title": "One",
                        "description": "First",
                        "page_age": "2026-01-02T00:00:00",
                        "extra_snippets": ["More", "Still more"],
                    }
                ]
            },
        },
        (Hit("https://a.example/1", "One", "First\n[...]\nMore\n[...]\nStill more", "2026-01-02T00:00:00"),),
        5_000_000,
    ),
    Case(
        "brave",
        FULL,
        "GET",
        "/res/v1/web/search",
        {
            "q": "solid state batteries (site:example.com OR site:nature.com) -site:spam.example",
            "count": "20",
            "result_filter": "web",
            "text_decorations": "false",
            "country": "DE",
            "extra_snippets": "true",
        },
        {"x-subscription-token": KEY},
        cost=5_000_000,
    ),
    Case(
        "tavily",
        PLAIN,
        "POST",
        "/search",
        {"query": "solid state batteries", "max_results": 3, "search_depth": "basic"},
        {"authorization": f"Bearer {KEY}"},
        {"results": [{"url": "https://a.example/1", "title": "One", "content": "First", "score": 0.9}]},
        (Hit("https://a.example/1", "One", "First"),),
        8_000_000,
    ),
    Case(
        "tavily",
        FULL,
        "POST",
        "/search",
        {
            "query": "solid state batteries",
            "max_results": 20,
            "search_depth": "basic",
            "include_domains": ["example.com", "nature.com"],
            "exclude_domains": ["spam.example"],
        },
        {"authorization": f"Bearer {KEY}"},
        cost=8_000_000,
    ),
    Case(
        "exa",
        PLAIN,
        "POST",
        "/search",
        {
            "query": "solid state batteries",
            "type": "auto",
            "numResults": 3,
            "contents": {"highlights": {"maxCharacters": 500}},
        },
        {"x-api-key": KEY},
        {
            "results": [
                {
                    "id": "https://a.example/1",
                    "url": "https://a.example/1",
                    "title": "One",
                    "publishedDate": "2026-01-02T00:00:00.000Z",
                    "highlights": ["First", "More"],
                },
                {"url": "https://a.example/2", "title": None, "text": "Second"},
            ],
            "costDollars": {"total": 0.0083},
        },
        (
            Hit("https://a.example/1", "One", "First\n[...]\nMore", "2026-01-02T00:00:00.000Z"),
            Hit("https://a.example/2", "", "Second"),
        ),
        8_300_000,
    ),
    Case(
        "exa",
        Query(FULL.words, 25, FULL.max_characters, FULL.rules, "deep-reasoning", location=FULL.location),
        "POST",
        "/search",
        {
            "query": "solid state batteries",
            "type": "deep-reasoning",
            "numResults": 25,
            "contents": {"highlights": {"maxCharacters": 2000}},
            "includeDomains": ["example.com/blog", "*.nature.com"],
            "excludeDomains": ["spam.example"],
            "userLocation": "DE",
        },
        {"x-api-key": KEY},
        {"results": [], "costDollars": {"total": "free"}},
        cost=30_000_000,
    ),
    Case(
        "firecrawl",
        PLAIN,
        "POST",
        "/v2/search",
        {"query": "solid state batteries", "limit": 3},
        {"authorization": f"Bearer {KEY}"},
        {
            "success": True,
            "data": {"web": [{"url": "https://a.example/1", "title": "One", "description": "First", "position": 1}]},
        },
        (Hit("https://a.example/1", "One", "First"),),
        12_700_000,
    ),
    Case(
        "firecrawl",
        FULL,
        "POST",
        "/v2/search",
        {
            "query": "solid state batteries",
            "limit": 10,
            "includeDomains": ["example.com", "nature.com"],
            "country": "DE",
        },
        {"authorization": f"Bearer {KEY}"},
        cost=12_700_000,
    ),
    Case(
        "parallel",
        PLAIN,
        "POST",
        "/v1/search",
        {
            "search_queries": ["solid state batteries"],
            "mode": "basic",
            "advanced_settings": {"max_results": 3, "excerpt_settings": {"max_chars_per_result": 500}},
        },
        {"x-api-key": KEY},
        {
            "search_id": "search_1",
            "results": [
                {
                    "url": "https://a.example/1",
                    "title": "One",
                    "publish_date": "2026-01-02",
                    "excerpts": ["First", "More"],
                }
            ],
        },
        (Hit("https://a.example/1", "One", "First\n[...]\nMore", "2026-01-02"),),
        5_000_000,
    ),
    Case(
        "parallel",
        Query(FULL.words, 12, None, FULL.rules, "turbo", "medium", FULL.location),
        "POST",
        "/v1/search",
        {
            "search_queries": ["solid state batteries"],
            "mode": "turbo",
            "max_chars_total": 15_000,
            "advanced_settings": {
                "max_results": 12,
                "location": "de",
                "source_policy": {"include_domains": ["example.com/blog", "nature.com"]},
            },
        },
        {"x-api-key": KEY},
        cost=3_000_000,
    ),
    Case(
        "perplexity",
        PLAIN,
        "POST",
        "/search",
        {"query": "solid state batteries", "max_results": 3, "search_context_size": "low"},
        {"authorization": f"Bearer {KEY}"},
        {
            "id": "1",
            "results": [
                {"url": "https://a.example/1", "title": "One", "snippet": "First", "date": None, "last_updated": "2026"}
            ],
        },
        (Hit("https://a.example/1", "One", "First", "2026"),),
        5_000_000,
    ),
    Case(
        "perplexity",
        FULL,
        "POST",
        "/search",
        {
            "query": "solid state batteries",
            "max_results": 20,
            "max_tokens_per_page": 667,
            "country": "DE",
            "search_domain_filter": ["example.com", "nature.com"],
        },
        {"authorization": f"Bearer {KEY}"},
        cost=5_000_000,
    ),
    Case(
        "serper",
        PLAIN,
        "POST",
        "/search",
        {"q": "solid state batteries", "num": 3},
        {"x-api-key": KEY},
        {
            "searchParameters": {"q": "solid state batteries"},
            "organic": [
                {"link": "https://a.example/1", "title": "One", "snippet": "First", "date": "2 Jan 2026", "position": 1}
            ],
        },
        (Hit("https://a.example/1", "One", "First", "2 Jan 2026"),),
        1_000_000,
    ),
    Case(
        "serper",
        Query(FULL.words, 25, rules=domain_rules([], ["spam.example", "x.example/y"]), location=FULL.location),
        "POST",
        "/search",
        {"q": "solid state batteries -site:spam.example", "num": 25, "gl": "de"},
        {"x-api-key": KEY},
        cost=2_000_000,
    ),
    Case(
        "wikipedia",
        PLAIN,
        "GET",
        "/w/api.php",
        {
            "action": "query",
            "format": "json",
            "formatversion": "2",
            "generator": "search",
            "gsrsearch": "solid state batteries",
            "gsrlimit": "3",
            "prop": "info|extracts",
            "inprop": "url",
            "exintro": "1",
            "explaintext": "1",
            "exlimit": "max",
            "exchars": "500",
        },
        answer={
            "batchcomplete": True,
            "query": {
                "pages": [
                    {"index": 2, "title": "Two", "fullurl": "https://en.wikipedia.org/wiki/Two", "extract": "Second"},
                    {"index": 1, "title": "One", "fullurl": "https://en.wikipedia.org/wiki/One", "extract": "First"},
                ]
            },
        },
        hits=(
            Hit("https://en.wikipedia.org/wiki/One", "One", "First"),
            Hit("https://en.wikipedia.org/wiki/Two", "Two", "Second"),
        ),
    ),
)


@requirement("ours:search-engines")
@pytest.mark.parametrize("case", CASES, ids=[f"{case.engine}-{place}" for place, case in enumerate(CASES)])
async def test_an_engine_is_asked_as_its_vendor_documents_and_its_answer_is_read(case: Case):
    async with vendor(Says(case.answer)) as server, engine_at(case.engine, server.url) as engine:
        found = await engine.search(case.query)
    [asked] = server.asked
    assert (asked.method, asked.path) == (case.method, case.path)
    assert (asked.body if case.method == "POST" else asked.query) == case.sent
    assert {name: asked.headers[name] for name in case.headers} == case.headers
    assert (found.engine, found.hits, found.cost) == (case.engine, case.hits, case.cost)


def test_every_engine_over_http_has_a_case():
    assert {case.engine for case in CASES} == set(rows()) - {"duckduckgo"}


@pytest.mark.parametrize(
    ("words", "country", "language"),
    [
        ("solid state", "", "en"),
        ("solid state", "US", "en"),
        ("Feststoffakku", "DE", "de"),
        ("全固体電池", "", "zh"),
        ("全固体でんち", "", "ja"),
        ("твердотельный", "DE", "ru"),
        ("solid state", "not a country", "en"),
    ],
)
async def test_the_wikipedia_that_is_asked_is_that_of_the_script_or_the_country(
    words: str, country: str, language: str
):
    async with vendor(Says()) as server, engine_at("wikipedia", f"{server.url}/{{language}}") as engine:
        await engine.search(Query(words, location={"country": country}))
    assert server.asked[0].path == f"/{language}/w/api.php"


async def test_what_an_engine_cannot_take_is_said():
    query = Query("word " * 100, 25, mode="deep", location={"country": "DE"})
    async with vendor(Says()) as server, engine_at("tavily", server.url) as engine:
        found = await engine.search(query)
    assert found.warnings == (
        "tavily takes 400 characters, so the end of the words was not searched for",
        "tavily gives at most 20 results",
        "tavily has no such mode",
        "tavily does not take a location",
    )
    assert server.asked[0].body == {"query": ("word " * 80)[:400], "max_results": 20, "search_depth": "basic"}
