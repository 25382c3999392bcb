"""What a seat sees of the conversation, how that fits its window, and who gets what was attached."""

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest

from fuseline.types.deliberation import FUSION_CALL
from fuseline.types.errors import RunFailed
from fuseline.types.messages import Attachment, Message, Text, ToolCall, system, user
from fuseline.types.requests import Plugin, Request
from fuseline.types.runs import Run
from tests.engine.windows import COMPARES, furnished, said, taken
from tests.house import ask, hear
from tests.requirements import requirement
from tests.upstream import Upstream, calls_tool, fault_upstream, says

pytestmark = pytest.mark.anyio

ASSISTANT = Message("assistant", "By Rayleigh scattering.")
EARLIER = (user("Why is the sky blue?"), ASSISTANT)
CALL = ToolCall("call_0", FUSION_CALL, '{"prompt":"An old prompt"}')
REPLAYED = (
    user("Why is the sky blue?"),
    Message("assistant", "", (CALL,), opaque={"reasoning_details": [{"result": "An old report"}]}),
    Message("tool", '{"status":"ok","responses":["An old report"]}', tool_call_id="call_0"),
    ASSISTANT,
    user("And at dusk?"),
)
IMAGE = Attachment({"type": "image_url", "image_url": {"url": "https://a.example/sky.png"}})
AUDIO = Attachment({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}})
SHOWN = (Message("user", (Text("What is this?"), IMAGE)),)


@pytest.fixture
def upstream() -> Generator[Upstream]:
    with fault_upstream() as running:
        running.script("judge", [COMPARES])
        running.script("outer", [calls_tool(FUSION_CALL, {"prompt": "Why red at dusk?"}), says("Because.")])
        yield running


def forced(*messages: Message) -> Request:
    """A request that convenes the panel at once."""
    return replace(ask(), messages=messages)


def offered(*messages: Message) -> Request:
    """A request whose outer model calls the panel."""
    plugin = Plugin("fusion", parameters={"analysis_models": ["lab/a"], "model": "lab/judge"})
    return Request("lab/outer", messages, plugins=(plugin,))


async def ran(upstream: Upstream, request: Request, facts: dict[str, dict[str, object]], **fusion: object) -> Run:
    """A run to its end, in a house where models have these facts."""
    async with furnished(upstream, {"outer": {}, **facts}, fusion=fusion) as house:
        run, _ = await hear(house, request)
        assert run is not None and run.report is not None
        return run


def heard_by(upstream: Upstream, name: str) -> list[tuple[str, Any]]:
    """The conversation that a model was shown: what stands between the opening and its task."""
    _, *between, (role, last) = said(upstream.calls(name)[0].body)
    shown = last.partition("\n\n<<<TASK>>>")[0] if isinstance(last, str) else last[:-1]
    return [*between, (role, shown)]


@requirement("ours:context")
async def test_a_panel_that_was_called_gets_the_prompt_alone_unless_told(upstream: Upstream):
    await ran(upstream, offered(*REPLAYED), {})
    assert heard_by(upstream, "a") == [("user", "Why red at dusk?")]


@requirement("ours:context")
async def test_with_the_conversation_a_called_panel_gets_that_and_then_the_prompt(upstream: Upstream):
    await ran(upstream, offered(*REPLAYED), {}, context="conversation")
    assert heard_by(upstream, "a") == [
        ("user", "Why is the sky blue?"),
        ("assistant", "By Rayleigh scattering."),
        ("user", "And at dusk?\n\nWhy red at dusk?"),
    ]


@requirement("ours:context")
async def test_a_prompt_that_repeats_the_last_message_is_not_said_twice(upstream: Upstream):
    await ran(upstream, offered(*EARLIER, user(" Why red at dusk?\n")), {}, context="conversation")
    assert heard_by(upstream, "a")[-1] == ("user", " Why red at dusk?\n")


@requirement("ours:context")
async def test_with_only_the_prompt_a_called_panel_sees_nothing_else(upstream: Upstream):
    await ran(upstream, offered(*REPLAYED), {}, context="prompt")
    assert heard_by(upstream, "a") == [("user", "Why red at dusk?")]


@requirement("ours:context")
async def test_with_only_the_prompt_a_forced_panel_sees_the_last_message(upstream: Upstream):
    run = await ran(upstream, forced(system("Be brief."), *REPLAYED), {}, context="prompt", forward_system=True)
    assert heard_by(upstream, "a") == [("user", "Be brief.\n\nAnd at dusk?")]
    assert run.report is not None and "And at dusk?" in run.report.prompt


@requirement("ours:context")
@pytest.mark.parametrize("context", ["conversation", "prompt"])
async def test_earlier_runs_of_the_panel_never_reach_it(upstream: Upstream, context: str):
    await ran(upstream, forced(*REPLAYED), {}, context=context)
    for seat in "abc":
        assert "An old" not in str(upstream.calls(seat)[0].body)


@requirement("ours:context")
@pytest.mark.parametrize(("context", "told"), [("conversation", "They see what was said"), ("prompt", "nothing else")])
async def test_the_outer_model_is_told_what_the_experts_see(upstream: Upstream, context: str, told: str):
    await ran(upstream, offered(*EARLIER, user("And at dusk?")), {}, context=context)
    assert told in str(upstream.calls("outer")[0].body["tools"])


LONG = tuple(Message(role, f"Turn {number}. {'word ' * 400}") for number in range(10) for role in ("user", "assistant"))


