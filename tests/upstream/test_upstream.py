"""What the fault upstream puts on the wire, seen by a plain client that knows nothing of the gateway."""

import json
import socket
import ssl
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import aiohttp
import anyio
import pytest
import trustme

from fuseline.types.json import Json, JsonObject
from tests.upstream import Upstream, calls_tool, fails, fault_upstream, hangs, replays, replays_bytes, says
from tests.upstream.broken import MULTIBYTE, SENTENCE
from tests.upstream.dead_ends import bad_certificate, black_hole, not_tls, refused, unknown_host
from tests.upstream.faults import FAULTS, names

pytestmark = pytest.mark.anyio

SMALL = {"many-chunks": "200", "long-line": "200000", "giant": "100000", "gzip": "100000", "drip": "0.001"}
"""Arguments that make the long faults short."""


@pytest.fixture
def upstream() -> Generator[Upstream]:
    with fault_upstream() as running:
        yield running


@pytest.fixture
async def client() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session:
        yield session


def asking(upstream: Upstream, model: str, **more: Json) -> dict[str, Any]:
    """The arguments with which a client asks a model, streamed and without following anyone anywhere."""
    messages: list[Json] = [{"role": "user", "content": "Is all well?"}]
    body: JsonObject = {"model": model, "messages": messages, "stream": True, **more}
    return {"url": f"{upstream.base_url}/chat/completions", "json": body, "allow_redirects": False}


async def ask(client: aiohttp.ClientSession, upstream: Upstream, model: str, **more: Json) -> tuple[int, bytes]:
    """Ask a model and read its answer to the end."""
    async with client.post(**asking(upstream, model, **more)) as response:
        return response.status, await response.read()


def events(body: bytes) -> list[str]:
    """The data of each event, as the standard of server-sent events reads them."""
    blocks = body.decode("utf-8", "replace").replace("\r\n", "\n").split("\n\n")
    lines = [[line for line in block.split("\n") if line.startswith("data:")] for block in blocks]
    return ["\n".join(line.removeprefix("data:").removeprefix(" ") for line in block) for block in lines if block]


def chunks(body: bytes) -> list[dict[str, Any]]:
    """The chunks of a stream that ended as it should."""
    *said, end = events(body)
    assert end == "[DONE]"
    return [json.loads(data) for data in said]


def text(said: list[dict[str, Any]]) -> str:
    """What the first choice says in these chunks."""
    first = [choice["delta"] for chunk in said for choice in chunk["choices"] if choice["index"] == 0]
    return "".join(delta.get("content") or "" for delta in first)


async def test_an_answer_is_a_role_then_text_in_pieces_then_a_finish_then_usage(
    upstream: Upstream, client: aiohttp.ClientSession
):
    upstream.script("a", [says("all is well", chunks=3, usage={"prompt_tokens": 4, "completion_tokens": 3})])
    said = chunks((await ask(client, upstream, "a"))[1])
    assert [chunk["choices"][0]["delta"] for chunk in said[:-1]] == [
        {"role": "assistant", "content": ""},
        {"content": "all "},
        {"content": "is w"},
        {"content": "ell"},
        {},
    ]
    assert said[-2]["choices"][0]["finish_reason"] == "stop"
    assert (said[-1]["choices"], said[-1]["usage"]) == ([], {"prompt_tokens": 4, "completion_tokens": 3})


async def test_a_client_that_does_not_stream_gets_one_completion(upstream: Upstream, client: aiohttp.ClientSession):
    answer = json.loads((await ask(client, upstream, "fault/ok", stream=False))[1])
    assert answer["choices"][0]["message"]["content"].startswith("Answer from fault/ok:")


async def test_the_log_tells_what_was_asked_and_that_the_server_ended_it(
    upstream: Upstream, client: aiohttp.ClientSession
):
    await ask(client, upstream, "fault/ok", temperature=0)
    upstream.wait_until(lambda: upstream.open_connections() == 0)
    (call,) = upstream.calls("fault/ok")
    assert (call.number, call.body["temperature"], call.closed_by) == (0, 0, "server")
    assert call.headers["content-type"] == "application/json"
    assert call.bytes_sent > 500
    assert call.closed_at is not None
    assert call.opened_at <= call.closed_at


