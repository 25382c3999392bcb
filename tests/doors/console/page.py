"""The console's page as a test plays it: it asks, and listens to what happens."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fuseline.types.json import JsonObject
from fuseline.wires.sse import EventReader
from tests.doors.http.players import Door, letters_in, open_door
from tests.doors.http.talk import Heard, fetch, talking
from tests.upstream import Reply, Step, says

KEY = "fl-0123456789"
API = "/console/api"
CARRIES_KEY = {"Authorization": f"Bearer {KEY}"}
PROMPT = "Why is the sky blue?"


@dataclass(frozen=True, slots=True)
class Page:
    """A client of the console's API that carries the server's key."""

    door: Door
    origin: str

    async def get(self, path: str, **headers: str) -> Heard:
        """Look something up."""
        return await fetch("GET", self.origin + API + path, headers={**CARRIES_KEY, **headers})

    async def post(self, path: str, body: object) -> Heard:
        """Have something done."""
        return await fetch("POST", self.origin + API + path, body, headers=CARRIES_KEY)

    async def ask(self, prompt: str = PROMPT, **wish: Any) -> str:
        """Begin a run; the value is its id."""
        heard = await self.post("/runs", {"prompt": prompt, **wish})
        assert heard.status == 202, heard.raw
        return heard.body["id"]

    async def fuse(self, run: str, **wish: Any) -> str:
        """Begin a run over the answers of another; the value is its id."""
        heard = await self.post(f"/runs/{run}/fuse", wish)
        assert heard.status == 202, heard.raw
        return heard.body["id"]

    async def run(self, run: str) -> Any:
        """All of a run."""
        return (await self.get(f"/runs/{run}")).body

    async def hear(self, run: str, after: int = 0, **headers: str) -> list[Any]:
        """What happens in a run behind a number, to its end."""
        heard = await self.get(f"/runs/{run}/events?after={after}", **headers)
        assert heard.status == 200, heard.raw
        return [json.loads(payload) for payload in heard.payloads]

    async def hear_until(self, run: str, kind: str, seat: int | None = None) -> list[Any]:
        """What happens in a run up to the first event of a kind, and of a seat where one is named; then leave."""
        path = f"{self.origin}{API}/runs/{run}/events"
        reader, heard = EventReader(), list[Any]()
        async with talking("GET", path, headers=CARRIES_KEY) as response:
            async for piece in response.content.iter_any():
                heard += [json.loads(payload) for payload in reader.feed(piece)]
                if any(one["type"] == kind and seat in (None, one.get("seat")) for one in heard):
                    break
        return heard

    async def finished(self, run: str) -> Any:
        """A run when it is over."""
        return (await self.hear(run))[-1]["run"]


@asynccontextmanager
async def open_page(
    scripts: Mapping[str, Sequence[Reply]] | None = None, *, models: Sequence[str] = (), **sections: Any
) -> AsyncGenerator[Page]:
    """The console of a served house whose models say what their scripts say."""
    server = {"api_key": KEY, **sections.pop("server", {})}
    async with open_door(scripts, models=models, server=server, **sections) as door:
        yield Page(door, door.origin)


def text_of(events: Sequence[Mapping[str, Any]], kind: str = "answer.delta", seat: int | None = None) -> str:
    """All text of a kind, and of a seat."""
    return "".join(event["text"] for event in events if event["type"] == kind and event.get("seat") == seat)


def disputes(body: JsonObject) -> Step:
    """An analyst that finds that the first two answers contradict each other."""
    first, second, *_ = letters_in(body)
    sides = [{"stance": f"says {one}", "sources": [one], "evidence": f"as {one} has it"} for one in (first, second)]
    found: dict[str, Any] = {
        "consensus": [],
        "contradictions": [{"topic": "the hue", "stances": sides, "better_supported": second}],
        "partial_coverage": [{"claim": "half of it", "sources": [first], "quote": "half", "urls": []}],
        "unique_insights": [],
        "blind_spots": ["the night"],
    }
    return says(json.dumps(found))
