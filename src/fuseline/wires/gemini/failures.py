"""Errors as Gemini upstreams tell them, in a response of their own, as an event, or bare in the middle of a stream."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fuseline.types.errors import UpstreamError
from fuseline.types.json import object_of
from fuseline.wires.draft import objects, text_of
from fuseline.wires.faults import SEARCH, SEARCH_WORDS, error_object, failure
from fuseline.wires.gemini.calls import (
    EXCUSE,
    FORM,
    ID,
    INSTRUCTION,
    PENALTY,
    SCHEMA,
    SIGNATURE,
    TOOLS,
)

STATUSES: Mapping[str, int] = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
"""The HTTP status that each of the vendor's own stands for, where it comes without one."""
TOO_LONG = ("input token count", "exceeds the maximum number of tokens")
KEY = ("api key", "unregistered callers")
"""How a key is refused, under a status that usually means something else. November 2026."""
CAPPED = ("spending cap", "spend cap")
DEPLETED = ("prepayment", "credits are depleted")
"""How it is told that a cap on spending is reached, or that no money is left: quotas fill up again by themselves."""
ABROAD = "location is not supported"
PHRASES = (
    ("thought_signature", SIGNATURE),
    ("thought signature", SIGNATURE),
    ("thoughtsignature", EXCUSE),
    ("thought_signature", EXCUSE),
    ("thought signature", EXCUSE),
    ("penalty", PENALTY),
    *((word, SEARCH) for word in (*SEARCH_WORDS, "search grounding", "grounding is not")),
    ("developer instruction", INSTRUCTION),
    ("system instruction", INSTRUCTION),
    ("response mime type", FORM),
    ("json mode", FORM),
    ("response schema", SCHEMA),
    ("schema produces", SCHEMA),
    ("function calling is not", TOOLS),
    ("tool use is not", TOOLS),
    ("thinking", "thinkingConfig"),
)
"""What is said of a parameter that a model does not take, where it is not named. The first that fits is meant.
Collected from reports of users in November 2026."""
RENAMED: Mapping[str, str] = {"id": ID}
FIELD = re.compile(r"""Unknown name "(\w+)"|generation_?config\.(\w+)""", re.IGNORECASE)
"""Where a parameter is named: the field itself, or the path to it."""


def read_error(status: int, headers: Mapping[str, str], body: bytes, sent: frozenset[str]) -> UpstreamError:
    """Say what an upstream's error response means."""
    return read_told(status, headers, error_object(body), sent)


def read_event_error(error: Any) -> UpstreamError:
    """Say what an error inside a stream or a body means."""
    fields = object_of(error) or {"message": str(error or "")}
    code = fields.get("code")
    status = code if isinstance(code, int) else STATUSES.get(text_of(fields, "status"), 0)
    return read_told(status, {}, fields, frozenset())


def read_told(status: int, headers: Mapping[str, str], error: Mapping[str, Any], sent: frozenset[str]) -> UpstreamError:
    """Say what an error means, from its status, sentence and details."""
    told = "\n".join(sentences(error))
    words, quotas = told.lower(), list(quotas_of(error))
    meant, kind = status_meant(status, words, error), kind_of(status, words)
    param = "" if kind else refused(told, sent)
    known: dict[str, Any] = {**error, "code": error.get("status") or error.get("code"), "type": kind, "param": param}
    if meant == 429 and not kind:
        known["message"] = f"the quota is used up {' '.join(quotas)}".strip()  # its own speaks of bills, unpaid or not
    wait = delay_of(error)
    heads = {"Retry-After": wait} if wait and "Retry-After" not in headers else headers
    found = failure(meant, heads, known, frozenset({param} if param else ()))
    found.status_code = status or None
    if any("PerDay" in quota for quota in quotas):
        found.retryable = False  # the delay that comes with it is a minute's, and the quota a day's
    return found


def status_meant(status: int, words: str, error: Mapping[str, Any]) -> int:
    """The status that says what is wrong, where the upstream's own says less."""
    reasons = [text_of(detail, "reason") for detail in details_of(error)]
    if status in (400, 403) and (any("API_KEY" in reason for reason in reasons) or any(one in words for one in KEY)):
        return 401
    if status in (400, 429) and any(one in words for one in DEPLETED):
        return 402
    return 403 if status == 400 and ABROAD in words else status


def kind_of(status: int, words: str) -> str:
    """The word of the fault table for what the sentence says, where the table would not know it."""
    if status == 400 and any(one in words for one in TOO_LONG):
        return "context_length_exceeded"
    return "spend limit" if any(one in words for one in CAPPED) else ""


def details_of(error: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is told beside the sentence."""
    return objects(error.get("details"))


def sentences(error: Mapping[str, Any]) -> Iterator[str]:
    """All that is said in words: the sentence, and what is wrong with which field."""
    yield text_of(error, "message")
    for detail in details_of(error):
        for violation in objects(detail.get("fieldViolations")):
            yield text_of(violation, "field")
            yield text_of(violation, "description")


def quotas_of(error: Mapping[str, Any]) -> Iterator[str]:
    """The quotas that are used up."""
    for detail in details_of(error):
        for violation in objects(detail.get("violations")):
            if quota := text_of(violation, "quotaId"):
                yield quota


def delay_of(error: Mapping[str, Any]) -> str:
    """How many seconds to wait, as the digits of a header; empty where nobody says."""
    delays = (text_of(detail, "retryDelay") for detail in details_of(error))
    return next((delay.removesuffix("s") for delay in delays if delay.endswith("s")), "")


def refused(told: str, sent: frozenset[str]) -> str:
    """Which of the parameters sent the upstream does not take, if that is what it says."""
    for match in FIELD.finditer(told):
        name = RENAMED.get(match[1]) or camel(match[1] or match[2])
        if name in sent:
            return name
    words = told.lower()
    return next((name for phrase, name in PHRASES if phrase in words and name in sent), "")


def camel(name: str) -> str:
    """The name of a field as JSON has it; paths say it as the vendor's own language does."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
