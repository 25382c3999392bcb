"""The search tool: its parameters in every vendor's words, its results, and what is told when there are none."""

import json
from typing import Any

import pytest

from fuseline.search.base import Hit
from fuseline.tools.base import Scene
from fuseline.tools.research import Research
from fuseline.tools.toolbox import TOOLS, open_toolbox
from fuseline.tools.web_search import EXCERPT, NAME, WebSearch
from fuseline.types.domains import DomainRules
from fuseline.types.errors import InvalidRequest
from fuseline.types.messages import ToolCall
from fuseline.types.requests import ServerTool
from tests.requirements import requirement
from tests.tools.shelf import SEAT, Shelf, down, research

pytestmark = pytest.mark.anyio

HITS = (Hit("https://h.example/1", "One", "First line.\u200b\nSecond <b>line</b>.", "2026-11-01"),)
SEARCHES = sorted(name for name, maker in TOOLS.items() if maker is WebSearch)


async def told(tool: WebSearch, run: Research, arguments: str = '{"query":"sky"}') -> Any:
    """What a model is told that calls the tool."""
    return json.loads((await tool(ToolCall("c", NAME, arguments), Scene(SEAT, run))).text)


@requirement("ours:contained")
async def test_results_have_title_address_date_and_an_excerpt_marked_as_strangers():
    run = research(Shelf(hits=HITS))
    lines = f"<<<PAGE {run.code}>>>\n> First line.\n> Second line.\n<<<END PAGE {run.code}>>>"
    assert await told(WebSearch({}), run) == {
        "engine": "exa",
        "query": "sky",
        "results": [{"title": "One", "url": "https://h.example/1", "content": lines, "published": "2026-11-01"}],
    }


@requirement("ours:tool-parameters")
@pytest.mark.parametrize("name", SEARCHES)
def test_every_vendors_name_is_the_one_search_tool(name: str):
    tools, warnings = open_toolbox([ServerTool(name)], "tools")
    assert ([*tools], warnings) == ([NAME], ())


@requirement("ours:tool-parameters")
async def test_parameters_reach_the_engine():
    shelf = Shelf(hits=HITS)
    location = {"type": "approximate", "city": "Bern", "country": "CH", "region": None}
    wanted = {
        "engine": "exa", "mode": "deep", "max_results": 25, "search_context_size": "low", "user_location": location,
        "allowed_domains": ["https://www.H.example/"], "excluded_domains": ["*.bad.example", "h.example/blog"],
        "blocked_domains": None, "max_uses": None, "unheard_of": 1,
    }  # fmt: skip
    await told(WebSearch(wanted), research(shelf))
    asked = shelf.searched[0]
    assert (asked.max_results, asked.max_characters, asked.mode, asked.context_size) == (25, 5_000, "deep", "low")
    assert asked.rules == DomainRules(("h.example",), ("*.bad.example", "h.example/blog"))
    assert asked.location == {"city": "Bern", "country": "CH"}
    assert shelf.asked == ["exa"]


@requirement("ours:tool-parameters")
async def test_the_words_of_openai_and_anthropic_mean_the_same():
    openai = {"filters": {"allowed_domains": ["a.example"], "blocked_domains": ["b.example"]}}
    anthropic = {
        "allowed_domains": ["a.example"],
        "blocked_domains": ["b.example"],
        "max_uses": 1,
        "name": "web_search",
    }
    for wanted in (openai, anthropic):
        shelf = Shelf()
        await told(WebSearch(wanted), research(shelf))
        assert shelf.searched[0].rules == DomainRules(("a.example",), ("b.example",))


