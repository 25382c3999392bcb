"""Both ends of the wire against each other: what a house writes, a house reads as it was."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fuseline.types.events import ClientCalled, Finished, ReasoningDelta, RunStarted, TextDelta
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Reply
from fuseline.wires.chat.reader import read_reply
from fuseline.wires.chat.writer import write_reply
from tests.requirements import requirement
from tests.wires.runs import ASKED, WRITER
from tests.wires.streams import read
from tests.wires.test_writing import BEGUN, PLAIN, QUIET, transcript

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
CALLS = st.lists(st.builds(ToolCall, st.just("c1"), st.just("look"), TEXT), max_size=1).map(tuple)


def reply_of(texts: list[str], thoughts: list[str], calls: tuple[ToolCall, ...]) -> Reply:
    """A reply that said these pieces."""
    finish = "tool_calls" if calls else "stop"
    return Reply("c/x", "".join(texts), "".join(thoughts), "", calls, finish, finish)


@requirement("ours:text-exact")
@given(st.lists(TEXT, max_size=5), st.lists(TEXT, max_size=3), CALLS, st.lists(st.integers(1, 3000), max_size=30))
def test_a_stream_of_ours_reads_as_what_was_said(
    texts: list[str], thoughts: list[str], calls: tuple[ToolCall, ...], cuts: list[int]
):
    told = [*(ReasoningDelta(WRITER, text) for text in thoughts), *(TextDelta(WRITER, text) for text in texts)]
    called = [ClientCalled(calls)] if calls else []
    run = replace(PLAIN, reply=reply_of(texts, thoughts, calls), calls=())
    payload = transcript(QUIET, RunStarted(BEGUN), *told, *called, Finished(run)).encode()
    heard, _ = read(payload, [cut for cut in cuts if cut < len(payload)])
    assert (heard.text, heard.reasoning, heard.tool_calls) == ("".join(texts), "".join(thoughts), calls)
    assert heard.finish_reason == ("tool_calls" if calls else "stop")


@requirement("ours:text-exact")
@given(st.lists(TEXT, max_size=5), st.lists(TEXT, max_size=3), CALLS)
def test_a_whole_reply_of_ours_reads_as_what_was_said(
    texts: list[str], thoughts: list[str], calls: tuple[ToolCall, ...]
):
    reply = reply_of(texts, thoughts, calls)
    heard = read_reply(write_reply(replace(PLAIN, reply=reply, calls=()), ASKED))
    assert (heard.text, heard.reasoning, heard.tool_calls) == (reply.text, reply.reasoning, reply.tool_calls)


def test_the_cost_that_we_report_is_read_back_to_the_nano():
    usage = read_reply(write_reply(PLAIN, ASKED)).usage
    assert usage
    assert (usage.cost, usage.input_tokens, usage.reasoning_tokens) == (PLAIN.cost, 200, 60)
    assert json.loads(write_reply(PLAIN, ASKED))["usage"]["cost"] == PLAIN.cost / 1e9
