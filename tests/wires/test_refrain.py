"""Of chunks that are like those before them only the text is read, and nothing comes of that but speed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseline.types.errors import UpstreamError
from fuseline.types.models import PLAIN
from fuseline.wires.chat.pieces import joined
from fuseline.wires.chat.reader import Chunks, open_reader
from fuseline.wires.chat.refrain import TRIES, Refrain
from fuseline.wires.draft import Draft
from fuseline.wires.reader import StreamReader

LIKE = b'{"id":"c","choices":[{"index":0,"delta":{"content":%s},"finish_reason":null}]}'
"""A chunk as most are, but for its text."""
STRANGE = (
    b'{"id":"c","choices":[{"index":0,"delta":{"abc\\"content":"v","content":"t"},"finish_reason":null}]}',
    b'{"id":"c","choices":[{"index":0,"delta":{"content":"a","content":"b"},"finish_reason":null}]}',
    b'{"id":"c","choices":[{"index":0,"logprobs":{"content":"x"},"delta":{"content":"x"},"finish_reason":null}]}',
    b'{"id":"c","content":"x","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}',
    b'{"id":"c","choices":[{"index":1,"delta":{"content":"second"},"finish_reason":null}]}',
    b'{"id":"c","choices":[{"index":0,"delta":{"content":"a","reasoning":"r"},"finish_reason":null}]}',
    b'{"id":"c","choices":[{"index":0,"delta":{"content":"end"},"finish_reason":"stop"}]}',
    b'{"id":"c","choices":[{"index":0,"delta":{"content":"n"},"finish_reason":null}],"usage":{"prompt_tokens":3}}',
    b'{"id":"damaged \xff","choices":[{"index":0,"delta":{"content":"x"},"finish_reason":null}]}',
    LIKE % b"null",
    LIKE % b"7",
    LIKE % b'["x"]',
    LIKE % b'"a", "role": "b"',
    LIKE % b'"half \\ud83d"',
    LIKE % b'"damaged \xff"',
    LIKE % b'"broken',
    b"{",
    b"",
)


def like(text: str, plain: bool) -> bytes:
    """A chunk with this text, in ASCII or as it is."""
    return LIKE % json.dumps(text, ensure_ascii=plain).encode()


payloads = st.lists(
    st.one_of(
        st.sampled_from(STRANGE),
        st.builds(like, st.text(), st.booleans()),
        st.text(max_size=9).map(lambda text: json.dumps(chunk(content=text)).encode()),
        st.binary(max_size=12).map(lambda raw: LIKE % (b'"' + raw.replace(b"\n", b" ").replace(b"\r", b" ") + b'"')),
    ),
    max_size=12,
)


def chunk(**delta: Any) -> dict[str, Any]:
    """A chunk with a delta."""
    return {"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


def told(reader: StreamReader, payloads: list[bytes]) -> list[object]:
    """All that a reader tells of a stream: what was said in each event, then the reply or why there is none."""
    heard: list[object] = []
    try:
        heard += [reader.feed(b"data: " + payload + b"\n\n") for payload in payloads]
        heard.append(reader.close())
    except UpstreamError as error:
        heard.append((error.reason, str(error), error.partial))
    return heard


def thorough() -> StreamReader:
    """A reader that parses every chunk whole."""
    draft = Draft(10_000, joined)
    return StreamReader(draft, Chunks(draft, PLAIN).hear, 10_000)


@given(payloads)
def test_what_is_told_of_a_stream_is_what_is_told_where_every_chunk_is_parsed_whole(payloads: list[bytes]):
    assert told(open_reader(10_000, 10_000), payloads) == told(thorough(), payloads)


@pytest.mark.parametrize("strange", STRANGE)
def test_a_chunk_that_is_strange_is_read_whole_among_others(strange: bytes):
    around = [LIKE % b'"one "', LIKE % b'"two "']
    payloads = [*around, strange, *around, strange, strange, *around]
    assert told(open_reader(10_000, 10_000), payloads) == told(thorough(), payloads)


def test_the_text_alone_is_read_once_a_chunk_has_shown_what_stands_around_it():
    refrain = Refrain()
    assert refrain.said_in(LIKE % b'"first"') == ""
    refrain.learn(LIKE % b'"first"', chunk(content="first"))
    assert refrain.said_in(LIKE % b'"quote \\" and \\u00e9"') == 'quote " and é'
    assert refrain.said_in(LIKE % b'"a", "role": "b"') == ""


def test_nothing_more_is_learned_where_no_chunk_is_like_another():
    refrain = Refrain()
    for number in range(TRIES + 1):
        other = json.dumps({**chunk(content="x"), "id": number})
        refrain.learn(other.encode(), json.loads(other))
    assert refrain.said_in(json.dumps({**chunk(content="x"), "id": TRIES - 1}).encode()) == "x"
    assert refrain.said_in(json.dumps({**chunk(content="x"), "id": TRIES}).encode()) == ""
