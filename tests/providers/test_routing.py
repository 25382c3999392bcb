"""Which endpoints may be asked for a model, and in what order."""

from dataclasses import replace
from typing import Any

import pytest

from fuseline.providers.routes import admitted, objection, ordered
from fuseline.providers.statistics import Statistics
from fuseline.types.messages import user
from fuseline.types.models import DataPolicy, Endpoint, Model
from fuseline.types.money import Price, nano
from fuseline.types.performance import Timing
from fuseline.types.requests import FunctionTool, Request
from fuseline.types.routing import ANY, Preferences, Sort
from tests.requirements import requirement

KEEPS_NOTHING = DataPolicy(trains=False, retains=False)
ASKED = Request("acme/m", (user("Why?"),))


def way(name: str, price: tuple[str, str] | None = ("1", "2"), *, known: dict[str, Any] | None = None, **endpoint: Any):
    """A way to the model, at an endpoint of this name."""
    cost = None if price is None else Price(nano(price[0]), nano(price[1]))
    return Model(
        f"{name}/m", Endpoint(name, f"https://{name}.example/v1", **endpoint), "m", price=cost, **(known or {})
    )


WAYS = (way("one"), way("two"), way("three"))
ROUTER = way("openrouter", None, dialect="openrouter", title="OpenRouter")


def left(*ways: Model, **wishes: Any) -> list[str]:
    """The endpoints that may be asked."""
    return [model.endpoint.name for model in admitted(ways, Preferences(**wishes), ASKED).models]


@requirement("wire:provider-lists")
def test_only_and_ignore_go_by_name_or_title_and_ignore_wins():
    titled = (*WAYS, way("four", title="Fourth Lab"))
    assert left(*titled, only=frozenset({"two", "fourth lab"})) == ["two", "four"]
    assert left(*titled, only=frozenset({"fourth-lab"})) == ["four"]
    assert left(*titled, ignore=frozenset({"one", "three"})) == ["two", "four"]
    assert left(*titled, only=frozenset({"two"}), ignore=frozenset({"two"})) == []


@requirement("wire:provider-lists")
def test_without_fallbacks_an_order_is_a_list_of_all_that_may_be_asked():
    assert left(*WAYS, order=("two",), fallbacks=False) == ["two"]
    assert left(*WAYS, order=("two",)) == ["one", "two", "three"]
    assert left(*WAYS, order=("nobody",), fallbacks=False) == []


@requirement("wire:data-policy")
@pytest.mark.parametrize(
    ("policy", "trains", "keeps"),
    [
        (DataPolicy(), False, False),
        (DataPolicy(trains=False), True, False),
        (DataPolicy(retains=False), False, True),
        (KEEPS_NOTHING, True, True),
        (DataPolicy(True, True), False, False),
    ],
)
def test_a_promise_about_data_is_kept_by_those_alone_of_whom_it_is_known(policy: DataPolicy, trains: bool, keeps: bool):
    model = way("one", policy=policy)
    assert (left(model, no_training=True) == ["one"]) is trains
    assert (left(model, no_retention=True) == ["one"]) is keeps


@requirement("wire:data-policy")
def test_a_machine_of_ones_own_and_openrouter_which_is_told_of_it_may_always_be_asked():
    here = way("here", local=True)
    assert left(here, ROUTER, no_training=True, no_retention=True) == ["here", "openrouter"]


@requirement("wire:provider-lists")
def test_a_price_that_is_higher_or_unknown_is_too_much():
    ways = (way("cheap", ("1", "2")), way("dear", ("1", "3")), way("secret", None), ROUTER)
    assert left(*ways, dearest=Price(nano(1), nano(2))) == ["cheap", "openrouter"]


