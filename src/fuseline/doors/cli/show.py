"""`fuseline runs show`: one past run as it went: question, answers, analysis, answer, and what each call took."""

import sys
from collections.abc import Iterator
from pathlib import Path

import anyio

from fuseline.doors.cli import codes
from fuseline.doors.cli.account import Account, account_of_stored
from fuseline.doors.cli.analysis import rows
from fuseline.doors.cli.objects import account_object, print_json
from fuseline.doors.cli.sources import source_lines
from fuseline.doors.cli.summary import call_lines, total_line
from fuseline.doors.cli.terminal import say
from fuseline.settings.settings import Settings, load
from fuseline.storage.base import StoredRun
from fuseline.storage.sqlite import open_sqlite
from fuseline.types.errors import NotFound


def run(*, run_id: str, as_json: bool, config: Path | None) -> int:
    """Show a run by its id, the end of its id, or `last`.

    :raises NotFound: when there is none, or several end like that.
    """
    stored = anyio.run(look_up, load(config), run_id)
    if stored is None:
        raise NotFound(f"there is no run {run_id[:80]!r}, or more than one is called that")
    account = account_of_stored(stored)
    if as_json:
        print_json({"question": account.question or None, **account_object(account)})
        return codes.ANSWERED
    for line in told(account):
        say(sys.stdout, line)
    return codes.ANSWERED


async def look_up(settings: Settings, run_id: str) -> StoredRun | None:
    """Read one run."""
    async with open_sqlite(settings.database) as store:
        return await store.run(run_id)


def told(account: Account) -> Iterator[str]:
    """A run from its question to its total."""
    yield f"--- question ---\n\n{account.question or '(not kept)'}\n"
    for answer in account.panel:
        cut = " (cut off)" if answer.truncated else ""
        yield f"--- seat {answer.seat + 1}: {answer.model}{cut} ---\n"
        failure = f"failed ({answer.reason}): {answer.error}" if answer.failed else ""
        yield f"{failure or answer.content.strip() or '(not kept)'}\n"
    if account.analysis is not None:
        yield "--- analysis ---\n"
        yield from (str(row) for row in rows(account.analysis))
        yield ""
    yield f"--- answer: {account.model} ---\n"
    yield f"{outcome(account)}\n"
    yield from source_lines(account)
    if account.lookups or account.provenance:
        yield ""
    yield from call_lines(account.calls)
    yield total_line(account, kept=False)


def outcome(account: Account) -> str:
    """The answer, or why there is none."""
    if account.answer:
        return account.answer.strip()
    return "(not kept)" if account.status == "completed" else f"{account.status}: {account.error}"
