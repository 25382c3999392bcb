"""What a request says about looking things up: the tools of its seats, the web plugin, `:online`."""

import pytest

from fuseline.engine.grounding import Grounding
from fuseline.types.errors import InvalidRequest
from fuseline.types.requests import Plugin, ServerTool
from tests.planner.desk import ask, plan, plugin, spec_of
from tests.requirements import requirement

WEB = (ServerTool("openrouter:web_search"), ServerTool("openrouter:web_fetch"))
USUAL = {"tools": [one.type for one in WEB]}


def web(**parameters: object) -> tuple[Plugin, ...]:
    """The web plugin with these parameters."""
    return (Plugin("web", parameters=parameters),)  # pyright: ignore[reportArgumentType]  # they are JSON


@requirement("wire:default-tools")
def test_every_seat_has_the_web_tools_of_the_settings_and_the_analyst_has_none():
    spec = spec_of(ask(), **USUAL)
    assert spec.tools == WEB
    assert spec.analyst_tools == ()


@requirement("wire:default-tools")
def test_an_empty_list_is_no_tools_at_all():
    spec = spec_of(ask(plugins=plugin(tools=[])), **USUAL)
    assert (spec.tools, spec.analyst_tools) == ((), ())


@requirement("wire:default-tools")
def test_tools_that_are_asked_for_are_the_analysts_too():
    spec = spec_of(ask(plugins=plugin(tools=[{"type": "openrouter:web_search"}])), **USUAL)
    assert spec.tools == spec.analyst_tools == WEB[:1]


@requirement("ours:collections")
def test_collections_are_the_requests_before_the_servers():
    assert spec_of(ask()).collections == ()
    assert spec_of(ask(plugins=plugin(collections=["papers"]))).collections == ("papers",)
    assert plan(ask(plugins=plugin(collections=["papers"]))).collections == ("papers",)


@requirement("wire:web-plugin")
@pytest.mark.parametrize("model", ["lab/a:online", "lab/a:floor:online", "lab/a:online:floor"])
def test_online_is_a_search_before_the_call_and_no_part_of_the_name(model: str):
    made = plan(ask(model))
    assert made.grounding == Grounding({})
    assert made.speakers == (model.replace(":online", ""),)


@requirement("wire:web-plugin")
def test_online_behind_the_alias_leaves_the_panel_as_it_is():
    made = plan(ask("openrouter/fusion:online"))
    assert (made.grounding, made.mode, made.router) == (Grounding({}), "forced", "openrouter/fusion")


@requirement("wire:web-plugin")
def test_the_web_plugin_is_the_same_search_with_its_own_words_for_domains():
    made = plan(ask("lab/a", plugins=web(max_results=3, include_domains=["a.example"], search_prompt="See:")))
    assert made.grounding == Grounding({"max_results": 3, "allowed_domains": ["a.example"]}, "See:")


@requirement("wire:web-plugin")
def test_a_plugin_that_is_switched_off_searches_nothing():
    assert plan(ask("lab/a", plugins=(Plugin("web", enabled=False),))).grounding is None


@requirement("wire:web-plugin")
@pytest.mark.parametrize("wrong", [{"max_results": 0}, {"engine": "altavista"}, {"search_prompt": 3}])
def test_a_plugin_out_of_its_ranges_is_refused(wrong: dict[str, object]):
    with pytest.raises(InvalidRequest) as refused:
        plan(ask("lab/a", plugins=web(**wrong)))
    assert (refused.value.param or "").startswith("plugins")
    assert "tools.parameters" not in refused.value.message