async def test_an_excerpt_is_cut_to_what_was_asked_for():
    shelf = Shelf(hits=[Hit("https://h.example/", "H", "word " * 20_000)])
    for wanted, most in (({}, EXCERPT), ({"max_characters": 80, "search_context_size": "high"}, 80)):
        result = await told(WebSearch(wanted), research(shelf))
        quoted = result["results"][0]["content"].splitlines()[1].removeprefix("> ")
        assert most * 0.9 < len(quoted) <= most


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"engine": "altavista"}, "engine"),
    ({"engine": 7}, "engine"),
    ({"mode": "deepest"}, "mode"),
    ({"max_results": 0}, "max_results"),
    ({"max_results": 26}, "max_results"),
    ({"max_results": True}, "max_results"),
    ({"max_results": "5"}, "max_results"),
    ({"max_total_results": 0}, "max_total_results"),
    ({"max_uses": -1}, "max_uses"),
    ({"search_context_size": "huge"}, "search_context_size"),
    ({"max_characters": 100_001}, "max_characters"),
    ({"allowed_domains": "a.example"}, "allowed_domains"),
    ({"excluded_domains": ["a.example", ""]}, "excluded_domains[1]"),
    ({"blocked_domains": ["two words"]}, "blocked_domains[0]"),
    ({"filters": {"allowed_domains": [7]}}, "filters.allowed_domains[0]"),
    ({"user_location": {"type": "exact"}}, "user_location.type"),
    ({"user_location": {"city": 7}}, "user_location.city"),
]


@requirement("ours:tool-parameters")
@pytest.mark.parametrize(("wanted", "place"), WRONG)
def test_a_parameter_out_of_range_is_refused_by_its_path(wanted: dict[str, Any], place: str):
    with pytest.raises(InvalidRequest) as refused:
        WebSearch(wanted)
    assert refused.value.param == f"tools.parameters.{place}"


@requirement("ours:tool-parameters")
def test_a_search_of_the_upstreams_own_is_asked_for_only_by_name():
    wishes = {"max_uses": 3, "allowed_domains": ["a.example"], "user_location": {"type": "approximate", "city": "Bern"}}
    assert WebSearch({"engine": "auto", **wishes}).spec.native is None
    assert WebSearch({"engine": "native"}).spec.native == {}
    assert WebSearch({"engine": "native", **wishes}).spec.native == wishes


async def test_where_the_upstream_has_no_search_of_its_own_ours_is_made():
    shelf = Shelf(hits=HITS)
    await told(WebSearch({"engine": "native"}), research(shelf))
    assert shelf.asked == ["auto"]


@requirement("ours:tool-parameters")
def test_a_tool_that_is_declared_twice_is_there_once_and_the_first_counts():
    first, second = ServerTool("web_search", {"engine": "native"}), ServerTool("openrouter:web_search")
    tools, warnings = open_toolbox([first, second, ServerTool("web_search", {"external_web_access": False})], "tools")
    assert tools[NAME].spec.native == {}
    assert warnings == (
        "the tool openrouter:web_search is declared twice, and the first declaration counts",
        "the tool web_search was left out: it is declared without access to the web",
    )


@requirement("ours:tool-parameters")
async def test_limits_are_told_in_words_and_end_nothing():
    shelf = Shelf(hits=HITS)
    run, tool = research(shelf), WebSearch({"max_uses": 2, "max_total_results": 1})
    results = [await told(tool, run, json.dumps({"query": words})) for words in ("one", "two", "three")]
    assert [result.get("error") for result in results] == [None, "max_total_results_reached", "max_uses_reached"]
    assert all("Answer with what you have." in result["message"] for result in results[1:])
    assert len(shelf.searched) == 1


@requirement("fault:F52")
async def test_why_engines_failed_is_not_told_to_models():
    run = research(Shelf(failure=down("rate_limited")))
    assert await told(WebSearch({}), run) == {"error": "search_unavailable"}


@requirement("fault:F49")
@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ("", "query"),
        ("{", None),
        ("[]", None),
        ('"sky"', None),
        ('{"query":7}', "query"),
        ('{"query":["sky"]}', "query"),
        ('{"query":"  "}', "query"),
        ('{"query":"a","query":"b"}', "query"),
        ('{"other":"sky"}', "query"),
        ("[" * 20_000, None),
    ],
)
async def test_arguments_that_are_wrong_are_refused_by_the_field_alone(arguments: str, field: str | None):
    shelf = Shelf()
    expected = {"error": "invalid_arguments", **({"field": field} if field else {})}
    assert await told(WebSearch({}), research(shelf), arguments) == expected
    assert shelf.searched == []
