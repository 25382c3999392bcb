"""What a request and the operator together want of endpoints, and what OpenRouter is told of it."""

from collections.abc import Mapping
from typing import Any

import pytest

from fuseline.planner.preferences import NO_RULES, HouseRules
from fuseline.settings.sections import RoutingSettings
from fuseline.types.money import Price, nano
from fuseline.types.routing import ANY, Preferences
from tests.planner.desk import ask
from tests.requirements import requirement


def wanting(provider: Any) -> Any:
    """A request with this provider object."""
    return ask("lab/a", policy={"provider": provider, "user": "u"})


def rules(*endpoints: str, **routing: Any) -> HouseRules:
    """An operator with these settings and endpoints."""
    return HouseRules(RoutingSettings(**routing), endpoints)


@requirement("wire:provider")
@pytest.mark.parametrize("provider", [{}, {"allow_fallbacks": True, "data_collection": "allow", "zdr": False}])
def test_who_wants_nothing_has_no_wishes_at_all(provider: dict[str, Any]):
    assert NO_RULES.preferences(wanting(provider)) is ANY
    assert NO_RULES.preferences(ask("lab/a")) is ANY


@requirement("wire:provider")
def test_every_wish_is_read():
    provider = {
        "order": ["One", "two/turbo"],
        "only": ["one"],
        "ignore": ["THREE"],
        "allow_fallbacks": False,
        "require_parameters": True,
        "data_collection": "deny",
        "zdr": True,
        "sort": {"by": "latency"},
        "max_price": {"prompt": "0.5"},
        "preferred_max_latency": {"p50": 1, "p90": 2.5},
        "preferred_min_throughput": 20,
    }
    assert rules("one", "two").preferences(wanting(provider)) == Preferences(
        order=("one", "two"),
        only=frozenset({"one"}),
        ignore=frozenset({"three"}),
        fallbacks=False,
        sort="latency",
        no_training=True,
        no_retention=True,
        all_parameters=True,
        dearest=Price(nano("0.5"), nano(10**9)),
        slowest=((50, 1.0), (90, 2.5)),
        least_speed=((50, 20.0),),
    )


@requirement("wire:provider", "wire:data-policy")
def test_a_request_may_want_more_than_the_operator_and_never_less():
    house = rules(data_collection="deny", zdr=True, ignore=["bad"], order=["one"], sort="price")
    wishes = house.preferences(wanting({"data_collection": "allow", "zdr": False, "ignore": ["worse"], "order": ["x"]}))
    assert wishes.no_training and wishes.no_retention
    assert wishes.ignore == {"bad", "worse"}
    assert wishes.order[0] == "x" and wishes.sort == "price"
    assert house.preferences(ask("lab/a")).ignore == {"bad"}


@requirement("wire:provider")
def test_openrouter_stands_behind_the_first_name_that_it_may_know():
    house = rules("lab")
    assert house.preferences(wanting({"order": ["lab", "anthropic", "x"]})).order == (
        "lab", "anthropic", "openrouter", "x",
    )  # fmt: skip
    assert house.preferences(wanting({"only": ["lab"]})).only == {"lab"}
    assert house.preferences(wanting({"only": ["anthropic"]})).only == {"anthropic", "openrouter"}


@requirement("wire:provider")
@pytest.mark.parametrize(
    ("routing", "provider", "told"),
    [
        ({}, {"zdr": True, "quantizations": ["fp8"]}, {"zdr": True, "quantizations": ["fp8"]}),
        ({}, {"only": ["lab", "Anthropic"], "order": ["lab"]}, {"only": ["Anthropic"]}),
        ({"zdr": True, "data_collection": "deny"}, {"zdr": False}, {"zdr": True, "data_collection": "deny"}),
        ({"ignore": ["x", "lab"], "sort": "price"}, {"ignore": ["y"]}, {"ignore": ["y", "x"], "sort": "price"}),
        ({"sort": "price"}, {"sort": "latency"}, {"sort": "latency"}),
    ],
)
def test_openrouter_is_told_what_both_want_less_the_names_of_ours(
    routing: dict[str, Any], provider: dict[str, Any], told: Mapping[str, Any]
):
    assert rules("lab", **routing).policy(wanting(provider)) == {"user": "u", "provider": told}


@requirement("wire:provider")
def test_a_policy_to_which_nobody_adds_anything_stays_the_very_same():
    request = ask("lab/a", policy={"user": "u"})
    assert NO_RULES.policy(request) is request.policy
    assert rules(data_collection="deny").policy(request) == {"user": "u", "provider": {"data_collection": "deny"}}
