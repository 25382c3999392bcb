"""A whole house for tests: a real gateway over a real store, whose models live at the fault upstream."""

import tempfile
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from fuseline.assembly import House, open_house
from fuseline.pages.base import Page, PageFailed
from fuseline.search.desk import Desk
from fuseline.settings.research import FetchSettings, SearchSettings
from fuseline.settings.settings import Settings
from fuseline.storage.connections import MEMORY, connect, create_file
from fuseline.storage.sqlite import prepare
from fuseline.tools.research import Research
from fuseline.types.domains import ANYWHERE, DomainRules
from fuseline.types.events import Event
from fuseline.types.messages import user
from fuseline.types.requests import Plugin, Request
from fuseline.types.runs import Lookup, Run

PRICED = {"price_in": "1.00", "price_out": "2.00"}


def settings(base_url: str, models: Sequence[str] = (), **sections: Any) -> Settings:
    """Settings whose only endpoint is the upstream; `lab/<name>` calls the model `<name>` there.

    Seats have no tools but where a test gives them any.
    """
    table = {
        f"lab/{name}": {"endpoint": "lab", "name": name, **PRICED}
        for name in ("a", "b", "c", "judge", "writer", *models)
    }
    preset = {"panel": ["lab/a", "lab/b", "lab/c"], "analyst": "lab/judge", "writer": "lab/writer"}
    tables: dict[str, Any] = {
        "endpoints": {"lab": {"base_url": base_url, "api_key_env": "LAB_API_KEY"}},
        "models": table,
        "presets": {"general-high": preset, **sections.pop("presets", {})},
    }
    fusion: Any = {"tools": (), **sections.pop("fusion", {})}
    return Settings(**tables, fusion=fusion, **sections)


@asynccontextmanager
async def house(base_url: str, models: Sequence[str] = (), **sections: Any) -> AsyncGenerator[House]:
    """An open house at that upstream, with a key that must never show up anywhere."""
    chosen = settings(base_url, models, **sections)
    furnish(chosen.database)
    async with open_house(chosen, {"LAB_API_KEY": CANARY}) as opened:
        yield opened


def furnish(database: Path) -> None:
    """Put a store with all its tables where there is none yet: to make them takes longer than most tests."""
    if database != MEMORY and not database.exists():
        create_file(database)
        database.write_bytes(furnished())


@cache
def furnished() -> bytes:
    """The file of a store that has just been made."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "runs.db"
        create_file(path)
        connection = connect(str(path))
        prepare(str(path), connection, path)
        connection.close()
        return path.read_bytes()


class NoPages:
    """A fetcher that reads nothing."""

    async def fetch(self, url: str, rules: DomainRules = ANYWHERE) -> Page:
        raise PageFailed("unavailable", "fetch_unavailable")


def no_research() -> Research:
    """Research that finds nothing, for what is tested without it."""
    chosen = SearchSettings()
    return Research(Desk((), chosen), NoPages(), FetchSettings(), no_lookup)


async def no_lookup(lookup: Lookup) -> None:
    """Forget what was looked up."""


CANARY = "sk-canary-0123456789abcdef0123456789"
"""The upstream's key in tests: no reply, row or log may hold it."""


def ask(question: str = "Why is the sky blue?", parameters: Mapping[str, Any] | None = None, **fields: Any) -> Request:
    """A request to the alias, with the plugin's parameters."""
    plugins = (Plugin("fusion", parameters=parameters),) if parameters is not None else ()
    return Request(fields.pop("model", "openrouter/fusion"), (user(question),), plugins=plugins, **fields)


async def hear(house: House, request: Request) -> tuple[Run | None, list[Event]]:
    """Carry a request through; return its run, or `None` where it failed, and all that happened."""
    heard: list[Event] = []

    async def tell(event: Event) -> None:
        heard.append(event)

    run = await house.gateway.ask(request, tell)
    return run, heard
