"""The repair pass: the writer is asked once more about what it left out, and the better of two answers is told."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from fuseline.engine.repair import MOST_POINTS, flaw_of, points_of
from fuseline.types.events import Event, TextDelta
from fuseline.types.json import list_of
from fuseline.types.provenance import Dropped, Flag, Provenance
from fuseline.types.replies import Reply
from fuseline.types.runs import Run
from tests.doors.http.players import last_text
from tests.house import ask, hear, house
from tests.requirements import requirement
from tests.upstream import Exchange, Step, calls_tool, fails, fault_upstream, says

pytestmark = requirement("ours:second-look")

SOLAR = "Solar panels supplied 5.5 percent of the electricity of the world in 2023, up from 4.6 percent a year before"
COPPER = "Copper prices on the London exchange fell to 8,100 dollars a tonne in October for weak demand in China"
DRAFT = f"{SOLAR} (https://ember.example/review). {COPPER} (https://metal.example/copper)."
OTHER = f"{SOLAR}, says another expert who looked at the same statistics of the same agency in some detail."
FIRST = f"{SOLAR}, as the agency says."
SECOND = f"{SOLAR}, as the agency says. {COPPER}."
ON: dict[str, Any] = {"analysis_models": ["lab/a", "lab/b"], "repair": "on"}
LINKS = " ([ember.example](https://ember.example/review))", " ([metal.example](https://metal.example/copper))"


async def asked(writer: Sequence[Step], **parameters: Any) -> tuple[Run, list[Event], Sequence[Exchange]]:
    """A run without an analysis, what happened in it, and what its writer was sent."""
    with fault_upstream() as upstream:
        upstream.script("a", [says(DRAFT)])
        upstream.script("b", [says(OTHER)])
        upstream.script("judge", [fails(400)])
        upstream.script("writer", writer)
        async with house(upstream.base_url) as opened:
            run, events = await hear(opened, ask(parameters={**ON, **parameters}))
        assert run is not None
        return run, events, [call for call in upstream.log if call.model == "writer"]


def heard(events: Sequence[Event]) -> Sequence[str]:
    """The pieces of the answer that a client heard."""
    return [one.text for one in events if isinstance(one, TextDelta) and one.speaker.to_client]


def told(run: Run) -> tuple[str, str]:
    """The answer of a run, and what it says of its repair."""
    assert run.reply is not None and run.report is not None
    return run.reply.text, next((one for one in run.report.warnings if one.startswith("repair: ")), "")


@pytest.mark.anyio
async def test_what_was_left_out_is_put_to_the_writer_whose_second_answer_is_told_in_one_piece():
    run, events, calls = await asked([says(FIRST), says(SECOND)])
    whole = f"{FIRST}{LINKS[0]} {COPPER}.{LINKS[1]}"
    assert told(run) == (whole, "repair: the writer went over its answer once more (points: 1)")
    assert heard(events) == [whole]
    _, second = calls
    assert COPPER in last_text(second.body) and "<<<POINTS" in last_text(second.body)
    assert list_of(second.body["messages"])[-2] == {"role": "assistant", "content": f"{FIRST}{LINKS[0]}"}
    assert [call.error for call in run.calls if call.speaker.role == "writer"] == ["", ""]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("second", "why"),
    [
        (says("Copper."), "was much shorter"),
        (says(SECOND, finish="length"), "was cut off"),
        (says(f"{'All of this was said at some length before. ' * 5}"), "lost 1 of its citations"),
        (calls_tool("anything", {}), "was no answer"),
        (says("", refusal="No."), "was no answer"),
        (fails(400), "did not come (bad_request)"),
    ],
    ids=["short", "cut", "uncited", "call", "refusal", "failure"],
)
async def test_the_first_answer_stands_where_the_second_is_no_better(second: Step, why: str):
    run, events, _ = await asked([says(FIRST), second])
    assert told(run) == (FIRST + LINKS[0], f"repair: the first answer stands, for the second {why}")
    assert heard(events) == [FIRST + LINKS[0]]


@pytest.mark.anyio
async def test_an_answer_that_leaves_nothing_out_is_not_asked_for_twice():
    run, events, calls = await asked([says(SECOND)])
    assert told(run) == (f"{FIRST}{LINKS[0]} {COPPER}.{LINKS[1]}", "")
    assert len(calls) == 1 and heard(events) == [told(run)[0]]


@pytest.mark.anyio
async def test_nothing_is_repaired_and_all_is_streamed_unless_it_is_asked_for():
    run, events, calls = await asked([says(FIRST)], repair="off")
    assert told(run) == (FIRST + LINKS[0], "")
    assert len(calls) == 1 and len(heard(events)) > 1


@pytest.mark.anyio
async def test_where_nobody_can_write_the_panels_answer_stands_in_once_and_unrepaired():
    run, events, _ = await asked([fails(500)] * 4)
    assert run.degraded == "best_panel_answer"
    assert heard(events) == [told(run)[0]]


@pytest.mark.anyio
async def test_the_limit_on_cost_holds_for_the_second_answer():
    free, _, _ = await asked([says(FIRST)], repair="off")
    run, _, calls = await asked([says(FIRST), says(SECOND)], max_cost=free.cost / 1e9 * 1.85)
    assert told(run)[0] == FIRST + LINKS[0] and len(calls) == 1
    assert told(run)[1] == "repair: the first answer stands, for the second was not to be paid for"


def test_points_are_short_lines_and_not_without_end():
    dropped = tuple(Dropped(0, f"claim {number}\n{'x' * 900}") for number in range(90))
    flags = (Flag("new_number", "42", 0, 2), Flag("unknown_url", "https://a.example", 3, 9))
    points = points_of(Provenance(dropped=dropped, flags=flags))
    assert len(points) == MOST_POINTS and all("\n" not in one and len(one) < 410 for one in points)
    assert [one.partition(":")[0] for one in points_of(Provenance(flags=flags))] == [
        "- This figure of the answer stands nowhere",
        "- This address of the answer stands nowhere",
    ]


def test_a_second_answer_needs_all_that_the_first_had():
    first = Reply("m", "It is so ([a](https://a.example/x)), and that is that.")
    assert flaw_of(first, replace(first, text=f"{first.text} More.")) == ""
    assert flaw_of(first, replace(first, text="It is so, and that is that, and more.")) == "lost 1 of its citations"
