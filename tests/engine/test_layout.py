"""Calls of one run, and of the next turn, begin alike for as long as they can, so that upstreams can keep that."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from itertools import takewhile

import pytest

from fuseline.engine.layout import returns
from fuseline.engine.loop import kept
from fuseline.types.json import JsonObject
from fuseline.types.messages import Message, system, user
from fuseline.types.requests import FunctionTool, Request
from tests.engine.windows import furnished, said
from tests.house import ask, hear
from tests.requirements import requirement
from tests.upstream import Upstream, fault_upstream, says

pytestmark = pytest.mark.anyio
EMPTY = (
    '{"consensus": [], "contradictions": [], "partial_coverage": [], "unique_insights": [], "blind_spots": ["All."]}'
)
EARLIER = (user("Why is the sky blue?"), Message("assistant", "By Rayleigh scattering."))
QUESTION = user("And at dusk?")
BOTH = Message("assistant", "Both.")


@pytest.fixture
def upstream() -> Generator[Upstream]:
    with fault_upstream() as running:
        yield running


async def written(upstream: Upstream, *messages: Message, by: str = "a") -> list[str]:
    """Everything that was said to the one model that had all parts in a run: two seats, the analyst, the writer."""
    upstream.script(by, [says("Red light is left over."), says("The path is longer."), says(EMPTY), says("Both.")])
    one = f"lab/{by}"
    parameters = {"analysis_models": [one, one], "model": one, "writer": one}
    async with furnished(upstream, {by: {}}) as house:
        run, _ = await hear(house, replace(ask(parameters=parameters), messages=messages))
    assert run is not None and [call.speaker.role for call in run.calls] == ["panel", "panel", "analyst", "writer"]
    return ["\n".join(f"{role}: {content}" for role, content in said(call.body)) for call in upstream.calls(by)]


def alike(texts: Sequence[str]) -> str:
    """What all texts begin with."""
    return "".join(row[0] for row in takewhile(lambda row: len(set(row)) == 1, zip(*texts, strict=False)))


@requirement("ours:prefix")
async def test_panel_analyst_and_writer_begin_with_the_same_words_up_to_the_question(upstream: Upstream):
    calls = await written(upstream, *EARLIER, QUESTION)
    assert len(set(calls)) == 3
    assert alike(calls).rstrip().endswith("user: And at dusk?")


@requirement("ours:prefix")
async def test_the_next_turn_begins_with_all_that_was_said_before(upstream: Upstream):
    first = await written(upstream, *EARLIER, QUESTION)
    second = await written(upstream, *EARLIER, QUESTION, BOTH, user("In winter?"), by="b")
    shared = alike([*first, *second])
    assert shared.rstrip().endswith("user: And at dusk?")


@requirement("ours:prefix")
async def test_nothing_that_is_drawn_for_a_run_stands_before_its_question(upstream: Upstream):
    first, second = [await written(upstream, QUESTION, by=name) for name in "ab"]
    before = {call.partition("And at dusk?")[0] for call in (*first, *second)}
    assert len(before) == 1


@requirement("ours:prefix")
async def test_the_persons_instructions_stand_in_front_for_those_who_may_see_them(upstream: Upstream):
    *seats, analyst, writer = await written(upstream, system("Answer in verse."), QUESTION)
    assert "Answer in verse." in writer.partition("And at dusk?")[0]
    assert not any("Answer in verse." in call for call in (*seats, analyst))


@requirement("ours:prefix")
@pytest.mark.parametrize(
    ("request_", "asked"),
    [
        (Request("m", (QUESTION,)), False),
        (Request("m", (QUESTION,), functions=(FunctionTool("look"),)), True),
        (Request("m", (*EARLIER, QUESTION)), True),
    ],
)
def test_what_another_round_or_turn_begins_with_is_asked_to_be_kept(request_: Request, asked: bool):
    assert ("cache_control" in kept(request_).extra) is asked


def test_the_clients_own_wish_on_keeping_wins():
    wish: JsonObject = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    assert kept(Request("m", (*EARLIER, QUESTION), extra=wish)).extra == wish


@pytest.mark.parametrize(
    ("roles", "conversation", "kept"),
    [
        (("m", "n", "o"), (QUESTION,), False),
        (("m", "n", "m"), (QUESTION,), True),
        (("n", "m"), (*EARLIER, QUESTION), True),
    ],
)
def test_a_beginning_is_kept_where_its_model_comes_back(
    roles: tuple[str, ...], conversation: tuple[Message, ...], kept: bool
):
    assert returns("m", roles, conversation) is kept
