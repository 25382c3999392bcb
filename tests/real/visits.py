"""A house whose only endpoint is a real server, and what comes of asking a model there."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import pytest

from fuseline.assembly import CLIENT_WIRES, House, open_house
from fuseline.providers.credentials import key_headers
from fuseline.settings.settings import Settings
from fuseline.types.errors import FuselineError
from fuseline.types.events import Event, ReasoningDelta, TextDelta
from fuseline.types.models import Endpoint, Model
from fuseline.types.replies import Reply, Usage
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from tests.doors.http.talk import fetch
from tests.house import PRICED, ask, furnish, hear


@asynccontextmanager
async def visiting(
    base_url: str, wire: str, key: str, models: Sequence[str], headers: Mapping[str, str] | None = None, **tables: Any
) -> AsyncGenerator[House]:
    """An open house where `real/<name>` calls the model `<name>` of the server, and no seat looks anything up."""
    endpoint = {"base_url": base_url, "wire": wire, "api_key_env": "REAL_API_KEY", "headers": dict(headers or {})}
    named = {f"real/{name}": {"endpoint": "real", "name": name, **PRICED} for name in models}
    given: dict[str, Any] = {"endpoints": {"real": endpoint}, "models": named, "fusion": {"tools": ()}, **tables}
    chosen = Settings(**given)
    furnish(chosen.database)
    async with open_house(chosen, {"REAL_API_KEY": key}) as opened:
        yield opened


@dataclass(frozen=True, slots=True)
class Visit:
    """A run, and how it was heard."""

    run: Run
    text: Sequence[str]
    """The pieces of the text, as they came."""
    reasoning: Sequence[str]

    @property
    def reply(self) -> Reply:
        """The answer."""
        assert self.run.reply is not None, self.run.error
        return self.run.reply

    @property
    def usage(self) -> Usage:
        """What the server counted; a guess of ours does not do."""
        assert self.reply.usage is not None, "the server counted nothing"
        assert self.run.calls[-1].certainty == "exact"
        return self.reply.usage


async def visit(house: House, model: str, question: str = "Why is the sky blue?", **fields: Any) -> Visit:
    """Ask one model, and hear it speak."""
    run, events = await hear(house, ask(question, model=f"real/{model}", **fields))
    assert run is not None
    return Visit(run, texts(events, TextDelta), texts(events, ReasoningDelta))


def texts(events: Sequence[Event], kind: type[TextDelta | ReasoningDelta]) -> list[str]:
    """The pieces that were heard of one kind."""
    return [event.text for event in events if isinstance(event, kind)]


async def failing(house: House, model: str, question: str = "Why?", **fields: Any) -> FuselineError:
    """Ask one model that cannot answer; the error, with its run."""
    with pytest.raises(FuselineError) as failed:
        await visit(house, model, question, **fields)
    return failed.value


def reason(error: FuselineError) -> str:
    """The row of the fault table that the one call of a failed run ended with."""
    assert error.run is not None
    return error.run.calls[-1].error


async def leave(house: House, model: str, **fields: Any) -> None:
    """Ask one model, and leave as soon as it has begun to speak."""
    begun = anyio.Event()

    async def hear_first(event: Event) -> None:
        if isinstance(event, TextDelta | ReasoningDelta):
            begun.set()

    async with anyio.create_task_group() as group:
        group.start_soon(house.gateway.ask, ask(model=f"real/{model}", **fields), hear_first)
        await begun.wait()
        group.cancel_scope.cancel()


async def whole(base_url: str, wire: str, key: str, model: str, request: Request) -> Reply:
    """The answer to a call of our client half, asked for in one piece, as the same client half reads it."""
    client = CLIENT_WIRES[wire]
    asked = Model(f"real/{model}", Endpoint("real", base_url, wire), model)
    body = json.loads(client.write_request(request, asked, frozenset()))
    body = {**{name: value for name, value in body.items() if name != "stream_options"}, "stream": False}
    headers = {**client.headers, **key_headers(client.auth, key)}
    heard = await fetch("POST", base_url + client.path(asked), raw=json.dumps(body).encode(), headers=headers)
    assert heard.status == 200, heard.raw
    return client.read_reply(heard.raw)
