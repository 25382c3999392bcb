"""What the page is shown: a served house with a panel of three, and what each of its models says."""

import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from fuseline.assembly import House, open_house
from fuseline.settings.settings import Settings
from fuseline.types.json import JsonObject
from tests.house import CANARY, furnish
from tests.served import served
from tests.upstream import Reply, Step, Upstream, fails, fault_upstream, says
from tests.upstream.wire import Action, Ask, Wait

PANEL = ("heron", "ibis", "kestrel")
ANALYST, WRITER = "owl", "wren"
PRICES = {"price_in": "2.50", "price_out": "10.00", "context": 200_000}
QUESTION = "Our status page gets 40,000 visits in the first hour of an outage. How should it be cached?"
SAID: Mapping[str, str] = {
    "heron": """\
Put the page behind a content delivery network and let the edge keep it for **30 seconds**. With 40,000 visits in an
hour the origin then sees about 120 requests, whatever happens outside.

- Answer with the stale page while the origin is down.
- Purge the page at the moment at which an incident is posted.

```http
Cache-Control: public, max-age=30, stale-if-error=86400
```
""",
    "ibis": """\
Cache it at the edge. Five minutes is a good lifetime: readers forgive a delay, and a purge is never needed.

| lifetime | requests to the origin in an hour |
|---|---|
| 30 seconds | 120 |
| 5 minutes | 12 |

Answer with the stale page while the origin is down.
""",
    "kestrel": """\
A status page is cached at the edge, of course. More important is where it lives: host it with another provider than
the site that it reports on, since the outage takes both down otherwise.

The load follows $r = \\frac{3600}{t}$ requests an hour for a lifetime of $t$ seconds.
""",
}
FUSED = """\
Let the edge of a content delivery network keep the page for **30 seconds**. With 40,000 visits in an hour the origin
then sees about 120 requests. Answer with the stale page while the origin is down, for up to 86,400 seconds.

Host the page with another provider than the site that it reports on, since the outage takes both down otherwise.

Whether five minutes would do is disputed: it saves 108 requests an hour and shows old news for longer.
"""
ANSWER = re.compile(r"<<<ANSWER ([A-Z]) (\w+)[^>\n]*>>>\n(.*?)\n<<<END ANSWER \1 \2>>>", re.DOTALL)
"""An answer between its boundary lines, as the engine shows it to the analyst."""
BEAT_S = 0.005


def compares(said: Mapping[str, str] = SAID, **texts: str) -> Reply:
    """An analyst who finds one claim of each kind; `texts` stand in for its own words."""

    def read(body: JsonObject) -> Step:
        prompt = str(next(reversed(list_of_messages(body)))["content"])
        heard = {text.strip(): letter for letter, _, text in ANSWER.findall(prompt)}
        letters = {model: heard[text.strip()] for model, text in said.items() if text.strip() in heard}
        return says(json.dumps(comparison(letters, texts)))

    return read


def list_of_messages(body: JsonObject) -> list[dict[str, Any]]:
    """The messages of a call."""
    messages: Any = body["messages"]
    return messages


def comparison(letters: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, Any]:
    """What an analyst finds in the answers of those who have a letter."""
    every = list(letters.values())
    first, second, last = (letters.get(model) for model in PANEL)
    sides = [
        (first, "30 seconds", texts.get("evidence", "120 requests an hour are few")),
        (second, "five minutes", texts.get("evidence", "readers forgive a delay")),
    ]
    clash: dict[str, Any] = {
        "topic": texts.get("topic", "How long the edge keeps the page"),
        "stances": [
            {"source": source, "stance": texts.get("stance", stance), "evidence": evidence}
            for source, stance, evidence in sides
            if source
        ],
        "better_supported": first or "undecided",
    }
    return {
        "consensus": [claim(texts.get("consensus", "Cache the page at the edge"), sources=every)],
        "contradictions": [clash] if first and second else [],
        "partial_coverage": [
            claim(
                texts.get("partial", "Answer with the stale page while the origin is down"),
                sources=[letter for letter in (first, second) if letter],
                quote="Answer with the stale page while the origin is down.",
            )
        ]
        if first and second
        else [],
        "unique_insights": [
            claim(
                texts.get("unique", "Host it with another provider than the site"),
                source=last,
                quote="the outage takes both down otherwise",
            )
        ]
        if last
        else [],
        "blind_spots": [texts.get("blind", "What readers see whose name servers are down, too")],
    }


