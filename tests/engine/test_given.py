"""A run that ends with the panel, and a later one that fuses what that panel said."""

import pytest

from fuseline.types.deliberation import PanelAnswer
from fuseline.types.errors import InvalidRequest
from fuseline.types.events import AnalysisStarted, SeatAnswered, SeatFailed, WriterStarted
from tests.doors.http.players import compares
from tests.house import ask, hear, house
from tests.requirements import requirement
from tests.upstream import Upstream, fault_upstream, says

pytestmark = pytest.mark.anyio


def calls(upstream: Upstream) -> list[str]:
    """Who was called, in order of their names."""
    return sorted(exchange.model for exchange in upstream.log)


@requirement("ours:panel-only")
async def test_a_run_can_end_when_the_panel_was_heard():
    with fault_upstream() as upstream:
        upstream.script("a", [says("First.")])
        async with house(upstream.base_url) as opened:
            run, events = await hear(opened, ask(parameters={"panel_only": True}))
            stored = await opened.store.run("last")
    assert run is not None and run.report is not None and run.reply is not None and stored is not None
    assert (run.status, run.degraded, run.reply.text) == ("completed", "panel_only", "")
    assert run.report.answers[0].content == "First."
    assert not [event for event in events if isinstance(event, AnalysisStarted | WriterStarted)]
    assert calls(upstream) == ["a", "b", "c"]
    assert [call.speaker.role for call in stored.calls] == ["panel"] * 3


@requirement("ours:given")
async def test_answers_that_are_given_are_fused_and_nobody_is_asked_for_them_again():
    given = (
        PanelAnswer(0, "lab/a", "It scatters."),
        PanelAnswer(1, "lab/b", error="it failed before", reason="rate_limited"),
        PanelAnswer(2, "lab/c", "Edited by hand."),
    )
    with fault_upstream() as upstream:
        upstream.script("judge", [compares])
        upstream.script("writer", [says("Fused.")])
        async with house(upstream.base_url) as opened:
            heard: list[object] = []

            async def tell(event: object) -> None:
                heard.append(event)

            run = await opened.gateway.ask(ask(), tell, given)
    assert run.reply is not None and run.reply.text == "Fused."
    assert calls(upstream) == ["judge", "writer"]
    assert "Edited by hand." in str(upstream.calls("writer")[0].body)
    assert [type(one) for one in heard if isinstance(one, SeatAnswered | SeatFailed)] == [
        SeatAnswered, SeatFailed, SeatAnswered,
    ]  # fmt: skip
    assert run.report is not None and run.report.answers == given


@requirement("ours:given")
async def test_answers_of_another_panel_are_refused():
    with fault_upstream() as upstream:
        async with house(upstream.base_url) as opened:
            with pytest.raises(InvalidRequest, match="not those of this panel"):
                await opened.gateway.ask(ask(), given=(PanelAnswer(0, "lab/a", "x"),))
    assert calls(upstream) == []


@requirement("ours:given")
async def test_only_a_seat_without_an_answer_is_asked():
    given = (PanelAnswer(0, "lab/a", "It scatters."), None, PanelAnswer(2, "lab/c", error="dead", reason="refusal"))
    with fault_upstream() as upstream:
        upstream.script("b", [says("Asked anew.")])
        upstream.script("judge", [compares])
        async with house(upstream.base_url) as opened:
            run = await opened.gateway.ask(ask(parameters={"quorum": 1, "grace_s": 5}), given=given)
    assert run.report is not None
    assert [answer.content for answer in run.report.answers] == ["It scatters.", "Asked anew.", ""]
    assert calls(upstream) == ["b", "judge", "writer"]
    assert [call.speaker.seat for call in run.calls if call.speaker.role == "panel"] == [1]
