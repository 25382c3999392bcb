"""All that is asked of others: every endpoint at once, each within its clock. What came of it keeps their order."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import anyio

from fuseline.assembly import CLIENT_WIRES, open_house
from fuseline.catalog.catalog import Catalog
from fuseline.doors.cli.doctor import live
from fuseline.doors.cli.doctor.live import Trial
from fuseline.doors.cli.doctor.report import Progress
from fuseline.doors.cli.doctor.subjects import Subject
from fuseline.providers.credentials import credential_for
from fuseline.providers.probe import Probe, probe
from fuseline.settings.settings import Settings

CLOCK_S = 5.0
"""Seconds that an endpoint has for each thing it is asked."""
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Visit:
    """What asking one endpoint brought."""

    probes: Sequence[Probe] = ()
    """One with each key, or one without any."""
    trial: Trial | None = None
    """`None` where no model was called."""
    called: bool = False
    """Whether a call was wanted of it."""

    @property
    def proved(self) -> bool:
        """Whether a call went well."""
        return self.trial is not None and self.trial.answered


async def look(subjects: Sequence[Subject], clock_s: float, waiting: Progress) -> list[Visit]:
    """Look at all endpoints that there is any sense in asking."""

    async def one(subject: Subject) -> Visit:
        if subject.bridged or not subject.may_be_asked:
            return Visit()
        endpoint, wire = subject.endpoint, CLIENT_WIRES[subject.endpoint.wire]
        auth = endpoint.auth or wire.auth

        async def with_key(key: str) -> Probe:
            credential = credential_for(auth, key, endpoint.base_url) if subject.shows else None
            return await probe(endpoint, wire, credential, clock_s)

        with waiting.on(endpoint.name):
            return Visit(await together(subject.keys or ("",), with_key))

    return await together(subjects, one)


async def call(
    subjects: Sequence[Subject], visits: Sequence[Visit], catalog: Catalog, settings: Settings, waiting: Progress
) -> list[Visit]:
    """Have a model of each endpoint that was reached answer, in a house that is opened for it."""

    async def one(pair: tuple[Subject, Visit]) -> Visit:
        subject, visit = pair
        there = visit.probes and visit.probes[0].listing.status is not None
        if not (there or (subject.bridged and subject.may_be_asked)):
            return visit
        slug = live.cheapest(subject, catalog, visit.probes[0].listed if visit.probes else None)
        with waiting.on(f"{subject.endpoint.name} for an answer"):
            return Visit(visit.probes, await live.call(house, slug) if slug else None, called=True)

    async with open_house(live.hasty(settings)) as house:
        return await together(list(zip(subjects, visits, strict=True)), one)


async def together(items: Sequence[Item], do: Callable[[Item], Awaitable[Result]]) -> list[Result]:
    """Do something with all items at once, and return what came of each in the order of the items."""
    done: dict[int, Result] = {}

    async def one(place: int, item: Item) -> None:
        done[place] = await do(item)

    async with anyio.create_task_group() as tasks:
        for place, item in enumerate(items):
            tasks.start_soon(one, place, item)
    return [done[place] for place in range(len(items))]