def claim(text: str, *, quote: str = "", **who: Any) -> dict[str, Any]:
    """A claim as an analyst writes it."""
    return {"claim": text, **who, "quote": quote, "urls": []}


@dataclass(slots=True)
class Gate:
    """Holds models back until a test has seen what it came for."""

    opened: Event = field(default_factory=Event)

    def open(self) -> None:
        """Let them go on."""
        self.opened.set()

    def holds(self, then: Step, *, after: int = 0) -> Step:
        """A step that sends so many pieces of its body, and the rest as soon as the gate is open."""

        def play(ask: Ask) -> Iterator[Action]:
            left = after
            for action in then.play(ask):
                while isinstance(action, bytes) and left <= 0 and not self.opened.is_set():
                    yield Wait(BEAT_S)
                left -= isinstance(action, bytes)
                yield action

        return Step(play)


SCRIPTS: Mapping[str, Sequence[Reply]] = {
    **{model: [says(text, chunks=12, reasoning="Let me think.")] for model, text in SAID.items()},
    ANALYST: [compares()],
    WRITER: [says(FUSED, chunks=20)],
}
DEAD = fails(400, message="this key may not use the model", code="model_not_allowed")


@dataclass(frozen=True, slots=True)
class Scene:
    """A served house, and the upstream behind it."""

    origin: str
    upstream: Upstream
    house: House


@asynccontextmanager
async def scene(scripts: Mapping[str, Sequence[Reply]] | None = None, **sections: Any) -> AsyncGenerator[Scene]:
    """Serve a house whose panel is `PANEL`; models say what they always say, unless they have a script."""
    with fault_upstream() as upstream:
        for model, replies in {**SCRIPTS, **(scripts or {})}.items():
            upstream.script(model, replies)
        async with served_house(aviary(upstream.base_url, **sections), upstream) as opened:
            yield opened


@asynccontextmanager
async def empty_scene(**sections: Any) -> AsyncGenerator[Scene]:
    """Serve a house that has no key, and so nobody to call."""
    with fault_upstream() as upstream:
        async with served_house(Settings(**sections), upstream, keys={}) as opened:
            yield opened


@asynccontextmanager
async def served_house(
    settings: Settings, upstream: Upstream, keys: Mapping[str, str] | None = None
) -> AsyncGenerator[Scene]:
    """Serve a house with these settings."""
    furnish(settings.database)
    async with (
        open_house(settings, {"LAB_API_KEY": CANARY} if keys is None else keys) as house,
        served(house) as origin,
    ):
        yield Scene(origin, upstream, house)


def aviary(base_url: str, **sections: Any) -> Settings:
    """Settings whose only endpoint is the upstream, and whose only preset is the panel of birds."""
    models = {f"lab/{name}": {"endpoint": "lab", "name": name, **PRICES} for name in (*PANEL, ANALYST, WRITER)}
    preset = {"panel": [f"lab/{name}" for name in PANEL], "analyst": f"lab/{ANALYST}", "writer": f"lab/{WRITER}"}
    tables: dict[str, Any] = {
        "endpoints": {"lab": {"base_url": base_url, "api_key_env": "LAB_API_KEY"}},
        "models": {**models, **sections.pop("models", {})},
        "presets": {"birds": preset, **sections.pop("presets", {})},
        "fusion": {"preset": "birds", "tools": (), **sections.pop("fusion", {})},
    }
    return Settings(**tables, **sections)
