"""The table of bodies that are wrong, B1 to B20, over every inference endpoint: one status, kind and place for all."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.doors.http.players import Door, open_door
from tests.doors.http.talk import QUESTION, Heard, fetch, plugin
from tests.requirements import requirement

pytestmark = [pytest.mark.anyio, requirement("wire:errors")]


@dataclass(frozen=True, slots=True)
class Dialect:
    """What an endpoint calls the things that every row speaks of."""

    path: str
    conversation: str
    tokens: str
    choice: Mapping[str, Any]
    """A tool choice that names a function `f`."""

    def said(self, **fields: Any) -> bytes:
        """A proper request with some fields that are not."""
        return json.dumps({"model": "openrouter/fusion", self.conversation: [QUESTION], **fields}).encode()

    def without(self, name: str) -> bytes:
        """A proper request that lacks a field."""
        body = json.loads(self.said())
        return json.dumps({key: value for key, value in body.items() if key != name}).encode()

    def content(self, text: str) -> bytes:
        """A request whose one message has this JSON text as its content."""
        raw = text.encode("utf-8", "surrogatepass")
        head = f'{{"model": "lab/a", "max_tokens": 9, "{self.conversation}": [{{"role": "user", "content": '
        return head.encode() + raw + b"}]}"

    def place(self, heard: Heard) -> tuple[int, str, str | None]:
        """Status, kind and place as this endpoint's envelope tells them."""
        body = heard.body
        if self.path.endswith("/messages"):
            assert (body["type"], body["request_id"]) == ("error", None)
            return heard.status, body["error"]["error_type"], body.get("metadata", {}).get("param")
        assert body["error"]["code"] == heard.status
        return heard.status, body["error"]["metadata"]["error_type"], body["error"]["param"]


