"""The findings as lines for people and as one object for scripts, and a line that tells how far it has come."""

import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby

from rich.status import Status as Wheel
from rich.text import Text

from fuseline.doors.cli.doctor.checks import Check
from fuseline.doors.cli.objects import print_json
from fuseline.doors.cli.terminal import is_live, one_line, say, talking
from fuseline.doors.cli.words import count
from fuseline.types.json import Json

STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}
WIDTH = 4


@dataclass(slots=True)
class Progress:
    """Who is still being waited for. Shown on a terminal, and nowhere else."""

    wheel: Wheel | None = None
    waiting: list[str] = field(default_factory=list[str])

    @contextmanager
    def on(self, what: str) -> Generator[None]:
        """Show that this is waited for, while the block lasts."""
        self.waiting.append(what)
        self._draw()
        try:
            yield
        finally:
            self.waiting.remove(what)
            self._draw()

    def _draw(self) -> None:
        if self.wheel is not None:
            self.wheel.update(one_line(f"asking {', '.join(self.waiting)}") if self.waiting else "")


@contextmanager
def progress() -> Generator[Progress]:
    """A line on standard error that turns, where that is a terminal; it is gone at the end."""
    if not is_live(sys.stderr):
        yield Progress()
        return
    with talking(sys.stderr).status("looking around") as wheel:
        yield Progress(wheel)


def show(checks: Sequence[Check], endpoints: Sequence[Json], *, as_json: bool) -> None:
    """Print what was found."""
    if as_json:
        print_json(report_object(checks, endpoints))
        return
    console = talking(sys.stdout) if is_live(sys.stdout) else None
    for line, style in lines(checks):
        if console is None:
            say(sys.stdout, line)
        else:
            console.print(Text(line, style), soft_wrap=True)


def lines(checks: Sequence[Check]) -> Iterator[tuple[str, str]]:
    """Each line with its style: a heading for every section, a line for every check, and how to mend what is not ok."""
    for section, group in groupby(checks, key=lambda check: check.section):
        found = list(group)
        width = max(len(check.name) for check in found)
        yield one_line(section), "bold"
        for check in found:
            name = one_line(check.name).ljust(width)
            yield f"  {check.status.ljust(WIDTH)}  {name}  {one_line(check.detail)}", STYLES[check.status]
            indent = " " * (2 + WIDTH + 2 + width + 2)
            yield from ((f"{indent}{one_line(note)}", "dim") for note in check.notes)
            if check.fix:
                yield f"{indent}fix: {one_line(check.fix)}", ""
        yield "", ""
    yield summary(checks), "bold"


def summary(checks: Sequence[Check]) -> str:
    """How many of each."""
    number = {status: sum(check.status == status for check in checks) for status in STYLES}
    return f"{number['ok']} ok, {count(number['warn'], 'warning')}, {count(number['fail'], 'failure')}"


def report_object(checks: Sequence[Check], endpoints: Sequence[Json]) -> Json:
    """All that was found, for scripts. `fix` and `ms` are `null` where there is none."""
    return {
        "ok": all(check.status != "fail" for check in checks),
        "checks": [check_object(check) for check in checks],
        "endpoints": endpoints,
    }


def check_object(check: Check) -> Json:
    """One check for scripts."""
    return {
        "section": check.section,
        "name": check.name,
        "status": check.status,
        "detail": check.detail,
        "fix": check.fix or None,
        "ms": check.ms,
        "notes": list(check.notes),
    }