@requirement("wire:provider-lists")
@pytest.mark.parametrize(
    ("asked", "known"),
    [
        (replace(ASKED, functions=(FunctionTool("look"),)), {"calls_tools": True}),
        (replace(ASKED, reasoning={"effort": "low"}), {"reasons": True}),
        (replace(ASKED, response_format={"type": "json_schema"}), {"schemas": True}),
        (replace(ASKED, temperature=0.5), {"temperature": True}),
    ],
)
def test_every_parameter_has_to_be_known_to_be_taken_where_that_is_required(asked: Request, known: dict[str, Any]):
    wishes = Preferences(all_parameters=True)
    lacking: dict[str, Any] = {"calls_tools": False, "temperature": False}
    assert objection(way("one", known=lacking), wishes, asked) == "require_parameters"
    assert objection(way("one", known={**lacking, **known}), wishes, asked) == ""
    assert objection(way("one", known=lacking), ANY, asked) == ""


@requirement("wire:provider-lists")
def test_a_parameter_that_few_know_is_taken_by_openrouter_and_servers_of_ones_own():
    asked, wishes = replace(ASKED, extra={"min_p": 0.1}), Preferences(all_parameters=True)
    ways = (way("one"), way("here", local=True), ROUTER)
    assert [objection(model, wishes, asked) for model in ways] == ["require_parameters", "", ""]


@requirement("wire:no-endpoint")
@pytest.mark.parametrize(
    ("wishes", "code", "excluded"),
    [
        ({"no_training": True}, "privacy_restricted", ("data_policy:training",)),
        ({"no_retention": True}, "privacy_restricted", ("data_policy:zdr",)),
        ({"only": frozenset({"nobody"})}, "constraint_filtered", ("allowed_providers",)),
        (
            {"ignore": frozenset({"one"}), "no_training": True},
            "constraint_filtered",
            ("allowed_providers", "data_policy:training"),
        ),
        ({"dearest": Price(0, 0)}, "constraint_filtered", ("max_price",)),
    ],
)
def test_where_nobody_is_left_the_refusal_says_why_in_the_vendors_words(
    wishes: dict[str, Any], code: str, excluded: tuple[str, ...]
):
    refusal = admitted(WAYS, Preferences(**wishes), ASKED).refusal("acme/m")
    assert (refusal.status, refusal.kind, refusal.code, refusal.excluded_by) == (404, "not_found", code, excluded)
    assert refusal.message.startswith("no endpoint that serves acme/m may be asked: none is ")


def sorted_by(sort: Sort, *ways: Model, statistics: Statistics | None = None, **wishes: Any) -> list[str]:
    """The endpoints in the order in which they are asked."""
    known = statistics or Statistics()
    seen = ordered(ways, Preferences(**wishes), sort, lambda model: known.window(model.endpoint.name, model.name))
    return [model.endpoint.name for model in seen]


def timed(**seconds: tuple[float, float]) -> Statistics:
    """Endpoints with their seconds to the first token and tokens a second."""
    statistics = Statistics()
    for name, (ttft_s, speed) in seconds.items():
        statistics.window(name, "m").note(Timing(False, ttft_s, speed))
    return statistics


@requirement("wire:provider-order")
def test_an_order_comes_first_and_the_rest_as_the_catalogue_has_them():
    assert sorted_by("", *WAYS) == ["one", "two", "three"]
    assert sorted_by("", *WAYS, order=("three", "nobody", "two")) == ["three", "two", "one"]


@requirement("wire:provider-order")
def test_a_sort_goes_by_price_latency_or_throughput_and_what_is_unknown_comes_last():
    ways = (way("unknown", None), way("dear", ("9", "9")), way("cheap", ("1", "1")))
    assert sorted_by("price", *ways) == ["cheap", "dear", "unknown"]
    seen = timed(one=(0.9, 10.0), three=(0.1, 50.0))
    assert sorted_by("latency", *WAYS, statistics=seen) == ["three", "one", "two"]
    assert sorted_by("throughput", *WAYS, statistics=seen) == ["three", "one", "two"]
    assert sorted_by("price", *ways, order=("dear",)) == ["dear", "cheap", "unknown"]


@requirement("wire:provider-order")
def test_who_misses_a_preferred_figure_is_asked_later_and_not_left_out():
    seen = timed(one=(0.9, 10.0), two=(0.4, 90.0))
    assert sorted_by("", *WAYS, statistics=seen, slowest=((50, 0.5),)) == ["two", "three", "one"]
    assert sorted_by("", *WAYS, statistics=seen, least_speed=((90, 50.0),)) == ["two", "three", "one"]
