"""`fuseline models --refresh`: asks endpoints which models they have, and keeps what each says for the next start."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import anyio

from fuseline.assembly import CLIENT_WIRES
from fuseline.catalog import facts
from fuseline.catalog.endpoints import Directory, open_directory
from fuseline.catalog.listed import Page, read_page
from fuseline.catalog.lists import MOST, Listed, save
from fuseline.catalog.names import plain
from fuseline.catalog.shelf import Shelves
from fuseline.doors.cli import codes
from fuseline.doors.cli.objects import print_json
from fuseline.doors.cli.terminal import one_line, say
from fuseline.doors.cli.words import aligned, count
from fuseline.providers.credentials import Credential, credential_for
from fuseline.providers.probe import knock
from fuseline.settings.settings import Settings, load
from fuseline.types.errors import InvalidRequest, NothingToCall, StorageFailed, UpstreamError
from fuseline.types.models import Endpoint, Model

CLOCK_S = 20.0
"""Seconds for each page of a list."""
AT_ONCE = 8
PAGES = 20
ASKED: Mapping[str, str] = {"messages": "limit=1000", "gemini": "pageSize=1000"}
"""How each protocol is asked for long pages."""
GOES_ON: Mapping[str, str] = {"messages": "after_id", "gemini": "pageToken"}
"""How each is asked for the page after one."""
NO_LIST = 404
HEADINGS = ("ENDPOINT", "MODELS", "NEW", "GONE", "PRICED", "DATE")


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What came of asking one endpoint."""

    endpoint: str
    problem: str = ""
    """Why nothing has changed; empty where the list was kept."""
    models: int = 0
    new: int = 0
    """How many of them were not known before."""
    gone: int = 0
    """How many that were known are not among them. They can still be asked for."""
    priced: int = 0
    """How many have a price in the list itself."""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Errand:
    """What is needed to ask: the endpoints with their keys, and where the lists are."""

    directory: Directory
    folder: Path
    shelves: Shelves
    date: str
    slots: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(AT_ONCE))

    async def carry(self, endpoint: Endpoint) -> Refreshed:
        """Ask one endpoint and keep its list. Whatever goes wrong changes nothing."""
        if not self.directory.reachable(endpoint.name):
            return Refreshed(endpoint.name, f"it cannot be asked: set {self.directory.opens(endpoint.name)}")
        if endpoint.wire not in CLIENT_WIRES:
            return Refreshed(endpoint.name, f"{endpoint.wire} has no list of what it leads to")
        known = self.shelves.of(endpoint).models
        try:
            async with self.slots:
                models = await fetch(endpoint, self._credential(endpoint))
            save(self.folder, endpoint, self.date, models)
        except (UpstreamError, StorageFailed) as error:
            return Refreshed(endpoint.name, error.message)
        except ValueError as error:
            return Refreshed(endpoint.name, str(error))
        return compared(endpoint.name, known, models, self.date)

    def _credential(self, endpoint: Endpoint) -> Credential:
        key = next(iter(self.directory.keys.of(endpoint)), "")
        return credential_for(endpoint.auth or CLIENT_WIRES[endpoint.wire].auth, key, endpoint.base_url)


def refresh(names: Sequence[str], *, as_json: bool, config: Path | None) -> int:
    """Ask the endpoints of these names, or all that can be called, and tell what came of each.

    :raises InvalidRequest: when there is no endpoint of that name.
    :raises NothingToCall: when none is named and none can be called.
    """
    done = anyio.run(ask_all, load(config), names, os.environ)
    good = [one for one in done if not one.problem]
    if as_json:
        print_json([asdict(one) for one in done])
    elif good:
        rows = [(one.endpoint, *map(str, (one.models, one.new, one.gone, one.priced)), one.date) for one in good]
        for line in aligned([HEADINGS, *rows], {1, 2, 3, 4}):
            say(sys.stdout, line)
    return codes.ANSWERED if len(good) == len(done) else codes.FAILED


async def ask_all(settings: Settings, names: Sequence[str], environ: Mapping[str, str]) -> list[Refreshed]:
    """Ask several at a time, and say of each how it went as soon as that is known."""
    directory = open_directory(settings, environ, ())
    endpoints = chosen(directory, names)
    today = max(datetime.now(UTC).date().isoformat(), facts.models().date)  # an earlier clock is a wrong one
    errand = Errand(directory, settings.model_lists, Shelves(settings.model_lists), today)
    done: dict[str, Refreshed] = {}

    async def ask(endpoint: Endpoint) -> None:
        done[endpoint.name] = await errand.carry(endpoint)
        say(sys.stderr, told(done[endpoint.name]))

    say(sys.stderr, f"asking {count(len(endpoints), 'endpoint')} for their models")
    async with anyio.create_task_group() as tasks:
        for endpoint in endpoints:
            tasks.start_soon(ask, endpoint)
    return [done[endpoint.name] for endpoint in endpoints]


def chosen(directory: Directory, names: Sequence[str]) -> list[Endpoint]:
    """The endpoints of these names, or all that can be called."""
    unknown = next((name for name in names if name not in directory.endpoints), None)
    if unknown is not None:
        raise InvalidRequest(f"there is no endpoint {one_line(unknown)[:80]}", "endpoint")
    wanted = names or [name for name in directory.endpoints if directory.reachable(name)]
    if not wanted:
        raise NothingToCall("no endpoint can be asked for its models: set a key, or configure an endpoint")
    return [directory.endpoints[name] for name in dict.fromkeys(wanted)]


async def fetch(endpoint: Endpoint, credential: Credential) -> Sequence[Listed]:
    """The whole list of one endpoint, page after page.

    :raises UpstreamError: when it does not answer as it should.
    :raises ValueError: when what it answers is no list of models.
    """
    models: dict[str, Listed] = {}
    following = ""
    for _ in range(PAGES):
        page = await fetch_page(endpoint, credential, following)
        models |= {model.name: model for model in page.models}
        following = page.following
        if not following or len(models) > MOST:
            break
    if following or len(models) > MOST:
        raise ValueError(f"the list has no end after {len(models):,} models")
    if not models:
        raise ValueError("the list has no model with a name that can be used")
    return list(models.values())


async def fetch_page(endpoint: Endpoint, credential: Credential, following: str) -> Page:
    """One page of a list."""
    goes_on = GOES_ON.get(endpoint.wire, "after")
    words = [ASKED.get(endpoint.wire, ""), f"{goes_on}={quote(following, safe='')}" if following else ""]
    query = "&".join(word for word in words if word)
    path = f"/models?{query}" if query else "/models"
    answer = await knock(endpoint, CLIENT_WIRES[endpoint.wire], path, credential, CLOCK_S)
    if answer.status == NO_LIST:
        raise ValueError("it has no list of models at its address")
    if answer.problem is not None:
        raise answer.problem
    return read_page(answer.body, endpoint.dialect)


def compared(endpoint: str, known: Sequence[Model], listed: Sequence[Listed], date: str) -> Refreshed:
    """What a new list changes."""
    before, now = {plain(model.name) for model in known}, {plain(model.name) for model in listed}
    priced = sum(model.price_in is not None for model in listed)
    return Refreshed(endpoint, "", len(listed), len(now - before), len(before - now), priced, date)


def told(one: Refreshed) -> str:
    """How it went, in a line."""
    if one.problem:
        return f"{one.endpoint}: nothing has changed: {one_line(one.problem)}"
    return f"{one.endpoint}: {count(one.models, 'model')}, {one.new} new, {one.gone} gone, {one.priced} priced"
