"""How a request was routed is told in the vendor's words."""

from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from fuseline.types.messages import user
from fuseline.types.replies import Usage
from fuseline.types.requests import Request, ServerTool
from fuseline.types.runs import Run, Speaker
from fuseline.wires.accounts import write_call
from fuseline.wires.metadata import write_metadata
from tests.requirements import requirement
from tests.wires.openapi import complaints
from tests.wires.runs import ASKED, CALLS, RUN, call

PLAIN = replace(RUN, requested="c/writer-1", router="", convened=False, report=None, calls=CALLS[4:], steps=0)
FALLEN = call("call_0", Speaker("outer", "a/first"), None, 0, error="overloaded")
SPOKE = call("call_1", Speaker("outer", "b/second"), Usage(1, 1), 5)


def told(run: Run, request: Request = ASKED) -> Any:
    """The metadata of a run."""
    return write_metadata(run, request)


@requirement("wire:metadata")
def test_a_fused_run_tells_its_route_and_each_call_of_its_panel():
    told_calls: Any = [write_call(one) for one in CALLS]
    metadata = told(RUN)
    assert metadata["pipeline"][0]["data"].pop("calls") == told_calls
    assert metadata == snapshot(
        {
            "requested": "openrouter/fusion",
            "strategy": "fusion",
            "region": None,
            "summary": "available=1, selected=Lab, panel=2/3",
            "attempt": 1,
            "is_byok": False,
            "endpoints": {"total": 1, "available": [{"provider": "Lab", "model": "c/latest", "selected": True}]},
            "attempts": [{"provider": "Lab", "model": "c/latest", "status": 200}],
            "pipeline": [
                {
                    "type": "server_tools",
                    "name": "server-tools",
                    "data": {"mode": "forced", "tools": ["openrouter:fusion"]},
                    "summary": "2 of 3 panel models answered",
                    "cost_usd": 0.0003,
                }
            ],
        }
    )


@requirement("wire:metadata")
def test_a_plain_run_has_no_pipeline():
    assert told(PLAIN) == snapshot(
        {
            "requested": "c/writer-1",
            "strategy": "direct",
            "region": None,
            "summary": "available=1, selected=Lab",
            "attempt": 1,
            "is_byok": False,
            "endpoints": {"total": 1, "available": [{"provider": "Lab", "model": "c/latest", "selected": True}]},
            "attempts": [{"provider": "Lab", "model": "c/latest", "status": 200}],
        }
    )


@requirement("wire:metadata")
def test_a_model_that_took_over_is_told_with_the_status_of_the_first():
    run = replace(PLAIN, requested="a/first", model="b/second", calls=(FALLEN, SPOKE))
    metadata = told(run, Request("a/first", (user("Why?"),), fallbacks=("b/second",)))
    assert (metadata["strategy"], metadata["attempt"]) == ("fallback", 2)
    assert metadata["attempts"] == [
        {"provider": "Lab", "model": "a/first", "status": 529},
        {"provider": "Lab", "model": "b/second", "status": 200},
    ]
    assert [place["selected"] for place in metadata["endpoints"]["available"]] == [False, True]


@requirement("wire:metadata")
@pytest.mark.parametrize(
    ("run", "strategy"),
    [
        (RUN, "fusion"),
        (replace(PLAIN, router="openrouter/fusion"), "fusion"),
        (replace(PLAIN, requested="~c/latest"), "alias"),
        (PLAIN, "direct"),
    ],
)
def test_the_strategy_says_how_the_model_was_found(run: Run, strategy: str):
    assert told(run)["strategy"] == strategy


def test_calls_that_never_went_out_are_no_attempts():
    unsent = call("call_6", Speaker("writer", "d/spare"), Usage(), 0, error="not_sent")
    assert [attempt["status"] for attempt in told(replace(RUN, calls=(*CALLS, unsent)))["attempts"]] == [200]


@pytest.mark.parametrize(
    ("reason", "status"),
    [("rate_limited", 429), ("idle_timeout", 504), ("upstream_truncated", 502), ("cancelled", 499)],
)
def test_a_failed_attempt_has_the_status_of_its_reason(reason: str, status: int):
    failed = replace(FALLEN, error=reason)
    metadata = told(replace(PLAIN, calls=(failed,)))
    assert [attempt["status"] for attempt in metadata["attempts"]] == [status]
    assert not any(place["selected"] for place in metadata["endpoints"]["available"])


def test_a_panel_that_the_outer_model_called_for_is_told_as_its_decision():
    run = replace(RUN, calls=(*CALLS[:4], SPOKE))
    (stage,) = told(run, replace(ASKED, server_tools=(ServerTool("openrouter:datetime"),)))["pipeline"]
    assert (stage["data"]["mode"], stage["data"]["tools"]) == ("auto", ["openrouter:fusion", "openrouter:datetime"])


@requirement("wire:metadata")
@pytest.mark.parametrize(
    "run",
    [RUN, PLAIN, replace(RUN, calls=()), replace(PLAIN, calls=(FALLEN,)), replace(RUN, status="failed", reply=None)],
)
def test_the_metadata_is_what_the_vendors_schema_says(run: Run):
    assert complaints("OpenRouterMetadata", told(run)) == []
