"""`fuseline doctor`: looks at everything, tells it in order, and ends with a code that scripts can read."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import anyio

from fuseline.catalog.catalog import Catalog
from fuseline.catalog.endpoints import open_directory
from fuseline.catalog.local import probe as look_around
from fuseline.doors.cli import codes
from fuseline.doors.cli.doctor import catalogue, configuration, endpoints, home, live, machine, visits
from fuseline.doors.cli.doctor.checks import Check
from fuseline.doors.cli.doctor.report import Progress, progress, show
from fuseline.doors.cli.doctor.subjects import Subject, subjects
from fuseline.doors.cli.doctor.visits import CLOCK_S, Visit
from fuseline.settings.settings import Settings
from fuseline.types.errors import BadConfiguration, InvalidRequest, StorageFailed
from fuseline.types.json import Json
from fuseline.types.models import Model


@dataclass(frozen=True, slots=True)
class Scope:
    """What is to be looked at, and how."""

    names: Sequence[str] = ()
    """Endpoints; where there are any, nothing else is looked at but the settings."""
    live: bool = False
    """Whether a model of each is called, which costs money."""
    offline: bool = False
    """Whether nobody is asked anything."""
    config: Path | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    clock_s: float = CLOCK_S


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found, in the order in which it is told."""

    checks: Sequence[Check]
    endpoints: Sequence[Json] = ()

    @property
    def code(self) -> int:
        """The exit code: a failure, nothing configured, or neither."""
        failed = [check for check in self.checks if check.status == "fail"]
        if not failed:
            return codes.ANSWERED
        return codes.NOT_CONFIGURED if all(check.bare for check in failed) else codes.FAILED


def run(*, names: Sequence[str], live: bool, offline: bool, as_json: bool, config: Path | None) -> int:
    """Look at everything, or at some endpoints, and return the exit code.

    :raises InvalidRequest: when the wish contradicts itself, or an endpoint is named that there is not.
    """
    if live and offline:
        raise InvalidRequest("--live calls models, and --offline asks nobody: give one of them")
    findings = anyio.run(examine, Scope(names, live, offline, config))
    show(findings.checks, findings.endpoints, as_json=as_json)
    return findings.code


async def examine(scope: Scope) -> Findings:
    """Look, and say what was found. Wrong settings are a finding like any other, after which little can be looked at.

    :raises InvalidRequest: when an endpoint is named that there is not.
    """
    settings, checks = configuration.examine(scope.config, scope.environ)
    if settings is None:
        return Findings([*checks, *machine.versions()])
    with progress() as waiting:
        found = await look_around(settings.local.timeout_s) if settings.local.probe and not scope.offline else ()
        try:
            directory = open_directory(settings, scope.environ, found)
            catalog = Catalog.build(settings, scope.environ, found)
        except BadConfiguration as error:
            wrong = configuration.contradiction(error)
            return Findings([*checks, wrong, *home.examine(settings), *machine.versions()])
        wanted = catalogue.wanted(settings, catalog)
        lately = home.lately(settings, time.time())
        chosen = subjects(settings, directory, wanted, lately, scope.names, scope.environ)
        about = [] if scope.names else await surroundings(settings, found, catalog, chosen, scope)
        made = [Visit() for _ in chosen] if scope.offline else await visits.look(chosen, scope.clock_s, waiting)
        spent = list[Check]()
        if scope.live:
            made, spent = await call(chosen, made, catalog, settings, waiting)
    told = [check for subject, visit in zip(chosen, made, strict=True) for check in tell(subject, visit)]
    return Findings([*checks, *about, *told, *spent], list(map(endpoint_object, chosen, made)))


async def surroundings(
    settings: Settings, found: Sequence[Model], catalog: Catalog, chosen: Sequence[Subject], scope: Scope
) -> list[Check]:
    """All that is no endpoint's own."""
    reach, fetched = catalogue.reach(catalog), {subject.endpoint.name: subject.fetched for subject in chosen}
    return [
        *home.examine(settings),
        *([] if scope.offline else [await machine.port(settings.server, scope.clock_s)]),
        *machine.versions(),
        *([] if scope.offline else machine.local_servers(settings, found)),
        catalogue.data(datetime.now(UTC).date(), fetched),
        reach,
        *([] if reach.bare else [*catalogue.presets(settings, catalog), *catalogue.panels(catalog)]),
    ]


async def call(
    chosen: Sequence[Subject], made: list[Visit], catalog: Catalog, settings: Settings, waiting: Progress
) -> tuple[list[Visit], list[Check]]:
    """Have models answer, and say what that cost; or why no call could be made, such as for want of a database."""
    try:
        made = await visits.call(chosen, made, catalog, settings, waiting)
    except (BadConfiguration, StorageFailed) as error:
        return made, [Check("live", "calls", "fail", f"none was made: {error.message}", configuration.CORRECT)]
    return made, [live.total(visit.trial for visit in made if visit.trial)]


def tell(subject: Subject, visit: Visit) -> Iterator[Check]:
    """All that was found of one endpoint."""
    yield endpoints.told_key(subject)
    if subject.bridged:
        yield endpoints.told_bridge(subject, proved=visit.proved)
    elif visit.probes:
        yield from endpoints.told_probes(subject, visit.probes, proved=visit.proved)
    if subject.lately is not None:
        yield endpoints.told_calls(subject, subject.lately)
    yield from endpoints.told_facts(subject)
    if visit.called:
        yield live.told(subject, visit.trial)


def endpoint_object(subject: Subject, visit: Visit) -> Json:
    """One endpoint for scripts."""
    called = live.trial_object(visit.trial) if visit.trial else None
    return {**endpoints.endpoint_object(subject, next(iter(visit.probes), None)), "call": called}
