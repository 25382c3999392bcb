"""Whatever a reply holds, it is read as it was written: whole, streamed, and cut anywhere."""

import json
from base64 import b64encode
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fuseline.types.json import Json
from fuseline.types.messages import ToolCall, user
from fuseline.types.replies import Citation, Reply, Usage
from fuseline.types.requests import Request
from fuseline.wires.gemini.signatures import beside_call, seal
from tests.requirements import requirement
from tests.wires.gemini.far import WIRE, read, written
from tests.wires.gemini.writer import write_pieces, write_stream, write_whole

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
NAME = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_-]{0,8}\Z")
SIGNATURE = st.binary(min_size=1, max_size=12).map(lambda sealed: b64encode(sealed).decode())
VALUE: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT, lambda inner: st.lists(inner, max_size=2), max_leaves=3
)
ENDS = {"STOP": "stop", "MAX_TOKENS": "length", "SAFETY": "content_filter", "RECITATION": "content_filter"}


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Counts that can be true."""
    given_in, out = draw(st.integers(0, 9999)), draw(st.integers(0, 9999))
    cached, thoughts = draw(st.integers(0, given_in)), draw(st.integers(0, out))
    return Usage(given_in, out, cached_tokens=cached, reasoning_tokens=thoughts)


@st.composite
def citations(draw: st.DrawFn, text: str) -> Citation:
    """A page with a place in a text."""
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    return Citation(f"https://a.example/{draw(NAME)}", draw(NAME), start, end, draw(TEXT))


@st.composite
def replies(draw: st.DrawFn) -> Reply:
    """A reply of any kind."""
    text, signed = draw(TEXT), draw(st.lists(SIGNATURE, max_size=2))
    details: list[Json] = [seal(one) for one in signed]
    calls: list[ToolCall] = []
    for number, name in enumerate(draw(st.lists(NAME, max_size=3))):
        signature = draw(st.none() | SIGNATURE)
        arguments = json.dumps(
            draw(st.dictionaries(NAME, VALUE, max_size=3)), ensure_ascii=False, separators=(",", ":")
        )
        calls.append(ToolCall(f"call_{number}", name, arguments, beside_call(signature) if signature else {}))
        details += [seal(signature, f"call_{number}")] if signature else []
    native = "STOP" if calls else draw(st.sampled_from(list(ENDS)))
    finish: Any = "tool_calls" if calls else ENDS[native]
    return Reply(
        draw(NAME),
        text,
        draw(TEXT),
        draw(TEXT) if finish == "content_filter" else "",
        tuple(calls),
        finish,
        native,
        draw(st.none() | usages()),
        tuple(draw(st.lists(citations(text), max_size=3, unique=True))),
        draw(NAME),
        {"reasoning_details": details} if details else {},
    )


@requirement("ours:gemini")
@given(replies())
def test_a_whole_reply_is_read_as_it_was_written(reply: Reply):
    assert WIRE.read_reply(write_whole(reply)) == reply


@requirement("ours:gemini", "ours:text-exact")
@given(replies(), st.integers(1, 20), st.lists(st.integers(1, 3000), max_size=30))
def test_a_streamed_reply_is_read_as_it_was_written_wherever_it_is_cut(reply: Reply, size: int, cuts: list[int]):
    payload = write_stream(reply, size)
    assert read(payload, [cut for cut in cuts if cut < len(payload)]) == (reply, reply.text)


@given(replies(), st.integers(1, 20))
def test_a_list_of_a_streams_pieces_is_read_like_the_stream(reply: Reply, size: int):
    assert WIRE.read_reply(json.dumps(write_pieces(reply, size)).encode()) == reply


@requirement("ours:gemini")
@given(replies().filter(lambda reply: bool(reply.tool_calls)))
def test_a_turn_goes_back_with_each_call_and_signature_where_it_was(reply: Reply):
    request = Request("x", (user("a"), reply.message))
    back = written(request, without=frozenset({"placeholder"}))["contents"][1]["parts"]
    came = json.loads(write_whole(reply))["candidates"][0]["content"]["parts"]
    assert [part for part in back if not part.get("text")] == [part for part in came if not part.get("text")]
