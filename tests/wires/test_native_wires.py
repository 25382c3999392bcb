"""Each native wire in each case: what upstreams say means the same to us on all of them, however it is cut."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest

from fuseline.assembly import CLIENT_WIRES
from fuseline.types.errors import UpstreamError
from fuseline.types.messages import Attachment, Message, Text, ToolCall
from fuseline.types.models import PLAIN, Quirks
from fuseline.types.replies import Reply, Usage
from fuseline.types.requests import Request
from tests.requirements import requirement
from tests.wires.afar import ROOM, written
from tests.wires.recordings import CASES, RECORDINGS

NATIVE = pytest.mark.parametrize("wire", RECORDINGS)
TEXT = "Blue light scatters."
COUNTED = Usage(9, 4)
LOOKED = (ToolCall("call_1", "look", '{"q":"é"}'),)
MEANING: Mapping[str, tuple[Any, ...]] = {
    "text": (TEXT, "", (), "stop", COUNTED),
    "tools": ("", "", LOOKED, "tool_calls", COUNTED),
    "reasoning": (TEXT, "It is the air.", (), "stop", COUNTED),
    "limit": (TEXT, "", (), "length", COUNTED),
    "error": ("overloaded", TEXT),
    "cut": ("upstream_truncated", TEXT),
    "usage missing": (TEXT, "", (), "stop", None),
    "usage last": (TEXT, "", (), "stop", COUNTED),
    "usage cumulative": (TEXT, "", (), "stop", COUNTED),
    "usage incremental": (TEXT, "", (), "stop", COUNTED),
    "usage absurd": (TEXT, "", (), "stop", None),
    "usage zero": (TEXT, "", (), "stop", Usage(0, 0)),
}
SUMS = {("chat", "usage incremental"): Quirks(usage="sum")}
"""Where the endpoint has to say what several counts mean."""
CUMULATIVE = frozenset({("responses", "usage incremental"), ("messages", "usage incremental")})
"""Cases that cannot be: these protocols say themselves that a count replaces those before it."""
CELLS = [(wire, case) for wire in RECORDINGS for case in CASES if (wire, case) not in CUMULATIVE]


def meaning(reply: Reply) -> tuple[Any, ...]:
    """What a reply means, on whichever wire it came."""
    return reply.text, reply.reasoning, reply.tool_calls, reply.finish_reason, reply.usage


def read(wire: str, payload: bytes, cuts: range, quirks: Quirks) -> tuple[Any, ...]:
    """What a stream means that comes in pieces; of one that failed why, and what had come."""
    reader = CLIENT_WIRES[wire].reader(ROOM, ROOM, quirks)
    try:
        for start, end in pairwise([*cuts, len(payload)]):
            reader.feed(payload[start:end])
        return meaning(reader.close())
    except UpstreamError as error:
        return error.reason, error.partial.text


@requirement("ours:native-wires", "fault:F43", "fault:F44", "fault:F45", "fault:F46")
@pytest.mark.parametrize(("wire", "case"), CELLS, ids=[f"{wire}: {case}" for wire, case in CELLS])
def test_a_recording_means_the_same_on_every_wire_however_it_is_cut(wire: str, case: str):
    payload, quirks = RECORDINGS[wire](case), SUMS.get((wire, case), PLAIN)
    for length in (1, 7, 64, 1000, len(payload)):
        assert read(wire, payload, range(0, len(payload), length), quirks) == MEANING[case]


def test_every_case_has_a_meaning_and_every_cell_that_can_be_a_test():
    assert set(MEANING) == set(CASES)
    assert len(CELLS) == len(RECORDINGS) * len(CASES) - len(CUMULATIVE)


@requirement("ours:native-wires")
@NATIVE
def test_what_a_thought_was_sealed_with_is_kept_in_the_words_of_its_wire(wire: str):
    reader = CLIENT_WIRES[wire].reader(ROOM, ROOM)
    reader.feed(RECORDINGS[wire]("reasoning"))
    seals: Mapping[str, list[Any]] = {
        "chat": [],
        "responses": [{"type": "reasoning.encrypted", "data": "sealed", "id": "rs_0", "format": "openai-responses-v1"}],
        "messages": [
            {
                "type": "reasoning.text",
                "text": "It is the air.",
                "signature": "sealed",
                "format": "anthropic-claude-v1",
            }
        ],
    }
    assert reader.close().opaque.get("reasoning_details", []) == seals[wire]


PNG = "data:image/png;base64,AA=="
SHOWN: Mapping[str, Any] = {
    "chat": {"type": "image_url", "image_url": {"url": PNG}},
    "responses": {"type": "input_image", "image_url": PNG},
    "messages": {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
}


@requirement("ours:native-wires")
@NATIVE
def test_an_image_is_shown_in_the_words_of_the_wire(wire: str):
    image = Attachment({"type": "image_url", "image_url": {"url": PNG}})
    body = written(wire, Request("x", (Message("user", (Text("What is it?"), image)),)))
    turn = body["input" if wire == "responses" else "messages"][0]
    assert turn["content"][1] == SHOWN[wire]
