"""A house in which one model, `acme/m`, is served by several endpoints, each with its own server or its own fault."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio

from fuseline.assembly import House, open_house
from fuseline.settings.settings import Settings
from fuseline.types.errors import FuselineError
from fuseline.types.messages import user
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from tests.faults.table import CLOCKS
from tests.house import furnish
from tests.upstream import Upstream

SLUG = "acme/m"


@dataclass(frozen=True, slots=True)
class Way:
    """One endpoint of the model, and what the server behind it calls it."""

    base_url: str
    name: str = "m"
    keys: str = "sk-way-0123456789"
    price: str = "1"
    model: Mapping[str, Any] | None = None
    """Further settings of the model there."""
    endpoint: Mapping[str, Any] | None = None
    """Further settings of the endpoint."""


def settings(ways: Mapping[str, Way], **sections: Any) -> Settings:
    """Settings in which these endpoints serve the model, in this order, and each also as `<endpoint>/m`."""
    endpoints = {
        name: {"base_url": way.base_url, "api_key_env": f"{name.upper()}_API_KEY", **(way.endpoint or {})}
        for name, way in ways.items()
    }
    models = {
        f"{name}/m": {
            "endpoint": name, "name": way.name, "price_in": way.price, "price_out": way.price, "same_as": SLUG,
            **(way.model or {}),
        }
        for name, way in ways.items()
    }  # fmt: skip
    sections = {"clocks": CLOCKS, **sections}
    tables: dict[str, Any] = {"endpoints": endpoints, "models": models}
    return Settings(**tables, **sections)


@asynccontextmanager
async def served_by(ways: Mapping[str, Way], *, within_s: float = 30, **sections: Any) -> AsyncGenerator[House]:
    """A house with these ways, for so long at the most."""
    chosen = settings(ways, **sections)
    furnish(chosen.database)
    with anyio.fail_after(within_s):
        async with open_house(chosen, {f"{name.upper()}_API_KEY": way.keys for name, way in ways.items()}) as house:
            yield house


def at(upstream: Upstream, **names: str) -> dict[str, Way]:
    """Ways that all lead to one server, where each is another model."""
    return {endpoint: Way(upstream.base_url, name) for endpoint, name in names.items()}


def question(slug: str = SLUG, **fields: Any) -> Request:
    """A plain request for the model."""
    return Request(slug, (user("Why is the sky blue?"),), **fields)


async def outcome(house: House, request: Request | None = None) -> Run:
    """The run of a request, whether it completed or failed.

    :raises FuselineError: for one that was refused before it began.
    """
    try:
        return await house.gateway.ask(request or question())
    except FuselineError as error:
        if error.run is None:
            raise
        return error.run


def attempts(run: Run) -> list[tuple[str, str]]:
    """Who was called, in order, and why it failed; empty for who answered."""
    return [(call.endpoint, call.error) for call in run.calls]


def wanting(**provider: Any) -> Mapping[str, Any]:
    """The policy of a request with this provider object."""
    return {"provider": provider}


def who(runs: Sequence[Run]) -> list[str]:
    """Who answered each."""
    return [run.provider for run in runs]
