"""What a Gemini upstream's errors mean, in the words of the fault table."""

import json
from typing import Any

import pytest

from fuseline.types.errors import ParameterRefused
from tests.requirements import requirement
from tests.wires.gemini.far import LEVELLED, WIRE
from tests.wires.gemini.test_requests import RICH

SENT = WIRE.optional(RICH, LEVELLED, frozenset())


def rpc(kind: str, **fields: Any) -> dict[str, Any]:
    """One of the details of an error."""
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **fields}


def told(code: int, status: str, message: str, *details: Any) -> bytes:
    """The body of an error."""
    return json.dumps({"error": {"code": code, "message": message, "status": status, "details": details}}).encode()


INVALID = "INVALID_ARGUMENT"
TOO_LONG = "The input token count (1200293) exceeds the maximum number of tokens allowed (1048576)."
QUOTA = "You exceeded your current quota, please check your plan and billing details. Please retry in 37.8s."
PER_MINUTE = rpc("QuotaFailure", violations=[{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}])
PER_DAY = rpc("QuotaFailure", violations=[{}, {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}])
RETRY = rpc("RetryInfo", retryDelay="37.8s")
BAD_KEY = rpc("ErrorInfo", reason="API_KEY_INVALID", domain="googleapis.com")


@requirement("ours:gemini")
@pytest.mark.parametrize(
    ("status", "body", "reason", "retryable"),
    [
        (400, told(400, INVALID, "API key not valid. Please pass a valid API key.", BAD_KEY), "upstream_auth", False),
        (400, told(400, INVALID, "API key expired.", BAD_KEY), "upstream_auth", False),
        (403, told(403, "PERMISSION_DENIED", "Your API key was reported as leaked."), "upstream_auth", False),
        (401, told(401, "UNAUTHENTICATED", "no"), "upstream_auth", False),
        (403, told(403, "PERMISSION_DENIED", "You do not have permission."), "forbidden", False),
        (400, told(400, "FAILED_PRECONDITION", "User location is not supported for the API use."), "forbidden", False),
        (400, told(400, INVALID, TOO_LONG), "context_length", False),
        (404, told(404, "NOT_FOUND", "models/x is not found for API version v1beta"), "model_not_found", False),
        (429, told(429, "RESOURCE_EXHAUSTED", QUOTA, PER_MINUTE, RETRY), "rate_limited", True),
        (429, told(429, "RESOURCE_EXHAUSTED", QUOTA, PER_DAY, RETRY), "rate_limited", False),
        (429, told(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."), "rate_limited", True),
        (429, told(429, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."), "upstream_credits", False),
        (429, told(429, "RESOURCE_EXHAUSTED", "The project exceeded its spending cap."), "upstream_spend_limit", False),
        (500, told(500, "INTERNAL", "An internal error has occurred."), "upstream_error", True),
        (503, told(503, "UNAVAILABLE", "The model is overloaded."), "upstream_error", True),
        (504, told(504, "DEADLINE_EXCEEDED", "too late"), "upstream_error", True),
        (400, told(400, INVALID, "Request contains an invalid argument."), "bad_request", False),
    ],
)
def test_a_failure_is_named_by_the_fault_table(status: int, body: bytes, reason: str, retryable: bool):
    for sent in (body, b"[" + body + b"]"):
        error = WIRE.read_error(status, {}, sent, SENT)
        assert (error.reason, error.status_code, error.retryable) == (reason, status, retryable)
        assert not isinstance(error, ParameterRefused)


@requirement("ours:gemini")
def test_how_long_to_wait_stands_in_the_details_and_which_quota_is_used_up():
    error = WIRE.read_error(429, {}, told(429, "RESOURCE_EXHAUSTED", QUOTA, PER_MINUTE, RETRY), SENT)
    assert (error.retry_after, error.provider_code) == (37.8, "RESOURCE_EXHAUSTED")
    assert "GenerateRequestsPerMinutePerProjectPerModel-FreeTier" in error.message
    header = WIRE.read_error(429, {"Retry-After": "2"}, told(429, "RESOURCE_EXHAUSTED", QUOTA, RETRY), SENT)
    assert header.retry_after == 2.0


@requirement("ours:gemini")
@pytest.mark.parametrize(
    ("message", "parameter"),
    [
        (
            "Invalid JSON payload. Unknown name \"responseJsonSchema\" at 'generation_config': Cannot find field.",
            "responseJsonSchema",
        ),
        ("Unknown name \"parametersJsonSchema\" at 'tools[0].function_declarations[0]'", "parametersJsonSchema"),
        ("Unknown name \"id\" at 'contents[2].parts[0].function_response': Cannot find field.", "callId"),
        ("Unknown name \"thoughtSignature\" at 'contents[1].parts[0]'", "thoughtSignature"),
        ('Unknown name "systemInstruction": Cannot find field.', "systemInstruction"),
        ("Unknown name \"thinkingLevel\" at 'generation_config.thinking_config'", "thinkingConfig"),
        ("Invalid value at 'generation_config.seed' (TYPE_INT32), 12345678901", "seed"),
        ("Invalid value at 'generation_config.presence_penalty'", "penalty"),
        ("Penalty is not enabled for models/x", "penalty"),
        ("Developer instruction is not enabled for models/x", "systemInstruction"),
        ("Function calling is not enabled for models/x", "tools"),
        ("Function calling with a response mime type: 'application/json' is unsupported", "responseMimeType"),
        ("JSON mode is not enabled for models/x", "responseMimeType"),
        ("The specified schema produces a constraint that has too many states for serving.", "responseJsonSchema"),
        ("Thinking level is not supported for this model.", "thinkingConfig"),
        ("Budget 0 is invalid. This model only works in thinking mode.", "thinkingConfig"),
        ("You can only set only one of thinking budget and thinking level.", "thinkingConfig"),
        (
            "Unable to submit request because it has an invalid thought signature for content at index 1.",
            "thoughtSignature",
        ),
    ],
)
def test_a_parameter_that_a_model_does_not_take_is_known_by_how_it_is_refused(message: str, parameter: str):
    error = WIRE.read_error(400, {}, told(400, INVALID, message), SENT)
    assert isinstance(error, ParameterRefused) and error.parameter == parameter


def test_a_parameter_is_known_by_the_details_too():
    violation = {"field": "generation_config.top_k", "description": "must be less than 40"}
    body = told(400, INVALID, "Request contains an invalid argument.", rpc("BadRequest", fieldViolations=[violation]))
    error = WIRE.read_error(400, {}, body, SENT)
    assert isinstance(error, ParameterRefused) and error.parameter == "topK"


def test_what_stands_for_a_signature_is_refused_after_the_signature():
    body = told(400, INVALID, "Unknown name \"thoughtSignature\" at 'contents[1].parts[0]'")
    error = WIRE.read_error(400, {}, body, frozenset({"placeholder"}))
    assert isinstance(error, ParameterRefused) and error.parameter == "placeholder"


@pytest.mark.parametrize(
    "message",
    [
        "* GenerateContentRequest.tools[0].function_declarations[0].name: Invalid function name.",
        "Please ensure that the number of function response parts is equal to the number of function call parts.",
        "The seed of the tools is invalid, provided a temperature.",
    ],
)
def test_an_everyday_word_in_a_sentence_refuses_nothing(message: str):
    error = WIRE.read_error(400, {}, told(400, INVALID, message), SENT)
    assert error.reason == "bad_request" and not isinstance(error, ParameterRefused)


def test_a_key_in_a_sentence_is_not_told():
    error = WIRE.read_error(404, {}, told(404, "NOT_FOUND", "no model for AIzaSyA1234567890abcdefghij"), SENT)
    assert "AIza" not in error.message


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"null", b'{"error": "gone"}', b'{"error": {"details": 1}}'])
def test_an_error_of_any_form_has_a_reason(body: bytes):
    assert WIRE.read_error(500, {}, body, SENT).reason == "upstream_error"