NESTED = {"type": "function", "function": {"name": "f"}}
CHAT = Dialect("/v1/chat/completions", "messages", "max_tokens", NESTED)
RESPONSES = Dialect("/v1/responses", "input", "max_output_tokens", {"type": "function", "name": "f"})
MESSAGES = Dialect("/v1/messages", "messages", "max_tokens", {"type": "tool", "name": "f"})
DIALECTS = [CHAT, RESPONSES, MESSAGES]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: a body, and where it is wrong.

    In the place `{}` stands for the conversation's field, and `T` for the one that limits tokens.
    """

    id: str
    body: Callable[[Dialect], bytes]
    place: str | None = None
    kind: str = "invalid_request"
    status: int = 400
    headers: Mapping[str, str] | None = None


def with_tokens(value: Any) -> Callable[[Dialect], bytes]:
    """A body with this limit on tokens."""
    return lambda dialect: dialect.said(**{dialect.tokens: value})


def with_fields(**fields: Any) -> Callable[[Dialect], bytes]:
    """A body with these fields."""
    return lambda dialect: dialect.said(**fields)


def with_talk(value: Any) -> Callable[[Dialect], bytes]:
    """A body with this conversation."""
    return lambda dialect: dialect.said(**{dialect.conversation: value})


def exactly(raw: bytes) -> Callable[[Dialect], bytes]:
    """These very bytes."""
    return lambda dialect: raw


def holding(text: str) -> Callable[[Dialect], bytes]:
    """A body whose message has this content."""
    return lambda dialect: dialect.content(text)


NO_TALK: list[Any] = [[], {}, 7]
SEATS = "plugins[0].analysis_models"
ROWS = [
    Row("B1", exactly(b"")),
    Row("B2", exactly(b'{"model":')),
    Row("B2", lambda dialect: dialect.said() + b"x"),
    *(Row("B3", exactly(raw)) for raw in (b"[]", b'"x"', b"null", b"1")),
    *(
        Row("B4", with_fields(), status=415, headers={"Content-Type": kind})
        for kind in ("text/plain", "multipart/form-data; boundary=x", "")
    ),
    Row("B5", with_fields(user="x" * (1 << 20)), kind="payload_too_large", status=413),
    Row("B5", with_fields(), status=415, headers={"Content-Encoding": "gzip"}),
    Row("B6", exactly(b"[" * 100_000 + b"]" * 100_000)),
    Row("B7", lambda dialect: dialect.without("model")[:-1] + b', "seed": ' + b"9" * 5000 + b"}"),
    *(Row("B8", exactly(b'{"temperature": %s}' % number)) for number in (b"NaN", b"Infinity", b"-Infinity")),
    Row("B8", lambda dialect: dialect.said()[:-1] + b', "temperature": 1e999}', "temperature"),
    *(Row("B9", lambda dialect, code=code: dialect.said().decode().encode(code)) for code in ("utf-16", "utf-32")),
    Row("B9", exactly(b'{"model": "\xff"}')),
    Row("B10", holding('"\ud800"')),
    Row("B10", holding(r'"\ud800"'), "{}[0].content", "invalid_prompt"),
    Row("B11", holding(r'"a\u0000b"'), "{}[0].content", "invalid_prompt"),
    Row("B12", exactly(b'{"model": "a", "model": "b"}'), "model"),
    Row("B13", lambda dialect: dialect.without(dialect.conversation), "{}"),
    *(Row("B13", with_talk(value), "{}") for value in NO_TALK),
    Row("B14", with_talk([{"role": "robot", "content": "x"}]), "{}[0].role", "invalid_prompt"),
    *(
        Row("B14", with_talk([{"role": "user", "content": value}]), "{}[0].content", "invalid_prompt")
        for value in (None, 7)
    ),
    Row("B15", lambda dialect: dialect.without("model"), "model"),
    *(
        Row("B15", with_fields(model=name), "model")
        for name in ("", "x" * 10_000, "../x", "a\nb", "nobody/x", "lab/", 7)
    ),
    *(Row("B16", with_tokens(value), "T") for value in (True, "100", -1, 0, 1.5, 10**12)),
    *(Row("B17", with_fields(plugins=plugin(analysis_models=value)), SEATS) for value in ([], ["lab/a"] * 9)),
    Row("B17", with_fields(plugins=plugin(analysis_models=[1])), f"{SEATS}[0]"),
    *(
        Row("B18", with_fields(plugins=plugin(analysis_models=["lab/a", name])), "analysis_models[1]")
        for name in ("openrouter/fusion", "openrouter/fusion:free", "OpenRouter/FUSION")
    ),
    Row("B18", with_fields(plugins=plugin(model="openrouter/fusion")), "model"),
    *(
        Row("B19", with_fields(**{name: "http://127.0.0.1:1"}), name)
        for name in ("api_base", "base_url", "api_key", "headers")
    ),
    Row("B19", with_fields(user_config={"api_base": "x"}), "user_config"),
    Row("B19", with_fields(provider={"a": [{"base_url": "x"}]}), "provider.a[0].base_url"),
    Row("B20", with_fields(tools=[{"type": "web_search"}] * 10_000), "tools"),
    Row("B20", with_fields(tools=[{"type": "openrouter:nope"}]), "tools[0].type"),
    Row("B20", with_fields(stream="yes"), "stream"),
    Row("B20", lambda dialect: dialect.said(tool_choice=dialect.choice), "tool_choice"),
    Row("B20", with_fields(plugins=plugin(max_tool_calls=17)), "plugins[0].max_tool_calls"),
]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for the whole file, so that one door serves all of its tests."""
    return "asyncio"


@pytest.fixture(scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    """A door that nobody gets past."""
    store = {"path": tmp_path_factory.mktemp("bodies") / "runs.db"}
    async with open_door(store=store, local={"probe": False}) as opened:
        yield opened


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.path)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
async def test_a_wrong_body_is_refused_alike_everywhere(door: Door, dialect: Dialect, row: Row):
    heard = await fetch("POST", door.origin + dialect.path, raw=row.body(dialect), headers=row.headers)
    place = dialect.tokens if row.place == "T" else row.place and row.place.replace("{}", dialect.conversation)
    assert dialect.place(heard) == (row.status, row.kind, place)
    assert heard.headers["content-type"] == "application/json"
    assert ("x-should-retry" in heard.headers, door.upstream.log) == (False, [])


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.path)
async def test_a_wrong_body_has_its_status_though_it_asks_for_a_stream(door: Door, dialect: Dialect):
    heard = await fetch("POST", door.origin + dialect.path, raw=dialect.said(stream=True, temperature=7))
    assert dialect.place(heard) == (400, "invalid_request", "temperature")


async def test_nothing_that_was_refused_left_a_run(door: Door):
    assert len(await door.house.store.runs(limit=10)) == 0
