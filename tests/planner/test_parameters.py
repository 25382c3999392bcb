"""Parameters: what beats what, what their ranges are, and what fusion refuses to do to itself."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from fuseline.types.deliberation import Seat
from fuseline.types.errors import ModelNotFound
from fuseline.types.money import nano
from fuseline.types.requests import Plugin, ServerTool
from tests.planner.desk import ask, plan, plugin, refusal_of, spec_of, tool
from tests.requirements import requirement

OWN = "lab/d"


def seats_of(*models: str) -> tuple[Seat, ...]:
    """A panel of these models."""
    return tuple(Seat(model) for model in models)


@requirement("wire:precedence")
@pytest.mark.parametrize(
    ("fields", "panel"),
    [
        ({}, ("lab/a", "lab/b", "lab/c")),
        ({"plugins": plugin(preset="general-budget")}, ("lab/cheap", "lab/a")),
        ({"plugins": plugin(preset="general-budget", analysis_models=["lab/d"])}, ("lab/d",)),
        ({"model": "openrouter/fusion-flash"}, ("lab/fast", "lab/fast")),
        ({"model": "openrouter/fusion-flash", "plugins": plugin(preset="general-budget")}, ("lab/cheap", "lab/a")),
        ({"model": "openrouter/fusion-flash", "plugins": plugin(analysis_models=["lab/d"])}, ("lab/d",)),
        ({"plugins": plugin(analysis_models=["lab/a"]), "server_tools": tool(analysis_models=["lab/b"])}, ("lab/b",)),
        ({"plugins": plugin(analysis_models=["lab/a"]), "server_tools": tool(preset="general-budget")}, ("lab/a",)),
        (
            {"plugins": plugin(preset="general-high"), "server_tools": tool(preset="general-fast")},
            ("lab/fast", "lab/fast"),
        ),
        ({"model": OWN, "plugins": plugin()}, ("lab/a", "lab/b", "lab/c")),
        ({"model": OWN, "server_tools": tool(preset="general-budget")}, ("lab/cheap", "lab/a")),
    ],
)
def test_the_most_explicit_panel_wins(fields: dict[str, Any], panel: tuple[str, ...]):
    assert spec_of(ask(**fields)).seats == seats_of(*panel)


@requirement("wire:precedence")
def test_tool_and_plugin_are_merged_field_by_field():
    both = ask(plugins=plugin(temperature=0.1, max_tool_calls=2), server_tools=tool(temperature=0.9, seed=7))
    spec = spec_of(both)
    assert (spec.temperature, spec.max_tool_calls, spec.seed) == (0.9, 2, 7)


@requirement("wire:alias", "wire:plugin")
@pytest.mark.parametrize(
    ("fields", "analyst", "writer"),
    [
        ({}, "lab/judge", "lab/writer"),
        ({"plugins": plugin(model="lab/d")}, "lab/d", "lab/d"),
        ({"plugins": plugin(writer="lab/d")}, "lab/judge", "lab/d"),
        ({"plugins": plugin(model="lab/a", writer="lab/d")}, "lab/a", "lab/d"),
        ({"model": "openrouter/fusion-flash"}, "lab/fast", "lab/fast"),
        ({"plugins": plugin(preset="general-budget")}, "lab/judge", "lab/judge"),
        ({"model": OWN, "plugins": plugin()}, OWN, OWN),
        ({"model": OWN, "plugins": plugin(model="lab/judge")}, "lab/judge", OWN),
        ({"model": OWN, "plugins": plugin(preset="general-budget")}, "lab/judge", OWN),
        ({"model": OWN, "plugins": plugin(writer="lab/writer")}, OWN, "lab/writer"),
        ({"model": OWN, "server_tools": tool()}, OWN, OWN),
    ],
)
def test_who_compares_and_who_writes(fields: dict[str, Any], analyst: str, writer: str):
    made = plan(ask(tool_choice="required", **fields))
    assert made.spec is not None
    assert (made.mode, made.spec.analysts[0], made.speakers[0]) == ("forced", analyst, writer)


def test_a_writer_of_its_own_takes_over_from_the_outer_model_after_the_panel():
    assert spec_of(ask(OWN, plugins=plugin(writer=["lab/writer", "lab/a"]))).writers == ("lab/writer", "lab/a")
    assert spec_of(ask(OWN, plugins=plugin())).writers == ()


@requirement("wire:tool")
def test_the_tool_takes_every_parameter():
    spec = spec_of(
        ask(
            server_tools=tool(
                analysis_models=["lab/a", "lab/b"],
                model="lab/d",
                max_tool_calls=16,
                max_completion_tokens=500,
                reasoning={"effort": "xhigh", "max_tokens": 10},
                temperature=2,
                tools=[{"type": "openrouter:datetime", "parameters": {"timezone": "CET"}}],
                min_panel=2,
                quorum=2,
                grace_s=1.5,
                deadline_s=60,
                seed=0,
                max_cost=0.25,
                expose="full",
                cache_control={"type": "ephemeral"},
            )
        )
    )
    assert spec.tools == (ServerTool("openrouter:datetime", {"timezone": "CET"}),) == spec.analyst_tools
    assert (spec.max_tool_calls, spec.max_completion_tokens, spec.temperature) == (16, 500, 2)
    assert spec.reasoning == {"effort": "xhigh", "max_tokens": 10}
    assert (spec.min_panel, spec.quorum, spec.grace_s, spec.deadline_s, spec.seed) == (2, 2, 1.5, 60, 0)
    assert (spec.max_cost, spec.expose) == (nano(Decimal("0.25")), "full")


def test_what_is_not_said_has_the_documented_default():
    spec = spec_of(ask(plugins=plugin(analysis_models=["lab/a"])))
    assert (spec.max_tool_calls, spec.max_completion_tokens, spec.min_panel, spec.expose) == (4, 16_000, 1, None)
    assert (spec.temperature, spec.reasoning, spec.tools, spec.quorum, spec.max_cost) == (None, None, (), None, None)


def test_a_quorum_is_never_more_than_the_panel():
    assert spec_of(ask(plugins=plugin(analysis_models=["lab/a"], quorum=8))).quorum == 1


@requirement("wire:seat-objects")
def test_a_seat_may_have_wishes_of_its_own():
    wishes = {
        "model": "lab/a",
        "instructions": "Play the sceptic.",
        "temperature": 0.3,
        "tools": [{"type": "openrouter:datetime"}],
        "reasoning": {"effort": "low"},
        "max_completion_tokens": 100,
        "weight": 3,
    }
    assert spec_of(ask(plugins=plugin(analysis_models=["lab/b", wishes]))).seats == (
        Seat("lab/b"),
        Seat("lab/a", "Play the sceptic.", 0.3, (ServerTool("openrouter:datetime"),), {"effort": "low"}, 100),
    )


@requirement("wire:duplicates")
def test_the_same_model_may_sit_on_the_panel_more_than_once():
    assert spec_of(ask(plugins=plugin(analysis_models=["lab/a"] * 8))).seats == seats_of(*["lab/a"] * 8)


OUT_OF_RANGE: list[tuple[dict[str, Any], str]] = [
    ({"analysis_models": []}, "analysis_models"),
    ({"analysis_models": ["lab/a"] * 9}, "analysis_models"),
    ({"analysis_models": "lab/a"}, "analysis_models"),
    ({"analysis_models": [7]}, "analysis_models[0]"),
    ({"analysis_models": [""]}, "analysis_models[0]"),
    ({"analysis_models": [None]}, "analysis_models[0]"),
    ({"analysis_models": ["lab/a", {"model": "lab/b", "temperature": 3}]}, "analysis_models[1].temperature"),
    ({"analysis_models": [{"instructions": "x"}]}, "analysis_models[0].model"),
    ({"max_tool_calls": 0}, "max_tool_calls"),
    ({"max_tool_calls": 17}, "max_tool_calls"),
    ({"max_tool_calls": 2.0}, "max_tool_calls"),
    ({"max_tool_calls": True}, "max_tool_calls"),
    ({"max_completion_tokens": 0}, "max_completion_tokens"),
    ({"tools": [{"type": "openrouter:datetime"}] * 9}, "tools"),
    ({"tools": [{}]}, "tools[0].type"),
    ({"temperature": -0.1}, "temperature"),
    ({"temperature": 2.1}, "temperature"),
    ({"temperature": "1"}, "temperature"),
    ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
    ({"reasoning": {"max_tokens": 0}}, "reasoning.max_tokens"),
    ({"min_panel": 0}, "min_panel"),
    ({"min_panel": 9}, "min_panel"),
    ({"quorum": 0}, "quorum"),
    ({"grace_s": -1}, "grace_s"),
    ({"deadline_s": 0}, "deadline_s"),
    ({"seed": -1}, "seed"),
    ({"max_cost": 0}, "max_cost"),
    ({"max_cost": "1"}, "max_cost"),
    ({"expose": "everything"}, "expose"),
    ({"preset": 7}, "preset"),
    ({"model": ""}, "model"),
    ({"writer": []}, "writer"),
]


@requirement("vector:C3")
@pytest.mark.parametrize(("parameters", "param"), OUT_OF_RANGE)
def test_a_parameter_out_of_range_is_refused_by_name(parameters: dict[str, Any], param: str):
    assert refusal_of(ask(plugins=plugin(**parameters))).param == f"plugins[0].{param}"
    assert refusal_of(ask(server_tools=tool(**parameters))).param == f"tools[0].parameters.{param}"


def test_the_place_of_a_wrong_parameter_counts_all_tools_and_plugins():
    request = ask(plugins=(Plugin("web"), *plugin(seed=-1)))
    assert refusal_of(request).param == "plugins[1].seed"


@requirement("vector:C3")
def test_a_preset_that_is_not_there_is_refused_with_those_that_are():
    error = refusal_of(ask(plugins=plugin(preset="nope")))
    assert (error.status, error.param) == (400, "preset")
    assert "general-budget" in error.message


def test_more_seats_must_not_be_required_than_there_are():
    assert refusal_of(ask(plugins=plugin(analysis_models=["lab/a"], min_panel=2))).param == "min_panel"


PLACES: list[Callable[[str], dict[str, Any]]] = [
    lambda slug: {"analysis_models": [slug]},
    lambda slug: {"analysis_models": ["lab/a", {"model": slug}]},
    lambda slug: {"model": slug},
    lambda slug: {"writer": slug},
    lambda slug: {"writer": ["lab/a", slug]},
]


@requirement("wire:recursion", "vector:C3")
@pytest.mark.parametrize(
    "itself",
    [
        "openrouter/fusion",
        "openrouter/fusion-flash",
        "fuseline/fusion",
        "fusion",
        "OPENROUTER/Fusion",
        "openrouter/fusion:free",
        "openrouter/fusion-flash:nitro:online",
        " fusion",
    ],
)
@pytest.mark.parametrize("place", PLACES)
def test_fusion_is_no_seat_analyst_or_writer_of_itself(itself: str, place: Callable[[str], dict[str, Any]]):
    for request in (ask(plugins=plugin(**place(itself))), ask("lab/d", server_tools=tool(**place(itself)))):
        error = refusal_of(request)
        assert (error.status, type(error) is ModelNotFound) == (400, False)
        assert "fusion cannot contain itself" in error.message


@requirement("wire:recursion")
@pytest.mark.parametrize("kind", ["openrouter:fusion", "fusion", "fuseline:fusion"])
def test_fusion_is_no_tool_of_its_seats(kind: str):
    seat = {"model": "lab/a", "tools": [{"type": kind}]}
    places: list[dict[str, Any]] = [{"tools": [{"type": kind}]}, {"analysis_models": [seat]}]
    for parameters in places:
        assert "fusion cannot contain itself" in refusal_of(ask(plugins=plugin(**parameters))).message


@requirement("wire:recursion")
def test_fusion_is_no_fallback_of_a_model():
    assert "fusion cannot contain itself" in refusal_of(ask("lab/d", fallbacks=("openrouter/fusion",))).message


@requirement("wire:unknown-fields")
def test_an_unknown_tool_is_ignored_unless_it_claims_to_be_the_vendors():
    assert plan(ask(server_tools=(ServerTool("file_search"), ServerTool("namespace")))).tools == {}
    assert refusal_of(ask(server_tools=(ServerTool("openrouter:nope"),))).param == "tools[0].type"
    assert refusal_of(ask(plugins=plugin(tools=[{"type": "openrouter:nope"}]))).param == "tools[0].type"


@requirement("wire:unknown-fields")
def test_an_unknown_parameter_changes_nothing():
    assert spec_of(ask(plugins=plugin(rounds=3, seed=1))) == spec_of(ask(plugins=plugin(seed=1)))


def test_a_tool_that_is_passed_over_is_warned_of():
    spec = spec_of(ask(plugins=plugin(tools=[{"type": "file_search"}, {"type": "openrouter:web_search"}])))
    assert spec.warnings == ("the tool file_search is not available on this server and was left out",)


@requirement("ours:fallbacks")
def test_analyst_and_writer_have_substitutes_in_order():
    fallbacks: dict[str, Any] = {"analyst_fallbacks": ["lab/a", "lab/judge"], "writer_fallbacks": ["lab/b"]}
    assert spec_of(ask(), **fallbacks).analysts == ("lab/judge", "lab/a")
    assert plan(ask(fallbacks=("lab/c",)), **fallbacks).speakers == ("lab/writer", "lab/c", "lab/b")
    assert plan(ask(plugins=plugin(writer=["lab/d", "lab/a"])), **fallbacks).speakers == ("lab/d", "lab/a", "lab/b")


@requirement("ours:fallbacks")
def test_a_model_of_ones_own_has_the_requests_fallbacks():
    assert plan(ask("lab/d", fallbacks=("lab/c",))).speakers == ("lab/d", "lab/c")


@pytest.mark.parametrize(
    "fields",
    [
        {"model": "nobody/x"},
        {"model": "lab/d", "fallbacks": ("nobody/x",)},
        {"plugins": plugin(analysis_models=["lab/a", "nobody/x"])},
        {"plugins": plugin(model="nobody/x")},
        {"plugins": plugin(writer="nobody/x")},
    ],
)
def test_a_misspelt_model_is_told_before_anything_is_spent(fields: dict[str, Any]):
    error = refusal_of(ask(**fields))
    assert (type(error), error.status) == (ModelNotFound, 400)
    assert error.param


@requirement("ours:max-cost")
@pytest.mark.parametrize(
    "place", [{"analysis_models": ["lab/a", "lab/unpriced"]}, {"model": "lab/unpriced"}, {"writer": "lab/unpriced"}]
)
def test_a_limit_on_cost_needs_a_price_for_every_model(place: dict[str, Any]):
    assert refusal_of(ask(plugins=plugin(max_cost=1, **place)), unpriced=True).param == "max_cost"
    assert plan(ask(plugins=plugin(**place)), unpriced=True).spec


@requirement("ours:unpriced")
@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": "lab/unpriced"}, "model"),
        ({"model": "lab/d", "fallbacks": ("lab/unpriced",)}, "model"),
        ({"plugins": plugin(analysis_models=["lab/a", "lab/unpriced"])}, "analysis_models[1]"),
        ({"plugins": plugin(model="lab/unpriced")}, "model"),
        ({"plugins": plugin(writer="lab/unpriced")}, "model"),
    ],
)
def test_a_model_that_nobody_knows_the_price_of_is_refused_unless_that_is_allowed(fields: dict[str, Any], param: str):
    error = refusal_of(ask(**fields))
    assert (error.status, error.kind, error.param) == (400, "invalid_request", param)
    assert error.message == (
        "no price is known for lab/unpriced, and unknown is not free: state price_in and price_out in "
        '[models."lab/unpriced"], or set routing.allow_unpriced'
    )
    assert plan(ask(**fields), unpriced=True).speakers


@requirement("ours:unpriced")
def test_an_upstream_that_says_what_each_call_cost_needs_no_price():
    assert plan(ask("teller/new")).speakers == ("teller/new",)


@pytest.mark.parametrize("promise", [{"data_collection": "deny"}, {"zdr": True}])
def test_a_promise_about_the_data_is_kept_or_refused(promise: dict[str, Any]):
    policy = {"provider": promise}
    assert refusal_of(ask(policy=policy)).status == 404
    mixed: dict[str, Any] = {"model": "here/x", "analysis_models": ["router/x", "lab/a"]}
    assert refusal_of(ask(policy=policy, plugins=plugin(**mixed))).param == "provider"
    kept = plan(ask(policy=policy, plugins=plugin(model="here/x", analysis_models=["here/x", "router/x"])))
    assert kept.request.policy == policy


@pytest.mark.parametrize("policy", [{}, {"provider": {"data_collection": "allow"}}, {"provider": {"zdr": False}}])
def test_who_asks_for_no_promise_is_refused_nothing(policy: dict[str, Any]):
    assert plan(ask(policy=policy)).mode == "forced"
