"""A quorum: when enough seats have answered, the rest have a moment left, and what they had said is not lost."""

import anyio
import pytest

from fuseline.types.runs import Run
from tests.faults.claims import at_work
from tests.house import ask, hear
from tests.requirements import requirement
from tests.upstream import Step, fault_upstream, hangs, says
from tests.upstream.broken import hang_mid

pytestmark = [pytest.mark.anyio, requirement("ours:quorum")]

PATIENT = {"idle_s": 60}
"""A straggler is left behind by the quorum here, not by its own clock."""


async def polled(third: Step, **parameters: object) -> Run:
    """A run of three seats whose third does as it is told."""
    with fault_upstream() as upstream:
        upstream.script("c", [third])
        async with at_work(upstream, [], clocks=PATIENT) as house:
            run, _ = await hear(house, ask(parameters=parameters))
            assert run is not None
            await upstream.until(lambda: upstream.open_connections() == 0)
            return run


async def test_two_of_three_are_enough_and_the_straggler_is_left_behind():
    with anyio.fail_after(5):
        run = await polled(hangs(), quorum=2, grace_s=0.1)
    assert run.report is not None
    assert [(one.model, one.reason) for one in run.report.failed] == [("lab/c", "grace_over")]


async def test_a_straggler_that_had_said_enough_is_kept_as_far_as_it_came():
    run = await polled(hang_mid("300"), quorum=2, grace_s=0.3)
    assert run.report is not None
    late = run.report.answers[2]
    assert (late.failed, late.truncated, late.reason, len(late.content)) == (False, True, "grace_over", 300)


async def test_what_a_straggler_cost_is_booked_though_nobody_waited_for_it():
    run = await polled(hang_mid("300"), quorum=2, grace_s=0.3)
    late = next(call for call in run.calls if call.speaker.model == "lab/c")
    assert (late.error, late.certainty, late.cost > 0) == ("cancelled", "estimate", True)


async def test_nobody_waits_out_the_grace_when_all_have_answered():
    with anyio.fail_after(5):
        run = await polled(says("Quick."), quorum=2, grace_s=60)
    assert run.report is not None and len(run.report.heard) == 3


async def test_without_a_quorum_everybody_is_waited_for():
    run = await polled(says("Late, but here.", delay_s=0.4))
    assert run.report is not None and run.report.answers[2].content == "Late, but here."
