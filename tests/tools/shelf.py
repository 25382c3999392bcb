"""A web for tests that is a table: what is searched for and read, by whom, and a house that looks nowhere else."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import anyio

from fuseline.assembly import House
from fuseline.gateway import Gateway
from fuseline.pages.base import Page, PageFailed
from fuseline.planner.planner import Planner
from fuseline.search.base import Found, Hit, Query, SearchFailed
from fuseline.search.desk import Desk
from fuseline.settings.research import FetchSettings
from fuseline.tools.holdings import Library
from fuseline.tools.research import Research
from fuseline.types.domains import ANYWHERE, DomainRules
from fuseline.types.runs import Lookup, Speaker
from tests.house import house

SEAT = Speaker("panel", "lab/a", 0)
OTHER = Speaker("panel", "lab/b", 1)


@dataclass(slots=True)
class Shelf:
    """Results and pages, and what was asked of them. Every search finds `hits`; other pages are missing."""

    pages: Mapping[str, str | Exception] = field(default_factory=dict[str, "str | Exception"])
    hits: Sequence[Hit] = ()
    failure: Exception | None = None
    """What every search ends with."""
    engines: tuple[str, ...] = ("exa",)
    cost: int = 7_000_000
    gate: anyio.Event | None = None
    """Nothing answers before it is set."""
    searched: list[Query] = field(default_factory=list[Query])
    asked: list[str] = field(default_factory=list[str])
    """The engine of each search."""
    fetched: list[str] = field(default_factory=list[str])

    async def search(self, query: Query, engine: str = "auto") -> Found:
        """Answer from the table."""
        self.searched.append(query)
        self.asked.append(engine)
        await self._opened()
        if self.failure is not None:
            raise self.failure
        return Found(self.engines[0], tuple(self.hits), self.cost, 100)

    async def fetch(self, url: str, rules: DomainRules = ANYWHERE) -> Page:
        """Answer from the table, at the same address."""
        self.fetched.append(url)
        await self._opened()
        text = self.pages.get(url, PageFailed("failed:http", "HTTP 404: Not Found", 404))
        if isinstance(text, Exception):
            raise text
        return Page(url, f"Title of {url}", text, size=len(text))

    async def read(self, address: str, collections: Sequence[str]) -> Page:
        """A private document."""
        return await self.fetch(address)

    async def _opened(self) -> None:
        if self.gate is not None:
            await self.gate.wait()


@dataclass(frozen=True, slots=True)
class ShelfEngine:
    """A shelf as the engine of a real desk."""

    name: str
    shelf: Shelf

    async def search(self, query: Query) -> Found:
        """Answer from the table."""
        return await self.shelf.search(query)


@dataclass(slots=True)
class Log:
    """What a run is told of its lookups."""

    lookups: list[Lookup] = field(default_factory=list[Lookup])

    async def __call__(self, lookup: Lookup) -> None:
        self.lookups.append(lookup)

    @property
    def verdicts(self) -> list[tuple[str, str]]:
        """Engine and verdict of each."""
        return [(one.engine, one.verdict) for one in self.lookups]

    @property
    def counts(self) -> Counter[tuple[str, str]]:
        """How many there are of each, in whatever order they ended."""
        return Counter(self.verdicts)


def research(shelf: Shelf, *said: str, log: Log | None = None, **wanted: Any) -> Research:
    """The research of a run in whose conversation this was said."""
    settings = FetchSettings.model_validate(wanted.pop("settings", {}))
    made = Research(shelf, shelf, settings, log or Log(), **wanted)
    made.allow(said)
    return made


def down(reason: str) -> SearchFailed:
    """The failure of an engine."""
    return SearchFailed("exa", reason)


@asynccontextmanager
async def researching(base_url: str, shelf: Shelf, **sections: Any) -> AsyncGenerator[House]:
    """A house whose models live at that upstream, and whose web is a shelf."""
    async with house(base_url, **sections) as opened:
        planner = Planner(opened.catalog, opened.settings.fusion)
        desk = Desk([ShelfEngine(shelf.engines[0], shelf)], opened.settings.search)
        gateway = Gateway(opened.settings, planner, opened.switchboard, opened.store, Library(desk, shelf))
        yield replace(opened, gateway=gateway)


async def both(first: Callable[[], Any], second: Callable[[], Any]) -> None:
    """Do two things at the same time."""
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(first)
            group.start_soon(second)