@requirement("ours:fits")
async def test_a_small_window_gets_the_newest_messages_a_note_and_a_warning(upstream: Upstream):
    run = await ran(upstream, forced(*LONG, user("And now?")), {"b": {"context": 8_000}})
    (_, note), *_, (_, last) = heard_by(upstream, "b")
    left_out = 20 - str(heard_by(upstream, "b")).count("Turn ")
    assert str(note).startswith(
        f"[The first {left_out} messages of this conversation were left out because they exceed"
    )
    assert last == "And now?"
    assert run.report is not None and not run.report.failed
    assert f"seat 2 (lab/b): the first {left_out} messages were left out" in run.report.warnings
    assert taken(upstream.calls("b")[0].body) <= 8_000
    assert len(heard_by(upstream, "a")) == 21


@requirement("ours:fits")
async def test_the_room_for_the_answer_is_lowered_before_anything_is_left_out(upstream: Upstream):
    run = await ran(upstream, forced(*LONG, user("And now?")), {"b": {"context": 16_000}})
    body = upstream.calls("b")[0].body
    assert len(heard_by(upstream, "b")) == 21 and run.report is not None and run.report.warnings == ()
    assert 1_024 <= int(str(body["max_tokens"])) < 16_000 and taken(body) <= 16_000


@requirement("ours:fits")
async def test_forwarded_instructions_stay_when_messages_go(upstream: Upstream):
    request = forced(system("Be brief."), *LONG, user("And now?"))
    await ran(upstream, request, {"b": {"context": 8_000}}, forward_system=True)
    _, first = heard_by(upstream, "b")[0]
    assert str(first).startswith("Be brief.\n\n[The first ")


@requirement("ours:fits")
async def test_a_seat_that_cannot_hold_the_question_is_skipped_with_the_reason(upstream: Upstream):
    run = await ran(upstream, forced(user("word " * 4_000)), {"b": {"context": 4_000}})
    assert run.report is not None
    (dead,) = run.report.failed
    assert (dead.seat, dead.reason, dead.status_code) == (1, "context_length", None)
    assert dead.error == "the question is longer than the model's window of 4000 tokens"
    assert upstream.calls("b") == [] and not [call for call in run.calls if call.speaker.model == "lab/b"]


@requirement("ours:fits")
async def test_an_unknown_window_is_sent_everything(upstream: Upstream):
    run = await ran(upstream, forced(*LONG, user("And now?")), {})
    assert len(heard_by(upstream, "b")) == 21 and run.report is not None and run.report.warnings == ()
    assert upstream.calls("b")[0].body["max_tokens"] == 16_000


@requirement("ours:attachments")
async def test_an_image_goes_to_those_who_take_it_and_the_others_are_skipped(upstream: Upstream):
    run = await ran(upstream, forced(*SHOWN), {"a": {"takes": ["image"]}, "c": {"takes": ["audio"]}})
    assert run.report is not None
    assert [(one.seat, one.reason, one.error) for one in run.report.failed] == [
        (1, "unsupported_input", "the model takes no images"),
        (2, "unsupported_input", "the model takes no images"),
    ]
    (_, asked) = heard_by(upstream, "a")[0]
    assert isinstance(asked, list) and IMAGE.body in asked
    assert upstream.calls("b") == upstream.calls("c") == []


@requirement("ours:attachments")
async def test_a_seat_says_every_kind_that_it_does_not_take(upstream: Upstream):
    run = await ran(
        upstream, forced(Message("user", (Text("What?"), IMAGE, AUDIO))), {"a": {"takes": ["image", "audio"]}}
    )
    assert run.report is not None
    assert run.report.failed[0].error == "the model takes no images and no audio"


@requirement("ours:attachments")
async def test_where_nobody_takes_it_the_panel_is_dead_and_the_writer_answers(upstream: Upstream):
    run = await ran(upstream, forced(*SHOWN), {})
    assert run.report is not None and run.degraded == "no_panel"
    assert run.report.failure_reason == "unsupported_input"
    assert [call.speaker.role for call in run.calls] == ["writer"]


@requirement("ours:attachments")
async def test_analyst_and_a_writer_that_cannot_see_are_told_that_something_was_attached(upstream: Upstream):
    await ran(upstream, forced(*SHOWN), {"a": {"takes": ["image"]}})
    assert "What is this?\n\n[An image was attached.]" in str(heard_by(upstream, "judge")[0][1])
    ((_, asked),) = heard_by(upstream, "writer")
    assert str(asked).startswith("What is this?\n\n[An image was attached that this model cannot see.]")


@requirement("ours:attachments")
async def test_a_writer_that_sees_gets_the_image(upstream: Upstream):
    await ran(upstream, forced(*SHOWN), {"a": {"takes": ["image"]}, "writer": {"takes": ["image"]}})
    ((_, asked),) = heard_by(upstream, "writer")
    assert isinstance(asked, list) and IMAGE.body in asked


@requirement("ours:attachments")
async def test_a_plain_call_passes_everything_through(upstream: Upstream):
    async with furnished(upstream, {}) as house:
        await hear(house, Request("lab/a", SHOWN))
    (_, asked) = said(upstream.calls("a")[0].body)[0]
    assert IMAGE.body in asked


@requirement("ours:attachments")
async def test_where_nobody_takes_it_and_the_writer_fails_the_request_is_called_wrong(upstream: Upstream):
    async with furnished(upstream, {"fault/500": {}}) as house:
        with pytest.raises(RunFailed) as failed:
            await hear(house, replace(ask(parameters={"writer": "lab/fault/500"}), messages=SHOWN))
    assert (failed.value.status, failed.value.kind) == (400, "invalid_request")
