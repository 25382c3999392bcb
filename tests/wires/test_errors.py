"""What upstreams say when they fail, in the words of the fault table; and how our own failures reach a client."""

import json
from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from fuseline.types.errors import (
    FuselineError,
    InvalidRequest,
    ModelNotFound,
    NotFound,
    OverBudget,
    ParameterRefused,
    RunFailed,
    TooBusy,
    Unauthorized,
)
from fuseline.types.requests import Request
from fuseline.wires.chat.errors import read_error, read_stream_error, write_error
from tests.requirements import requirement
from tests.wires.runs import CALLS, RUN, WRITER, call

NOTHING: frozenset[str] = frozenset()


def said(message: str = "", **fields: Any) -> bytes:
    """An error body as most upstreams send it."""
    return json.dumps({"error": {"message": message, **fields}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "reason", "retryable"),
    [
        (400, said("bad"), "bad_request", False),
        (400, said("maximum context length is 8192 tokens"), "context_length", False),
        (400, said("x", code="context_length_exceeded"), "context_length", False),
        (400, said("Your credit balance is too low"), "upstream_spend_limit", False),
        (401, said("Incorrect API key"), "upstream_auth", False),
        (402, said("no credit"), "upstream_credits", False),
        (403, said("flagged"), "forbidden", False),
        (403, said("spend limit exceeded"), "upstream_spend_limit", False),
        (404, said("no such model"), "model_not_found", False),
        (408, b"", "upstream_timeout", True),
        (413, b"", "too_large", False),
        (413, said("prompt is too long"), "context_length", False),
        (422, said("cannot"), "unprocessable", False),
        (429, said("slow down"), "rate_limited", True),
        (429, said("insufficient_quota: check your billing"), "upstream_spend_limit", False),
        (500, said("boom"), "upstream_error", True),
        (503, b"<html>", "upstream_error", True),
        (529, said("Overloaded"), "overloaded", True),
        (418, b"", "unexpected_status", False),
        (400, b'[{"error": {"code": 400, "message": "API key not valid"}}]', "bad_request", False),
        (404, b'{"error": "model \\"x\\" not found"}', "model_not_found", False),
        (404, b'{"detail": "Not Found"}', "model_not_found", False),
        (500, b"\xff\xfe not json", "upstream_error", True),
        (400, b"null", "bad_request", False),
    ],
)
def test_a_failure_is_named_by_the_fault_table(status: int, body: bytes, reason: str, retryable: bool):
    error = read_error(status, {}, body, NOTHING)
    assert (error.reason, error.retryable, error.status_code) == (reason, retryable, status)


@pytest.mark.parametrize(
    ("status", "body", "parameter"),
    [
        (400, said("Unsupported parameter", param="response_format"), "response_format"),
        (400, said("Unsupported parameter", param="response_format.type"), "response_format"),
        (400, said("'temperature' does not support 0 with this model"), "temperature"),
        (422, said("reasoning is not supported"), "reasoning"),
    ],
)
def test_a_refused_parameter_is_recognised_among_those_that_were_sent(status: int, body: bytes, parameter: str):
    sent = frozenset({"response_format", "temperature", "reasoning"})
    error = read_error(status, {}, body, sent)
    assert isinstance(error, ParameterRefused)
    assert error.parameter == parameter
    assert not isinstance(read_error(status, {}, body, NOTHING), ParameterRefused)


@pytest.mark.parametrize(
    ("value", "wait", "retryable"),
    [
        ("2", 2.0, True),
        ("0.5", 0.5, True),
        ("NaN", None, False),
        ("inf", None, False),
        ("-1", None, False),
        ("1000000000", None, False),
        ("soon", None, False),
        ("Fri, 01 Jan 1999 00:00:00 GMT", None, False),
    ],
)
def test_retry_after_is_believed_only_as_a_sensible_number(value: str, wait: float | None, retryable: bool):
    error = read_error(429, {"Retry-After": value}, said("slow"), NOTHING)
    assert (error.retry_after, error.retryable) == (wait, retryable)


@requirement("ours:no-secret")
@pytest.mark.parametrize("status", [400, 403, 404, 429])
def test_nothing_like_a_key_passes_from_an_upstreams_sentence(status: int):
    error = read_error(status, {}, said("key sk-abcdef0123456789abcdef is wrong, Bearer abc.def-ghi too"), NOTHING)
    assert "abcdef0123456789" not in error.message
    assert "abc.def-ghi" not in error.message


def test_an_upstreams_sentence_is_one_short_line():
    error = read_error(400, {}, said("line\n\n" * 500), NOTHING)
    assert "\n" not in error.message
    assert len(error.message) < 400


@pytest.mark.parametrize(
    ("error", "reason", "status"),
    [
        ({"code": 429, "message": "slow"}, "rate_limited", 429),
        ({"code": "502", "message": "bad gateway"}, "upstream_error", 502),
        ({"code": "server_error", "message": "gone"}, "upstream_error", None),
        ("gone", "upstream_error", None),
        (["gone"], "upstream_error", None),
        ({"code": None}, "upstream_error", None),
    ],
)
def test_an_error_inside_a_stream_is_named_by_its_code(error: Any, reason: str, status: int | None):
    found = read_stream_error(error)
    assert (found.reason, found.status_code) == (reason, status)


