"""Whatever a client sends on this wire is understood or refused: no body makes the reading of it break."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fuseline.types.errors import InvalidRequest
from fuseline.types.requests import Request
from fuseline.wires.responses.errors import write_error
from fuseline.wires.responses.replies import opened_response
from fuseline.wires.responses.requests import read_request
from tests.planner.desk import plan
from tests.requirements import requirement
from tests.wires.responses.talk import BEGUN

WORDS = "user assistant message reasoning function_call function_call_output openrouter:fusion input_text auto".split()
KEYS = st.sampled_from(
    "role content type text name id call_id output arguments summary parameters format schema mode tools strict".split()
)
FIELDS = st.sampled_from(
    "input tools tool_choice plugins model models text reasoning provider metadata temperature max_output_tokens "
    "instructions store stop_server_tools_when previous_response_id user top_logprobs".split()
)
LEAF: st.SearchStrategy[Any] = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUE: st.SearchStrategy[Any] = st.recursive(
    LEAF | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
ITEM = st.dictionaries(KEYS, VALUE, max_size=4) | st.fixed_dictionaries(
    {"type": st.sampled_from(WORDS)}, optional={"call_id": st.just("c"), "content": VALUE, "output": VALUE}
)
BODY = st.dictionaries(FIELDS, VALUE, max_size=5) | st.fixed_dictionaries(
    {"model": st.just("fusion"), "input": st.lists(ITEM, max_size=4)},
    optional={"tools": st.lists(ITEM, max_size=2), "tool_choice": VALUE, "text": VALUE},
)


def understood(body: bytes) -> Request | InvalidRequest:
    """What becomes of a body: a request that can be planned, or the error that its client is told."""
    try:
        request = read_request(body, {})
        plan(request)
    except InvalidRequest as error:
        return error
    return request


@requirement("responses:errors", "wire:errors")
@given(BODY)
def test_any_object_is_understood_or_refused(body: dict[str, Any]):
    match understood(json.dumps(body).encode()):
        case InvalidRequest() as error:
            written = write_error(error)
            assert 400 <= written.status < 500
            assert json.loads(written.body)["error"]["code"] == written.status
        case request:
            assert json.dumps(opened_response(BEGUN, request))
