"""Earlier fusion runs that a client sends again: kept where the model may call fusion, else taken out."""

from dataclasses import replace
from typing import Any

import pytest

from fuseline.planner.history import LONGEST_RESULT
from fuseline.types.deliberation import FUSION_CALL
from fuseline.types.messages import Message, ToolCall, user
from fuseline.types.requests import Named, Request
from tests.planner.desk import LOOK, ask, plan, plugin
from tests.requirements import requirement

pytestmark = requirement("wire:sent-again")

RUN = ToolCall("run_1", FUSION_CALL, '{"prompt": "Why?"}')
LOOKED = ToolCall("look_1", "look", "{}")
QUESTION = user("Why?")
CALLED = Message("assistant", "", (RUN,))
RESULT = Message("tool", '{"status": "ok"}', tool_call_id="run_1")
ANSWER = Message("assistant", "Because.")
AGAIN = user("And then?")
EARLIER = (QUESTION, CALLED, RESULT, ANSWER)
OFFERED: dict[str, Any] = {"functions": (LOOK,)}


def sent(*messages: Message, **fields: Any) -> tuple[Message, ...]:
    """The conversation that goes on to whoever answers the alias."""
    return plan(Request("openrouter/fusion", messages, **fields)).request.messages


def test_an_earlier_run_stays_where_fusion_is_offered_again():
    assert sent(*EARLIER, AGAIN, **OFFERED) == (*EARLIER, AGAIN)


@pytest.mark.parametrize(
    "fields", [{}, {"tool_choice": "none"}, {"tool_choice": Named("openrouter:fusion")}, {"depth": 1}]
)
def test_an_earlier_run_goes_where_fusion_is_not_offered(fields: dict[str, Any]):
    assert sent(*EARLIER, AGAIN, **fields) == (QUESTION, ANSWER, AGAIN)


@pytest.mark.parametrize(
    "spoiled",
    [(QUESTION, CALLED, Message("tool", "x" * (LONGEST_RESULT + 1), tool_call_id="run_1")), (QUESTION, CALLED)],
)
def test_a_run_whose_result_is_too_long_or_lost_goes_anywhere(spoiled: tuple[Message, ...]):
    assert sent(*spoiled, ANSWER, AGAIN, **OFFERED) == (QUESTION, ANSWER, AGAIN)


def test_what_stood_beside_an_earlier_run_stays():
    found = Message("tool", "found", tool_call_id="look_1")
    both = Message("assistant", "Let me see.", (RUN, LOOKED))
    kept = Message("assistant", "Let me see.", (LOOKED,))
    assert sent(QUESTION, both, RESULT, found, ANSWER, AGAIN) == (QUESTION, kept, found, ANSWER, AGAIN)


def test_words_before_an_earlier_run_stay():
    spoke = Message("assistant", "I shall ask.", (RUN,))
    assert sent(QUESTION, spoke, RESULT, ANSWER, AGAIN) == (
        QUESTION, Message("assistant", "I shall ask."), ANSWER, AGAIN,
    )  # fmt: skip


def test_a_conversation_of_nothing_but_a_run_is_left_as_it_is():
    assert sent(CALLED, RESULT, tool_choice="none") == (CALLED, RESULT)


@pytest.mark.parametrize(("last", "mode"), [((ANSWER, AGAIN), "forced"), ((), "offered"), ((ANSWER,), "offered")])
def test_only_a_question_convenes_the_panel_and_never_an_earlier_run(last: tuple[Message, ...], mode: str):
    assert plan(Request("openrouter/fusion", (QUESTION, CALLED, RESULT, *last))).mode == mode


@requirement("wire:response-format")
def test_a_plain_call_has_no_form_of_ours():
    wanted: Any = {"type": "json_schema", "json_schema": {"schema": "not checked"}}
    for request in (ask("lab/a"), ask(tool_choice="none"), ask(plugins=plugin(enabled=False)), ask(depth=1)):
        made = plan(replace(request, response_format=wanted))
        assert (made.form, made.request.response_format) == (None, wanted)