def failed() -> RunFailed:
    """A run that failed after it had spent money."""
    failures = [{"model": "a/x", "error": "slow down", "reason": "rate_limited", "status_code": 429}]
    error = RunFailed(
        "nobody answered",
        status=429,
        kind="rate_limit_exceeded",
        reason="rate_limited",
        retry_after=1.2,
        failures=failures,
    )
    error.run = RUN
    return error


@requirement("wire:errors")
def test_a_failed_run_says_what_failed_and_where_to_read_on():
    body = write_error(failed())
    assert (body.status, dict(body.headers)) == snapshot(
        (429, {"Retry-After": "2", "X-Generation-Id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK", "x-should-retry": "false"})
    )
    assert json.loads(body.body) == snapshot(
        {
            "error": {
                "code": 429,
                "message": "nobody answered",
                "type": "rate_limit_error",
                "param": None,
                "metadata": {
                    "error_type": "rate_limit_exceeded",
                    "request_id": "gen-1786974238-uxGHDllmFw2ZNwQWJQsK",
                    "previous_errors": [{"provider": "Lab", "code": "rate_limited", "status": 429}],
                    "failure_reason": "rate_limited",
                    "failed_models": [
                        {"model": "a/x", "error": "slow down", "reason": "rate_limited", "status_code": 429}
                    ],
                },
            }
        }
    )


@requirement("wire:errors")
def test_a_bad_request_names_its_parameter():
    body = write_error(InvalidRequest("temperature: input should be less than or equal to 2", "temperature"))
    assert (body.status, dict(body.headers), json.loads(body.body)) == snapshot(
        (
            400,
            {},
            {
                "error": {
                    "code": 400,
                    "message": "temperature: input should be less than or equal to 2",
                    "type": "invalid_request_error",
                    "param": "temperature",
                    "metadata": {"error_type": "invalid_request"},
                }
            },
        )
    )


@requirement("client:no-retry")
def test_sdks_are_told_not_to_retry_once_a_call_was_made():
    error = FuselineError("it broke")
    assert "x-should-retry" not in write_error(error).headers
    error.run = RUN
    assert write_error(error).headers["x-should-retry"] == "false"


def test_nobody_is_kept_from_retrying_a_run_that_called_nobody():
    assert not CALLS[:0]
    assert "x-should-retry" not in write_error(TooBusy("full")).headers


@requirement("wire:errors")
@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (InvalidRequest("no"), 400, "invalid_request"),
        (ModelNotFound("no"), 400, "invalid_request"),
        (NotFound("no"), 404, "not_found"),
        (Unauthorized("no"), 401, "authentication"),
        (OverBudget("no"), 402, "payment_required"),
        (TooBusy("no"), 503, "provider_overloaded"),
        (FuselineError("no"), 500, "server"),
    ],
)
def test_every_error_has_its_status_twice_and_its_kind(error: FuselineError, status: int, kind: str):
    body = write_error(error)
    inner = json.loads(body.body)["error"]
    assert (body.status, inner["code"], inner["metadata"]["error_type"]) == (status, status, kind)


@requirement("wire:previous-errors")
def test_an_error_names_each_call_that_failed_and_nothing_that_its_upstream_said():
    error = failed()
    error.provider_code = "insufficient_quota"
    spare = call("call_6", WRITER, None, 0, error="upstream_auth")
    late, unsent = (call(f"call_{reason}", WRITER, None, 0, error=reason) for reason in ("cancelled", "not_sent"))
    error.run = replace(RUN, calls=(*CALLS, spare, late, unsent))
    metadata = json.loads(write_error(error).body)["error"]["metadata"]
    assert (metadata["provider_code"], metadata["previous_errors"]) == (
        "insufficient_quota",
        [
            {"provider": "Lab", "code": "rate_limited", "status": 429},
            {"provider": "Lab", "code": "upstream_auth", "status": 401},
        ],
    )


@requirement("wire:previous-errors")
def test_a_fault_of_ours_and_a_run_without_failures_name_none():
    error = RunFailed("it broke", status=500, kind="server", reason="unexpected_error", provider_code="x")
    error.run = replace(RUN, calls=CALLS[4:])
    metadata = json.loads(write_error(error).body)["error"]["metadata"]
    assert metadata.keys() == {"error_type", "request_id", "failure_reason", "failed_models"}


@requirement("wire:availability")
def test_a_model_that_cannot_be_served_is_told_with_what_was_asked_for():
    error, request = ModelNotFound("a/x is not a valid model ID", "model"), Request("a/x", (), fallbacks=("b/y",))
    told = json.loads(write_error(error, request).body)["error"]
    assert (told["code"], told["availability"]) == snapshot(
        (
            400,
            {
                "code": "model_not_found",
                "retryable": False,
                "requested_models": ["a/x", "b/y"],
                "docs_url": "/v1/models",
            },
        )
    )
    assert "availability" not in json.loads(write_error(InvalidRequest("no"), request).body)["error"]
    assert "availability" not in json.loads(write_error(error).body)["error"]
