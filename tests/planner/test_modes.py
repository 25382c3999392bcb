"""Whether a panel is convened at once, left to the model, or not there: every row of the table."""

from typing import Any

import pytest

from fuseline.types.errors import InvalidRequest
from fuseline.types.messages import Message, ToolCall
from fuseline.types.requests import Named, Request, ServerTool
from tests.planner.desk import LOOK, ask, plan, planner, plugin, tool
from tests.requirements import requirement

FUSION = Named("openrouter:fusion")
ANSWERED = Message("assistant", "Because.")
CALLED = Message("assistant", "", (ToolCall("c1", "look", "{}"),))
RESULT = Message("tool", "found", tool_call_id="c1")
CLOCK = (ServerTool("openrouter:datetime"),)
OWN = "lab/d"
ALIASES = (
    "openrouter/fusion",
    "fuseline/fusion",
    "fusion",
    "openrouter/fusion-flash",
    "fuseline/fusion-flash",
    "fusion-flash",
)


@requirement("wire:alias", "wire:alias-always")
@pytest.mark.parametrize("alias", ALIASES)
def test_every_alias_convenes_the_panel_by_itself(alias: str):
    made = plan(ask(alias))
    assert (made.mode, made.router) == ("forced", alias)


def test_what_was_asked_before_changes_no_plan():
    asked = (
        ask(),
        ask(plugins=plugin(preset="general-fast")),
        ask(fallbacks=("lab/d",)),
        ask(server_tools=tool(analysis_models=["lab/d", "lab/b"])),
        ask("fusion-flash"),
        ask(tool_choice=FUSION),
        ask(tool_choice="none"),
        ask(OWN),
        ask(OWN, tool_choice=FUSION),
        ask(OWN, fallbacks=("lab/a",), plugins=plugin()),
    )
    alone = [plan(request) for request in asked]
    busy = planner()
    assert [busy.plan(request) for request in asked] == alone
    assert [busy.plan(request) for request in reversed(asked)] == alone[::-1]


@requirement("wire:variants")
@pytest.mark.parametrize(
    ("slug", "alias"),
    [
        ("openrouter/fusion:free", "openrouter/fusion"),
        ("openrouter/fusion-flash:free:online", "openrouter/fusion-flash"),
        ("OpenRouter/Fusion", "openrouter/fusion"),
        (" fusion ", "fusion"),
    ],
)
def test_a_variant_of_an_alias_is_the_alias(slug: str, alias: str):
    made = plan(ask(slug))
    assert (made.mode, made.router) == ("forced", alias)


@requirement("wire:alias-always", "wire:alias-tools", "wire:alias-auto")
@pytest.mark.parametrize(
    ("request_", "mode"),
    [
        (ask(), "forced"),
        (ask(last=ANSWERED), "offered"),
        (ask(last=RESULT), "offered"),
        (ask(last=Message("system", "Be brief.")), "offered"),
        (ask(functions=(LOOK,)), "offered"),
        (ask(functions=(LOOK,), last=RESULT), "offered"),
        (ask(server_tools=CLOCK), "forced"),
        (ask(server_tools=(ServerTool("web_search"),)), "forced"),
        (ask(tool_choice="auto"), "offered"),
        (ask(tool_choice="auto", functions=(LOOK,)), "offered"),
        (ask(tool_choice="none"), "off"),
        (ask(tool_choice="none", functions=(LOOK,)), "off"),
        (ask(tool_choice="required"), "forced"),
        (ask(tool_choice="required", last=ANSWERED), "forced"),
        (ask(tool_choice="required", functions=(LOOK,)), "offered"),
        (ask(tool_choice="required", server_tools=CLOCK), "offered"),
        (ask(tool_choice=FUSION), "forced"),
        (ask(tool_choice=FUSION, functions=(LOOK,)), "forced"),
        (ask(tool_choice=FUSION, functions=(LOOK,), last=RESULT), "forced"),
        (ask(tool_choice=Named("look"), functions=(LOOK,)), "offered"),
        (ask(depth=1), "off"),
        (ask(depth=1, tool_choice="required"), "off"),
        (ask(depth=1, tool_choice=FUSION), "off"),
        (ask(plugins=plugin(enabled=False)), "off"),
        (ask(plugins=plugin(enabled=False), tool_choice=FUSION), "off"),
    ],
)
def test_the_alias(request_: Request, mode: str):
    assert plan(request_).mode == mode


