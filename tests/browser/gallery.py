"""What the pictures show: a house that played the recordings of `fuseline demo` in the last weeks, and was voted on."""

import sqlite3
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fuseline.assembly import House, open_house
from fuseline.doors.demo.demo import PRICES
from fuseline.doors.demo.recordings import Recording, Speech, find
from fuseline.doors.demo.upstream import recorded_upstream, tokens_of
from fuseline.settings.settings import Settings
from fuseline.storage.base import Choice, Side, Vote
from tests.house import ask, furnish
from tests.served import served

FAST = 400.0
"""How fast the past is played; what is watched is played as it was recorded."""
DAY_S = 86_400.0
CEDAR, JUNIPER, ROWAN, ALDER, MAPLE = PRICES
MUTE = "demo/larch"
"""A model of whom there is no recording: its calls fail."""
PANELS = {"demo": (CEDAR, JUNIPER, ROWAN), "pair": (JUNIPER, ROWAN), "four": (CEDAR, JUNIPER, ROWAN, MUTE)}


@dataclass(frozen=True, slots=True)
class Past:
    """A question that was asked some days ago."""

    slug: str
    preset: str
    days: float
    title: str = ""
    starred: bool = False


PAST = (
    Past("ab-test-peeking", "demo", 0.02, "Peeking at the checkout test", starred=True),
    Past("pump-npsh", "four", 0.09),
    Past("gdpr-breach-clock", "demo", 1.1, "Public bucket: whom to tell, by when", starred=True),
    Past("inherited-ira", "demo", 2.3),
    Past("metformin-contrast", "demo", 2.4),
    Past("postgres-isolation", "pair", 5.2, "Double booking, two seats only"),
    Past("ab-test-peeking", "pair", 6.0),
    Past("gdpr-breach-clock", "four", 8.1),
    Past("inherited-ira", "pair", 8.3),
    Past("pump-npsh", "demo", 11.2, "Will the pump on the roof cavitate?"),
    Past("metformin-contrast", "four", 12.5),
    Past("ab-test-peeking", "demo", 15.1),
    Past("gdpr-breach-clock", "pair", 19.2),
    Past("inherited-ira", "four", 23.0),
    Past("pump-npsh", "demo", 26.3),
)
"""The newest first."""
CHOICES: Sequence[Choice] = ("left", "left", "right", "left", "tie", "left", "left", "right", "left", "neither")
"""How the votes went, the fused answer being on the left, over and over."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """A served house with a past."""

    origin: str
    house: House
    past: Sequence[str]
    """The ids of its runs, the newest first."""


@asynccontextmanager
async def gallery(speed: float = 1.0) -> AsyncGenerator[Gallery]:
    """Serve a house with a past; what is asked from now on is answered at this multiple of the recorded speed."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="fuseline-gallery-")))
        past = await live(folder)
        url = await stack.enter_async_context(recorded_upstream(speed))
        house = await stack.enter_async_context(open_house(settings(url, folder), {}))
        yield Gallery(await stack.enter_async_context(served(house)), house, past)


async def live(folder: Path) -> Sequence[str]:
    """Play the past into a store of this folder, and date each run back."""
    async with recorded_upstream(FAST) as url:
        chosen = settings(url, folder)
        furnish(chosen.database)
        async with open_house(chosen, {}) as house:
            runs = [await remember(house, past) for past in PAST]
            for vote in votes(runs):
                await house.store.vote(vote)
    date_back(chosen.database, runs)
    return runs


async def remember(house: House, past: Past) -> str:
    """Ask one question of the past; the id of its run."""
    run = await house.gateway.ask(ask(find(past.slug).question, {"preset": past.preset}))
    assert run is not None
    await house.store.mark(run.id, title=past.title or None, starred=past.starred, preset=past.preset)
    return run.id


def votes(runs: Sequence[str]) -> Iterator[Vote]:
    """A vote on each answer of the past against the one that was fused from it."""
    sides = [
        (Side(run, None, "writer", MAPLE, past.preset), Side(run, seat, "panel", model, past.preset))
        for run, past in zip(runs, PAST, strict=True)
        for seat, model in enumerate(PANELS[past.preset])
        if model != MUTE
    ]
    for number, (fused, alone) in enumerate(sides):
        yield Vote(f"vote-{number}", 0.0, CHOICES[number % len(CHOICES)], fused, alone)


def date_back(database: Path, runs: Sequence[str]) -> None:
    """Have each run happen as long ago as it says, and take as long as it was recorded."""
    with closing(sqlite3.connect(database)) as connection, connection:
        for run, past in zip(runs, PAST, strict=True):
            ago, lasting = past.days * DAY_S, duration(find(past.slug))
            connection.execute("UPDATE calls SET started_at = started_at - ? WHERE run_id = ?", (ago, run))
            connection.execute(
                "UPDATE runs SET created_at = created_at - ?, finished_at = created_at - ? + ? WHERE id = ?",
                (ago, ago, lasting, run),
            )


def duration(recording: Recording) -> float:
    """Roughly how many seconds a recording took: its slowest seat, and then its writer."""
    return max(map(lasting, recording.panel)) + lasting(recording.writer)


def lasting(speech: Speech) -> float:
    """How many seconds a speech took."""
    return speech.first_token_s + tokens_of(speech) / speech.tokens_per_s


def settings(base_url: str, folder: Path) -> Settings:
    """Settings that know the recorded upstream alone."""
    prices = {**PRICES, MUTE: ("0.50", "1.50")}
    sections: dict[str, Any] = {
        "endpoints": {"demo": {"base_url": base_url, "title": "Recorded"}},
        "models": {
            slug: {"endpoint": "demo", "name": slug, "price_in": read, "price_out": written, "context": 200_000}
            for slug, (read, written) in prices.items()
        },
        "presets": {name: {"panel": panel, "analyst": ALDER, "writer": MAPLE} for name, panel in PANELS.items()},
        "fusion": {"preset": "demo", "tools": (), "carry_citations": False},
        "local": {"probe": False},
        "keys": {"path": folder / "keys.json"},
        "store": {"path": folder / "runs.db"},
    }
    return Settings(**sections)
