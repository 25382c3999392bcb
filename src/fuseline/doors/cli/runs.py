"""`fuseline runs`: the newest runs, a line for each."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import anyio

from fuseline.doors.cli import codes
from fuseline.doors.cli.objects import print_json
from fuseline.doors.cli.terminal import one_line, say
from fuseline.doors.cli.words import aligned, money, seconds
from fuseline.settings.settings import Settings, load
from fuseline.storage.base import StoredRun
from fuseline.storage.sqlite import open_sqlite
from fuseline.types.json import Json
from fuseline.types.money import dollars

HEADINGS = ("RUN", "BEGAN", "STATUS", "TIME", "COST", "ASKED", "ANSWERED BY")


def run(*, limit: int, as_json: bool, config: Path | None) -> int:
    """List the newest runs, newest first."""
    found = anyio.run(newest, load(config), limit)
    if as_json:
        print_json([header_object(one) for one in found])
        return codes.ANSWERED
    if not found:
        say(sys.stderr, "no runs yet; `fuseline ask` makes the first")
        return codes.ANSWERED
    for line in aligned([HEADINGS, *(header_row(one) for one in found)], {3, 4}):
        say(sys.stdout, line)
    return codes.ANSWERED


async def newest(settings: Settings, limit: int) -> Sequence[StoredRun]:
    """The headers of the newest runs."""
    async with open_sqlite(settings.database) as store:
        return await store.runs(limit)


def header_row(run: StoredRun) -> Sequence[str]:
    """The columns of a run."""
    return (
        run.id,
        datetime.fromtimestamp(run.created_at).strftime("%Y-%m-%d %H:%M:%S"),
        f"{run.status}, degraded" if run.degraded else run.status,
        seconds(run.finished_at - run.created_at) if run.finished_at else "",
        money(run.cost) if run.cost_known else f">= {money(run.cost)}",
        one_line(run.requested),
        one_line(run.model),
    )


def header_object(run: StoredRun) -> Json:
    """A run's header for scripts."""
    return {
        "id": run.id,
        "status": run.status,
        "degraded": run.degraded or None,
        "error": run.error or None,
        "requested": run.requested,
        "model": run.model,
        "convened": run.convened,
        "created_at": run.created_at,
        "finished_at": run.finished_at,
        "cost": dollars(run.cost),
        "cost_known": run.cost_known,
    }
