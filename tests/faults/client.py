"""A client of the real HTTP door: it asks through a socket, whole or streamed, and reads what it gets strictly."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import anyio
import pytest

from fuseline.assembly import House
from fuseline.doors.http.stream import Pace
from fuseline.storage.base import StoredRun
from tests.faults.claims import SECRETS, written
from tests.faults.table import MOST_TOKENS, Money, money_of
from tests.served import served

STREAMED = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@dataclass(frozen=True, slots=True)
class Heard:
    """What a client got for a request."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def object(self) -> dict[str, Any]:
        """A body that is one JSON object."""
        return json.loads(self.body)

    @property
    def chunks(self) -> list[dict[str, Any]]:
        """I8: the chunks of a stream, which ends with `[DONE]` after exactly one finish reason."""
        events = [line.removeprefix(b"data: ") for line in self.body.split(b"\n\n") if line.startswith(b"data: ")]
        assert events[-1] == b"[DONE]"
        chunks = [json.loads(event) for event in events[:-1]]
        assert len([one for one in chunks if one["choices"] and one["choices"][0]["finish_reason"]]) == 1
        return chunks

    @property
    def streamed(self) -> bool:
        """Whether it came as a stream."""
        return self.headers["Content-Type"].startswith("text/event-stream")

    @property
    def end(self) -> dict[str, Any]:
        """Where usage and the fusion field stand: the whole reply, or its last chunk."""
        return self.chunks[-1] if self.streamed else self.object

    @property
    def fusion(self) -> dict[str, Any]:
        """What the reply says of the panel."""
        return self.end["fusion"]

    @property
    def said(self) -> list[dict[str, Any]]:
        """What the assistant said: its message, or that message's deltas."""
        if not self.streamed:
            return [self.object["choices"][0]["message"]]
        return [chunk["choices"][0]["delta"] for chunk in self.chunks if chunk["choices"]]

    @property
    def text(self) -> str:
        """The answer."""
        return "".join(said.get("content") or "" for said in self.said)

    @property
    def finish_reason(self) -> str:
        """Why the answer ended."""
        last = self.chunks[-2] if self.streamed else self.object
        return last["choices"][0]["finish_reason"]

    @property
    def error(self) -> dict[str, Any]:
        """The error, with a status of its own or in the stream."""
        return self.chunks[-2]["error"] if self.streamed else self.object["error"]


async def post(
    house: House,
    parameters: Mapping[str, Any] | None = None,
    *,
    stream: bool = False,
    pace: Pace | None = None,
    **fields: Any,
) -> Heard:
    """Ask the alias through a socket, as a client does. No reply holds a key."""
    plugins = [{"id": "fusion", "expose": "full", "max_completion_tokens": MOST_TOKENS, **(parameters or {})}]
    messages = [{"role": "user", "content": "Why is the sky blue?"}]
    body = {"model": "openrouter/fusion", "messages": messages, "plugins": plugins, "stream": stream, **fields}
    async with served(house, pace) as origin, aiohttp.ClientSession() as session:
        async with session.post(f"{origin}/v1/chat/completions", json=body) as response:
            heard = Heard(response.status, response.headers, await response.read())
    assert not [secret for secret in SECRETS if secret.encode() in heard.body + written(house)]
    return heard


async def both(house: House, parameters: Mapping[str, Any]) -> tuple[Heard, Heard]:
    """The same question at the same time, answered whole and streamed."""
    heard: dict[bool, Heard] = {}

    async def listen(stream: bool) -> None:
        heard[stream] = await post(house, parameters, stream=stream)

    async with anyio.create_task_group() as group:
        group.start_soon(listen, False)
        group.start_soon(listen, True)
    return heard[False], heard[True]


async def remembered(house: House, heard: Heard) -> StoredRun:
    """The run behind a response, as the store has it."""
    run = await house.store.run(heard.headers["X-Generation-Id"])
    assert run is not None
    return run


def seats(*faults: str) -> list[str]:
    """A panel of the fault table's models, and of healthy ones where the name is a single letter."""
    return [f"lab/{fault}" if len(fault) == 1 else f"lab/fault/{fault}" for fault in faults]


def models(*faults: str) -> list[str]:
    """The same as the upstream knows them."""
    return [f"fault/{fault}" for fault in faults if len(fault) > 1]


def booked(run: StoredRun, role: str) -> list[Money]:
    """How the calls of one role were booked."""
    return [money_of(call) for call in run.calls if call.speaker.role == role]


async def look_up(house: House, run_id: str) -> dict[str, Any]:
    """A run as clients look it up."""
    async with served(house) as origin, aiohttp.ClientSession() as session:
        async with session.get(f"{origin}/v1/generation", params={"id": run_id}) as response:
            return (await response.json())["data"]
