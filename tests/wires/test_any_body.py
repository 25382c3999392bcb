"""Whatever a client sends is understood or refused: no body makes the reading or the planning of it break."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fuseline.types.errors import FuselineError, InvalidRequest
from fuseline.types.requests import Request
from fuseline.wires.chat.errors import write_error
from fuseline.wires.chat.requests import read_request
from tests.planner.desk import plan
from tests.requirements import requirement

WORDS = "user tool function openrouter:fusion openrouter:datetime fusion lab/a auto".split()
KEYS = st.sampled_from(
    "role content type text function name parameters id enabled analysis_models model preset tools effort "
    "tool_calls arguments timezone writer quorum max_cost reasoning".split()
)
FIELDS = st.sampled_from(
    "messages tools tool_choice plugins model models stream_options reasoning provider stop temperature max_tokens "
    "response_format user logit_bias seed n reasoning_effort".split()
)
LEAF: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUE: st.SearchStrategy[Any] = st.recursive(
    LEAF | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
ROLES = st.sampled_from(["user", "assistant"])
MESSAGES = st.lists(st.fixed_dictionaries({"role": ROLES, "content": VALUE}), max_size=2)
PLUGIN = st.dictionaries(KEYS, VALUE, max_size=4).map(lambda fields: {**fields, "id": "fusion"})
TOOL = st.fixed_dictionaries({"type": st.sampled_from(WORDS[3:5]), "parameters": VALUE})
BODY = st.dictionaries(FIELDS, VALUE, max_size=5) | st.fixed_dictionaries(
    {"model": st.just("fusion"), "messages": MESSAGES},
    optional={"plugins": st.lists(PLUGIN, max_size=2), "tools": st.lists(TOOL, max_size=2), "tool_choice": VALUE},
)


def understood(body: bytes) -> Request | InvalidRequest:
    """What becomes of a body: a request that can be planned, or the error that its client is told."""
    try:
        request = read_request(body, {})
        plan(request)
    except InvalidRequest as error:
        return error
    return request


@requirement("wire:errors")
@given(BODY)
def test_any_object_is_understood_or_refused(body: dict[str, Any]):
    found = understood(json.dumps(body).encode())
    if isinstance(found, FuselineError):
        written = write_error(found)
        assert 400 <= written.status < 500
        assert json.loads(written.body)["error"]["code"] == written.status


@requirement("wire:errors")
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_understood_or_refused(body: bytes):
    assert understood(body)
