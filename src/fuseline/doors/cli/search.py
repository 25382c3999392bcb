"""`fuseline search`: what a panel would find, and which engines there are to find it."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from fuseline.assembly import open_library
from fuseline.doors.cli import codes
from fuseline.doors.cli.objects import print_json
from fuseline.doors.cli.terminal import one_line, say
from fuseline.doors.cli.words import aligned, count, money, seconds
from fuseline.search.base import Found, Hit, Query, SearchFailed
from fuseline.search.desk import Desk
from fuseline.search.rows import Row, rows
from fuseline.settings.settings import Settings, load
from fuseline.types.domains import domain_rules
from fuseline.types.errors import BadConfiguration, FuselineError, InvalidRequest, UpstreamError
from fuseline.types.json import Json
from fuseline.types.money import dollars

HEADINGS = ("ENGINE", "AUTO", "1,000 SEARCHES", "NEEDS", "WHAT IS SENT")
SEARCHES = 1_000
"""What prices are shown for: a single search costs too little to be read."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search brought, and how long it took."""

    found: Found
    seconds: float


def run(
    *,
    words: str,
    engine: str,
    most: int,
    allowed: Sequence[str],
    excluded: Sequence[str],
    engines: bool,
    as_json: bool,
    config: Path | None,
) -> int:
    """Search, or list the engines.

    :raises BadConfiguration: when searching is switched off, or a key is not accepted.
    :raises InvalidRequest: when there is nothing to search for, or no such engine.
    :raises UpstreamError: when no engine answered.
    """
    settings = load(config)
    if engines:
        return anyio.run(list_engines, settings, as_json)
    if not words.strip():
        raise InvalidRequest("there is nothing to search for: say what, or list the engines with --engines", "words")
    query = Query(
        words, max_results=most, rules=domain_rules(allowed, excluded), collections=settings.documents.collections
    )
    outcome = anyio.run(searched, settings, query, engine)
    if as_json:
        print_json(outcome_object(outcome))
    else:
        show(outcome)
    return codes.ANSWERED if outcome.found.hits else codes.FAILED


async def searched(settings: Settings, query: Query, engine: str) -> Outcome:
    """Search, and take the time."""
    async with open_library(settings) as library:
        began = time.monotonic()
        try:
            found = await library.search.search(query, engine)
        except SearchFailed as failure:
            raise as_error(failure) from None
        return Outcome(found, time.monotonic() - began)


def as_error(failure: SearchFailed) -> FuselineError:
    """A failure as the error that the door of the program knows."""
    if failure.reason == "unknown_engine":
        return InvalidRequest(f"there is no search engine {failure.engine}", "engine")
    if failure.reason in ("engine_auth", "disabled"):
        return BadConfiguration(f"the search failed: {failure}")
    return UpstreamError(failure.reason, f"the search failed: {failure}")


def show(outcome: Outcome) -> None:
    """Print the results on standard output, and who gave them on standard error."""
    found = outcome.found
    for place, hit in enumerate(found.hits, 1):
        for line in lines_of(place, hit):
            say(sys.stdout, line)
    for warning in found.warnings:
        say(sys.stderr, f"note: {one_line(warning)}")
    results, took = count(len(found.hits), "result"), seconds(outcome.seconds)
    say(sys.stderr, f"{found.engine}: {results}, {took}, {money(found.cost)}")


def lines_of(place: int, hit: Hit) -> Sequence[str]:
    """The lines of a result."""
    date = f" ({one_line(hit.published)})" if hit.published else ""
    excerpt = [f"   {one_line(hit.excerpt)}"] if hit.excerpt else []
    return (f"{place}. {one_line(hit.title)}{date}", f"   {one_line(hit.url)}", *excerpt, "")


def outcome_object(outcome: Outcome) -> Json:
    """The results for scripts."""
    found = outcome.found
    return {
        "engine": found.engine,
        "results": [
            {"url": hit.url, "title": hit.title, "excerpt": hit.excerpt, "published": hit.published or None}
            for hit in found.hits
        ],
        "cost": dollars(found.cost),
        "seconds": round(outcome.seconds, 3),
        "warnings": list(found.warnings),
    }


async def list_engines(settings: Settings, as_json: bool) -> int:
    """Print the engines, those first that `auto` tries, and what the others lack."""
    async with open_library(settings) as library:
        desk = library.search
        ordered = dict.fromkeys((*(name for name in desk.engines if name in rows()), *rows()))
        known = [rows()[name] for name in ordered]
        if as_json:
            print_json([engine_object(row, desk) for row in known])
        else:
            for line in aligned([HEADINGS, *(engine_row(row, desk) for row in known)]):
                say(sys.stdout, line)
    return codes.ANSWERED


def engine_row(row: Row, desk: Desk) -> Sequence[str]:
    """The columns of an engine."""
    place = desk.tried.index(row.name) + 1 if row.name in desk.tried else 0
    price = money(SEARCHES * row.cost(1)) if row.price else "free"
    return row.name, str(place or "-"), price, desk.lacking.get(row.name, ""), row.sent


def engine_object(row: Row, desk: Desk) -> Json:
    """An engine for scripts; prices are US dollars."""
    return {
        "engine": row.name,
        "ready": row.name in desk.engines,
        "auto": desk.tried.index(row.name) + 1 if row.name in desk.tried else None,
        "needs": desk.lacking.get(row.name),
        "variables": list(row.keys),
        "price": dollars(row.cost(1)),
        "results_included": row.included,
        "most_results": row.most,
        "modes": {mode: dollars(row.cost(1, mode)) for mode in row.modes},
        "priced": row.priced,
        "source": row.source,
        "sent": row.sent,
        "verified": row.verified,
    }