@requirement("wire:plugin", "wire:tool")
@pytest.mark.parametrize(
    "fusion", [{"plugins": plugin()}, {"server_tools": tool()}, {"plugins": plugin(), "server_tools": tool()}]
)
@pytest.mark.parametrize(
    ("fields", "mode"),
    [
        ({}, "offered"),
        ({"last": ANSWERED}, "offered"),
        ({"functions": (LOOK,)}, "offered"),
        ({"tool_choice": "auto"}, "offered"),
        ({"tool_choice": "none"}, "off"),
        ({"tool_choice": "required"}, "forced"),
        ({"tool_choice": "required", "functions": (LOOK,)}, "offered"),
        ({"tool_choice": FUSION}, "forced"),
        ({"tool_choice": FUSION, "functions": (LOOK,)}, "forced"),
        ({"tool_choice": Named("look"), "functions": (LOOK,)}, "offered"),
        ({"depth": 1}, "off"),
    ],
)
def test_a_model_of_ones_own_with_plugin_or_tool(fusion: dict[str, Any], fields: dict[str, Any], mode: str):
    made = plan(ask(OWN, **fusion, **fields))
    assert (made.mode, made.router) == (mode, "")
    assert made.speakers[0] == OWN


@pytest.mark.parametrize(
    ("fields", "mode"),
    [
        ({}, "off"),
        ({"functions": (LOOK,)}, "off"),
        ({"tool_choice": "required", "functions": (LOOK,)}, "off"),
        ({"plugins": plugin(enabled=False)}, "off"),
        ({"plugins": plugin(enabled=False), "server_tools": tool()}, "off"),
        ({"tool_choice": FUSION}, "forced"),
    ],
)
def test_a_model_of_ones_own_without(fields: dict[str, Any], mode: str):
    assert plan(ask(OWN, **fields)).mode == mode


@requirement("wire:alias-auto")
@pytest.mark.parametrize(
    ("fields", "mode"), [({}, "offered"), ({"tool_choice": "required"}, "forced"), ({"tool_choice": FUSION}, "forced")]
)
def test_the_setting_leaves_the_alias_to_the_model(fields: dict[str, Any], mode: str):
    assert plan(ask(**fields), alias_invocation="auto").mode == mode


@requirement("wire:alias-tools")
def test_a_model_that_cannot_call_tools_is_not_asked_whether_to():
    request = ask(plugins=plugin(preset="mute"), functions=(LOOK,))
    assert (plan(request).mode, plan(request).speakers[0]) == ("forced", "lab/mute")


@requirement("wire:enabled-false")
def test_the_alias_without_fusion_is_a_plain_call_to_the_writer():
    made = plan(ask(plugins=plugin(enabled=False), tool_choice="required"))
    assert (made.mode, made.spec, made.speakers) == ("off", None, ("lab/writer",))
    assert made.request.tool_choice is None


@requirement("wire:relaxed")
@pytest.mark.parametrize("choice", ["required", FUSION])
def test_a_forced_choice_is_free_for_whoever_writes(choice: Any):
    made = plan(ask(tool_choice=choice))
    assert (made.request.tool_choice, made.request.plugins, made.request.server_tools) == (None, (), ())


def test_a_choice_of_the_clients_function_stays():
    assert plan(ask(OWN, functions=(LOOK,), tool_choice=Named("look"))).request.tool_choice == Named("look")
    assert plan(ask(OWN, functions=(LOOK,), tool_choice="required")).request.tool_choice == "required"


@pytest.mark.parametrize("model", [OWN, "openrouter/fusion"])
def test_a_choice_of_a_tool_that_is_not_there_is_refused(model: str):
    with pytest.raises(Exception, match="no tool") as caught:
        plan(ask(model, functions=(LOOK,), tool_choice=Named("loook")))
    assert getattr(caught.value, "param", None) == "tool_choice"


def test_a_choice_of_a_server_tool_names_it_as_the_model_knows_it():
    chosen = Named("openrouter:datetime")
    assert plan(ask(OWN, server_tools=CLOCK, tool_choice=chosen)).request.tool_choice == Named("openrouter_datetime")


def test_a_choice_of_a_tool_that_is_ignored_is_ignored():
    chosen = ask(OWN, server_tools=(ServerTool("namespace"),), tool_choice=Named("namespace"))
    assert plan(chosen).request.tool_choice is None


@pytest.mark.parametrize("last", [Message("system", "Be brief."), Message("user", "  "), ANSWERED])
def test_a_panel_is_not_convened_where_nobody_asks_anything(last: Message):
    silent = Request("fusion", (last,), tool_choice="required")
    with pytest.raises(InvalidRequest, match="the conversation has no user message") as refused:
        plan(silent)
    assert refused.value.param == "messages"
