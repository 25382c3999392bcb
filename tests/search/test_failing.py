"""Engines that fail, each in every way: one reason, neither key nor words in what is said, no redirect, no repeat."""

import gzip
import logging
from typing import Any

import anyio
import brotli
import pytest

from fuseline.search.base import Query, SearchFailed
from fuseline.search.rows import rows
from tests.requirements import requirement
from tests.search.vendors import KEY, Says, engine_at, vendor

pytestmark = pytest.mark.anyio

WORDS = "an unusual question"


def squeezed(text: bytes) -> bytes:
    """A text in Brotli."""
    return brotli.compress(text, quality=1)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # untyped


OVER_HTTP = sorted(set(rows()) - {"duckduckgo"})
FAULTS = {
    "refused": (Says({"error": KEY}, 401), "engine_auth"),
    "unpaid": (Says({}, 402), "engine_credits"),
    "too-often": (Says({}, 429, {"Retry-After": "60"}), "rate_limited"),
    "broken": (Says(b"<html>oh</html>", 500), "unavailable"),
    "misunderstood": (Says({}, 400), "unavailable"),
    "moved": (Says({}, 302, {"Location": "http://127.0.0.1:9/elsewhere"}), "unavailable"),
    "half-json": (Says(b'{"results": ['), "bad_json"),
    "no-json": (Says(b"<html>log in</html>"), "bad_json"),
    "list": (Says([]), "bad_json"),
    "deep": (Says(b"[" * 100_000), "bad_json"),
    "huge": (Says(b"[" + b"0," * (5 << 20)), "too_large"),
    "brotli-bomb": (Says(squeezed(bytes(32 << 20)), 200, {"Content-Encoding": "br"}), "too_large"),
    "bomb": (Says(gzip.compress(bytes(32 << 20), 1), 200, {"Content-Encoding": "gzip"}), "too_large"),
}
EACH = [(name, fault) for name in OVER_HTTP for fault in FAULTS]


@requirement("fault:F52")
@pytest.mark.parametrize(("name", "fault"), EACH)
async def test_a_failure_has_its_reason_and_is_not_repeated(name: str, fault: str, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    answer, reason = FAULTS[fault]
    async with vendor(answer) as server, engine_at(name, server.url) as engine:
        with pytest.raises(SearchFailed) as failed:
            await engine.search(Query(WORDS))
    assert (failed.value.engine, failed.value.reason) == (name, reason)
    assert len(server.asked) == 1
    told = f"{failed.value} {[record.getMessage() for record in caplog.records if record.name.startswith('fuseline')]}"
    assert KEY not in told and WORDS not in told and server.url not in told


@requirement("fault:F52")
async def test_an_engine_that_hangs_is_given_up_in_time():
    async with vendor(Says(hangs=True)) as server, engine_at("brave", server.url, timeout_s=0.05) as engine:
        with anyio.fail_after(5), pytest.raises(SearchFailed) as failed:
            await engine.search(Query(WORDS))
    assert failed.value.reason == "timeout"


async def test_an_engine_that_is_not_there_is_unavailable():
    async with engine_at("brave", "http://127.0.0.1:9") as engine:
        with pytest.raises(SearchFailed) as failed:
            await engine.search(Query(WORDS))
    assert failed.value.reason == "unavailable"
    assert WORDS not in str(failed.value)


@pytest.mark.parametrize(
    ("name", "answer", "reason", "message"),
    [
        ("tavily", Says({}, 432), "engine_credits", "the plan's credits are used up"),
        ("searxng", Says({}, 403), "unavailable", "`json` has to be among search.formats"),
        ("searxng", Says({"results": [], "unresponsive_engines": [["x", "CAPTCHA"]]}), "unavailable", "responded"),
        ("firecrawl", Says({"success": False, "error": KEY}), "unavailable", "did not succeed"),
        ("wikipedia", Says({"error": {"code": "ratelimited"}}), "rate_limited", "rate_limited"),
    ],
)
async def test_what_only_one_vendor_says_is_understood(name: str, answer: Says, reason: str, message: str):
    async with vendor(answer) as server, engine_at(name, server.url) as engine:
        with pytest.raises(SearchFailed, match=message) as failed:
            await engine.search(Query(WORDS))
    assert failed.value.reason == reason
    assert KEY not in str(failed.value)


ODD: list[Any] = [None, 1, "text", [], {}, [None, 1, "x", []], [{"url": 1, "title": [], "link": {}, "highlights": 3}]]


@pytest.mark.parametrize("name", OVER_HTTP)
async def test_an_answer_of_the_wrong_shape_is_read_as_far_as_it_goes(name: str):
    for odd in ODD:
        shapes = ("results", "organic", "data", "web", "query", "costDollars")
        answer: dict[str, Any] = dict.fromkeys(shapes, odd) | {"query": {"pages": odd}, "web": {"results": odd}}
        async with vendor(Says(answer)) as server, engine_at(name, server.url) as engine:
            found = await engine.search(Query(WORDS))
        assert all(isinstance(hit.url, str) and isinstance(hit.excerpt, str) for hit in found.hits)