async def test_answers_follow_each_other_on_one_connection(upstream: Upstream):
    connections: list[object] = []

    async def note(*about: object) -> None:
        connections.append(about)

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_create_end.append(note)
    async with aiohttp.ClientSession(trace_configs=[tracing]) as client:
        for model in ("fault/ok", "fault/500", "fault/204", "fault/crlf", "fault/ok"):
            await ask(client, upstream, model)
    assert len(connections) == 1


async def test_a_script_is_played_in_turn_and_its_last_reply_repeats(upstream: Upstream, client: aiohttp.ClientSession):
    def quote(body: JsonObject):
        return says(f"asked at {body['temperature']}")

    upstream.script("a", [fails(429, retry_after="2"), says("first"), quote])
    answers = [await ask(client, upstream, "a", temperature=turn) for turn in range(4)]
    assert answers[0][0] == 429
    assert [text(chunks(body)) for _, body in answers[1:]] == ["first", "asked at 2", "asked at 3"]


async def test_a_tool_call_arrives_in_pieces(upstream: Upstream, client: aiohttp.ClientSession):
    upstream.script("a", [calls_tool("fusion", {"prompt": "compare"}, id="call_7")])
    said = chunks((await ask(client, upstream, "a"))[1])
    deltas = [call for chunk in said for choice in chunk["choices"] for call in choice["delta"].get("tool_calls", [])]
    assert (deltas[0]["id"], deltas[0]["function"]["name"]) == ("call_7", "fusion")
    assert json.loads("".join(delta["function"]["arguments"] for delta in deltas)) == {"prompt": "compare"}
    assert said[-2]["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 408, 413, 418, 422, 429, 500, 502, 503, 504, 529, 999])
async def test_a_status_has_an_error_object(upstream: Upstream, client: aiohttp.ClientSession, status: int):
    answered, body = await ask(client, upstream, f"fault/{status}")
    assert answered == status
    assert json.loads(body)["error"]["message"]


@pytest.mark.parametrize(
    ("model", "wait"),
    [("429-ra@2", "2"), ("429-bad", "NaN"), ("429-bad@-5", "-5"), ("429-huge", "1000000000"), ("429", None)],
)
async def test_retry_after_is_as_the_model_name_says(
    upstream: Upstream, client: aiohttp.ClientSession, model: str, wait: str | None
):
    async with client.post(**asking(upstream, f"fault/{model}")) as response:
        assert response.headers.get("Retry-After") == wait


async def test_what_fails_once_answers_the_second_time(upstream: Upstream, client: aiohttp.ClientSession):
    statuses = [(await ask(client, upstream, "fault/429-ra-once@1"))[0] for _ in range(3)]
    assert statuses == [429, 200, 200]


async def test_a_parameter_is_refused_only_where_it_is_sent(upstream: Upstream, client: aiohttp.ClientSession):
    model = "fault/422-param@response_format"
    refused, body = await ask(client, upstream, model, response_format={"type": "json_object"})
    assert (refused, json.loads(body)["error"]["param"]) == (422, "response_format")
    assert (await ask(client, upstream, model))[0] == 200


async def test_who_follows_the_redirect_is_found_with_the_key_in_hand(
    upstream: Upstream, client: aiohttp.ClientSession
):
    assert (await ask(client, upstream, "fault/redirect"))[0] == 302
    assert upstream.strays == []
    asked: dict[str, Any] = asking(upstream, "fault/redirect")
    asked |= {"allow_redirects": True, "headers": {"Authorization": "Bearer key"}}
    async with client.post(**asked):
        (stray,) = upstream.strays
    assert (stray.model, stray.headers["authorization"]) == ("/canary", "Bearer key")


async def test_a_client_that_leaves_in_the_middle_is_noticed_at_once(upstream: Upstream, client: aiohttp.ClientSession):
    heard = b""
    async with client.post(**asking(upstream, "fault/hang-mid@50")) as response:
        while text([json.loads(data) for data in events(heard)]) != (SENTENCE * 2)[:50]:
            heard += await response.content.readany()
        assert upstream.open_connections() == 1
        response.close()
    left = time.monotonic()
    await upstream.until(lambda: upstream.open_connections() == 0)
    (call,) = upstream.log
    assert call.closed_by == "client"
    assert call.closed_at is not None
    assert call.closed_at - left < 0.5


@pytest.mark.parametrize(
    "model", ["hang-headers", "hang-body", "comments-only", "drip@30", "giant@1000000000", "slow@30"]
)
async def test_no_fault_holds_on_to_a_client_that_is_gone(
    upstream: Upstream, client: aiohttp.ClientSession, model: str
):
    with anyio.move_on_after(0.1):
        await ask(client, upstream, f"fault/{model}")
    await upstream.until(lambda: [call.closed_by for call in upstream.log] == ["client"], 2)


async def test_a_reset_comes_after_the_text(upstream: Upstream, client: aiohttp.ClientSession):
    heard = b""
    with pytest.raises(aiohttp.ClientError) as caught:
        async with client.post(**asking(upstream, "fault/reset-mid@30")) as response:
            async for block in response.content.iter_any():
                heard += block
    assert "Connection reset by peer" in f"{caught.value}{caught.value.__cause__}"
    assert text([json.loads(data) for data in events(heard)]) == SENTENCE[:30]


async def test_a_clean_end_without_finish_is_a_whole_body(upstream: Upstream, client: aiohttp.ClientSession):
    _, body = await ask(client, upstream, "fault/eof-mid@30")
    said = [json.loads(data) for data in events(body)]
    assert text(said) == SENTENCE[:30]
    assert {choice["finish_reason"] for chunk in said for choice in chunk["choices"]} == {None}


@pytest.mark.parametrize("model", ["close-mid", "bad-chunk", "short-length", "not-http"])
async def test_bad_framing_is_an_error_of_the_connection(upstream: Upstream, client: aiohttp.ClientSession, model: str):
    with pytest.raises(aiohttp.ClientError):
        await ask(client, upstream, f"fault/{model}")


@pytest.mark.parametrize("model", ["split-utf8", "crlf", "no-space", "comments"])
async def test_another_shape_is_the_same_answer(upstream: Upstream, client: aiohttp.ClientSession, model: str):
    assert text(chunks((await ask(client, upstream, f"fault/{model}"))[1])) == MULTIBYTE


@pytest.mark.parametrize(
    "model", ["many-data-lines", "choices-n", "usage-late@0.01", "usage-in-finish", "usage-every", "no-usage"]
)
async def test_counts_and_choices_do_not_change_the_text(upstream: Upstream, client: aiohttp.ClientSession, model: str):
    assert text(chunks((await ask(client, upstream, f"fault/{model}"))[1])) == SENTENCE


async def test_bad_bytes_are_as_many_as_the_name_says(upstream: Upstream, client: aiohttp.ClientSession):
    counts = [
        (await ask(client, upstream, f"fault/{model}"))[1].count(b"\xff") for model in ("bad-utf8", "bad-utf8-many")
    ]
    assert counts == [1, 40]


async def test_a_bomb_is_small_on_the_wire(upstream: Upstream, client: aiohttp.ClientSession):
    assert len((await ask(client, upstream, "fault/gzip@4000000"))[1]) > 3_900_000
    assert upstream.log[0].bytes_sent < 40_000


async def test_a_tool_loop_never_answers_but_one_tool_result_satisfies_the_others(
    upstream: Upstream, client: aiohttp.ClientSession
):
    heard: list[Json] = [{"role": "tool", "tool_call_id": "call_1", "content": "{}"}]
    models = ("tool-loop", "unknown-tool", "bad-arguments@types", "parallel-tools@3")
    ends = [chunks((await ask(client, upstream, f"fault/{model}", messages=heard))[1])[-2] for model in models]
    assert [end["choices"][0]["finish_reason"] for end in ends] == ["tool_calls", "stop", "stop", "stop"]


async def test_a_recorded_text_is_replayed_to_the_character(upstream: Upstream, client: aiohttp.ClientSession):
    usage = {"prompt_tokens": 11, "completion_tokens": 22}
    upstream.script("a", [replays(MULTIBYTE, usage, write_bytes=1), replays(MULTIBYTE, usage, cuts=[5, 9])])
    by_byte, by_cuts = [chunks((await ask(client, upstream, "a"))[1]) for _ in range(2)]
    assert text(by_byte) == text(by_cuts) == MULTIBYTE
    assert [chunk["choices"][0]["delta"]["content"] for chunk in by_cuts[1:4]] == ["Naïve", " caf", MULTIBYTE[9:]]
    assert by_byte[-1]["usage"] == usage


async def test_recorded_bytes_are_replayed_to_the_byte(upstream: Upstream, client: aiohttp.ClientSession):
    recorded = b"data: \xff\xfe\r\n\r\n: odd\n\n"
    upstream.script("a", [replays_bytes(recorded, cuts=[3, 7, 8])])
    assert (await ask(client, upstream, "a"))[1] == recorded


async def test_every_fault_of_the_table_can_be_played(upstream: Upstream, client: aiohttp.ClientSession):
    async def provoke(name: str) -> None:
        with anyio.move_on_after(0.5):
            try:
                await ask(client, upstream, f"fault/{name}@{SMALL[name]}" if name in SMALL else f"fault/{name}")
            except aiohttp.ClientError:
                return  # some faults are no HTTP at all; what counts is what the upstream says of it

    async with anyio.create_task_group() as all_at_once:
        for name in FAULTS:
            all_at_once.start_soon(provoke, name)
    await upstream.until(lambda: upstream.open_connections() == 0)
    assert (len(upstream.log), upstream.failures) == (len(FAULTS), [])


def test_the_table_has_every_row_that_an_upstream_can_cause():
    rows = {row for fault in FAULTS.values() for row in fault.rows.split()}
    assert rows >= {f"F{number:02}" for number in range(5, 47)}


async def test_the_faults_are_listed_as_models(upstream: Upstream, client: aiohttp.ClientSession):
    async with client.get(f"{upstream.base_url}/models") as response:
        listed: Mapping[str, Any] = await response.json()
    assert [model["id"] for model in listed["data"]] == names()


async def test_a_misspelt_fault_is_no_answer(upstream: Upstream, client: aiohttp.ClientSession):
    assert (await ask(client, upstream, "fault/4oo"))[0] == 501


async def test_a_refused_connection_says_so(client: aiohttp.ClientSession):
    with refused() as base_url, pytest.raises(aiohttp.ClientConnectorError, match="Connect call failed"):
        await client.get(base_url)


async def test_a_black_hole_neither_accepts_nor_refuses(client: aiohttp.ClientSession):
    impatient = aiohttp.ClientTimeout(sock_connect=0.3)
    with black_hole() as base_url, pytest.raises(aiohttp.ConnectionTimeoutError):
        await client.get(base_url, timeout=impatient)


async def test_an_unknown_host_has_no_address(client: aiohttp.ClientSession):
    with unknown_host() as base_url, pytest.raises(aiohttp.ClientConnectorDNSError):
        await client.get(base_url)


AUTHORITY = trustme.CA()


@pytest.mark.parametrize(
    ("dead_end", "words"),
    [
        (bad_certificate(), "unable to get local issuer"),
        (bad_certificate("wrong-host", AUTHORITY), "IP address mismatch"),
        (bad_certificate("expired", AUTHORITY), "certificate has expired"),
        (not_tls(), "WRONG_VERSION_NUMBER|record layer failure|unknown protocol"),
    ],
    ids=["unknown-authority", "wrong-host", "expired", "not-tls"],
)
async def test_tls_that_is_not_to_be_trusted_is_refused(
    client: aiohttp.ClientSession, dead_end: AbstractContextManager[str], words: str
):
    trusting = ssl.create_default_context(cadata=AUTHORITY.cert_pem.bytes().decode())
    with dead_end as base_url, pytest.raises(aiohttp.ClientSSLError, match=words):
        await client.get(base_url, ssl=trusting)


def test_an_upstream_stops_at_once_whatever_it_is_at():
    with socket.socket() as caller, fault_upstream() as upstream:
        upstream.script("a", [hangs()])
        body = b'{"model": "a"}'
        caller.connect(("127.0.0.1", int(upstream.origin.rpartition(":")[2])))
        caller.sendall(b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
        upstream.wait_until(lambda: upstream.open_connections() == 1)
        stopping = time.monotonic()
    assert time.monotonic() - stopping < 1
    assert [call.closed_by for call in upstream.log] == ["server"]


def test_waiting_in_vain_says_what_was_seen():
    with fault_upstream() as upstream, pytest.raises(TimeoutError, match="it saw"):
        upstream.wait_until(lambda: upstream.open_connections() == 1, timeout=0.01)


async def test_a_script_that_raises_fails_the_test(client: aiohttp.ClientSession):
    def wrong(body: JsonObject):
        return says(str(body["no such field"]))

    with pytest.raises(ExceptionGroup, match="scripts of the upstream failed"), fault_upstream() as upstream:
        upstream.script("a", [wrong])
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await ask(client, upstream, "a")
