"""Server-sent events are read the same however the network splits them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseline.wires.sse import DONE, KEEP_ALIVE, EventReader, LineTooLong, frame
from tests.requirements import requirement

LINE = st.text(st.characters(exclude_characters="\r\n\0", codec="utf-8"), max_size=30).map(str.encode)
PAYLOAD = st.lists(LINE, min_size=1, max_size=3).map(b"\n".join)
BREAK = st.sampled_from([b"\n", b"\r\n", b"\r"])
NOISE = st.sampled_from([b"", b": OPENROUTER PROCESSING", b":", b"event: message", b"id: 7", b"retry: 10"])


def read(stream: bytes, cuts: list[int], line_limit: int = 1 << 20) -> list[bytes]:
    """The payloads of a stream that comes in pieces between `cuts`."""
    reader = EventReader(line_limit)
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    pieces = [stream[start:end] for start, end in pairwise(places)]
    return [payload for piece in pieces for payload in reader.feed(piece)] + reader.close()


def event(payload: bytes, noise: bytes, line_break: bytes) -> bytes:
    """An event with all that a valid stream may have beside its data."""
    lines = [*([noise] if noise else []), *(b"data: " + line for line in payload.split(b"\n")), b"", b""]
    return line_break.join(lines)


@requirement("ours:text-exact")
@given(st.lists(st.tuples(PAYLOAD, NOISE), max_size=6), BREAK, st.lists(st.integers(0, 10_000), max_size=40))
def test_any_split_of_any_valid_stream_gives_the_same_payloads(
    events: list[tuple[bytes, bytes]], line_break: bytes, cuts: list[int]
):
    stream = b"".join(event(payload, noise, line_break) for payload, noise in events)
    assert read(stream, cuts) == [payload for payload, _ in events]


@given(PAYLOAD, BREAK)
def test_a_stream_read_byte_by_byte_gives_its_payloads(payload: bytes, line_break: bytes):
    stream = event(payload, b"", line_break) + event(b"[DONE]", b"", line_break)
    assert read(stream, list(range(len(stream)))) == [payload, b"[DONE]"]


@pytest.mark.parametrize(
    ("stream", "payloads"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data:a\n\n", [b"a"]),
        (b"data:  a\n\n", [b" a"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
        (b": comment\n\ndata: a\n\n", [b"a"]),
        (b"event: x\nid: 1\ndata: a\n\n", [b"a"]),
        (b"data\n\ndata: a\n\n", [b"a"]),
        (b"data:\n\n", [b""]),
        (b"\n\n\n\ndata: a\n\n\n\n", [b"a"]),
        (b"data: a", [b"a"]),
        (b"data: a\n", [b"a"]),
        (b"database: a\n\n", []),
        (b"", []),
    ],
)
def test_a_stream_is_read_as_its_rules_say(stream: bytes, payloads: list[bytes]):
    assert read(stream, []) == payloads


def test_a_line_beyond_the_cap_is_refused_however_it_comes():
    stream = b"data: " + b"x" * 200
    with pytest.raises(LineTooLong):
        read(stream, [], line_limit=100)
    with pytest.raises(LineTooLong):
        read(stream, list(range(len(stream))), line_limit=100)


def test_many_short_lines_pass_a_small_cap():
    assert read(b"data: x\n\n" * 1000, [], line_limit=10) == [b"x"] * 1000


def test_what_is_written_can_be_read():
    assert read(frame(b'{"a":1}') + KEEP_ALIVE + DONE, []) == [b'{"a":1}', b"[DONE]"]
