"""A served house with scripted models, and the scripts that several tests share."""

import json
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fuseline.assembly import House
from fuseline.doors.http.stream import Pace
from fuseline.types.json import JsonObject
from tests.doors.http.talk import CHAT, Heard, get, post
from tests.house import house
from tests.served import served
from tests.upstream import Reply, Step, Upstream, fault_upstream, says

BRISK = Pace(stream_hold_s=0.2, whole_hold_s=0.2, silence_s=0.1)
"""A door that loses patience quickly, so that tests need not wait as long as people."""


@dataclass(frozen=True, slots=True)
class Door:
    """A served house, and the upstream behind it."""

    origin: str
    upstream: Upstream
    house: House

    async def post(self, body: object, *, path: str = CHAT, headers: Mapping[str, str] | None = None) -> Heard:
        """Send a request for a completion."""
        return await post(self.origin, body, path=path, headers=headers)

    async def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> Heard:
        """Look something up."""
        return await get(self.origin, path, headers=headers)

    @property
    def asked(self) -> list[str]:
        """The models that were asked, in alphabetical order since seats are asked at once."""
        return sorted(exchange.model for exchange in self.upstream.log)


@asynccontextmanager
async def open_door(
    scripts: Mapping[str, Sequence[Reply]] | None = None,
    *,
    models: Sequence[str] = (),
    pace: Pace | None = None,
    **sections: Any,
) -> AsyncGenerator[Door]:
    """Serve a house whose models say what their scripts say; the analyst compares, unless it has a script too."""
    with fault_upstream() as upstream:
        for model, replies in {"judge": [compares], **(scripts or {})}.items():
            upstream.script(model, replies)
        async with house(upstream.base_url, models, **sections) as opened, served(opened, pace) as origin:
            yield Door(origin, upstream, opened)


def compares(body: JsonObject) -> Step:
    """An analyst that reads which letters there are, and finds that all of them agree."""
    letters = letters_in(body)
    claim: dict[str, Any] = {"claim": "all agree", "sources": letters, "quote": "", "urls": []}
    lone: dict[str, Any] = {"claim": "one stands out", "source": letters[0], "quote": "", "urls": []}
    keys: dict[str, Any] = {
        "consensus": [claim],
        "contradictions": [],
        "partial_coverage": [],
        "unique_insights": [lone],
    }
    return says(json.dumps({**keys, "blind_spots": ["the cost"]}))


def letters_in(body: JsonObject) -> list[str]:
    """The letters of the answers that an analyst or a writer was shown."""
    return re.findall(r"<<<ANSWER ([A-Z])\b", last_text(body))


def last_text(body: Any) -> str:
    """The text of the last message of a call to an upstream."""
    return str(body["messages"][-1]["content"])
