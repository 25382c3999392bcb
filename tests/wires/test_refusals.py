"""What error responses tell clients that look no further than a word or a header."""

import json

import pytest

from fuseline.assembly import SERVER_WIRES
from fuseline.types.errors import InvalidRequest, ModelNotFound, Unauthorized
from fuseline.types.requests import Request
from fuseline.wires.base import ServerWire
from tests.requirements import requirement

each_wire = pytest.mark.parametrize("wire", SERVER_WIRES.values(), ids=list(SERVER_WIRES))


@requirement("client:keys")
@each_wire
def test_nobody_tries_a_refused_key_again(wire: ServerWire):
    assert wire.write_error(Unauthorized("no")).headers["x-should-retry"] == "false"


@requirement("client:keys")
@each_wire
def test_a_refused_key_is_not_called_a_bad_request(wire: ServerWire):
    body = json.loads(wire.write_error(Unauthorized("no")).body)
    assert body["error"]["type"] == "authentication_error"


@each_wire
def test_a_bad_request_may_be_repaired_and_sent_again(wire: ServerWire):
    assert "x-should-retry" not in wire.write_error(InvalidRequest("temperature: too hot", "temperature")).headers


@requirement("wire:availability", "ours:nearest")
@each_wire
def test_a_model_that_is_not_there_is_told_with_those_that_are_near(wire: ServerWire):
    error = ModelNotFound("opnai/x is not a valid model ID", "model", nearest=("openai/x", "openai/y"))
    body = json.loads(wire.write_error(error, Request("opnai/x", (), fallbacks=("\x1b[31mb",))).body)
    assert body["error"]["availability"] == {
        "code": "model_not_found",
        "retryable": False,
        "requested_models": ["opnai/x", "\ufffd[31mb"],
        "docs_url": "/v1/models",
        "fallback_models": ["openai/x", "openai/y"],
    }
