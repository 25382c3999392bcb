"""Mistakes of our own around an answer that is there: they are logged, and cost no more than what they spoil."""

import pytest

from fuseline.engine.citations.shelf import Shelf
from tests.doors.http.players import compares
from tests.house import ask, house
from tests.requirements import requirement
from tests.upstream import fault_upstream, says

pytestmark = [pytest.mark.anyio, requirement("ours:unbroken")]

SAID = "Blue light is scattered about five times as much as red light is ([page](https://a.example/sky))."
ANSWER = "Blue light is scattered about five times as much as red light is. That is all there is to say of it."


def breaks(*_: object) -> None:
    """A mistake."""
    raise ZeroDivisionError


@pytest.mark.parametrize("place", ["behind", "__init__"])
async def test_an_answer_whose_citations_cannot_be_found_is_told_without(
    place: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(Shelf, place, breaks)
    with fault_upstream() as upstream:
        for model, steps in {"a": [says(SAID)], "judge": [compares], "writer": [says(ANSWER)]}.items():
            upstream.script(model, steps)
        async with house(upstream.base_url) as opened:
            run = await opened.gateway.ask(ask())
    assert run.reply is not None and run.reply.text == ANSWER
    assert "ZeroDivisionError" in caplog.text


async def test_an_answer_that_cannot_be_traced_is_told_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr("fuseline.engine.review.trace", breaks)
    with fault_upstream() as upstream:
        upstream.script("judge", [compares])
        upstream.script("writer", [says(ANSWER)])
        async with house(upstream.base_url) as opened:
            run = await opened.gateway.ask(ask(parameters={"expose": "full"}))
    assert run.reply is not None and run.reply.text == ANSWER
    assert run.report is not None and "the answer could not be traced to the panel's" in run.report.warnings
    assert "ZeroDivisionError" in caplog.text
