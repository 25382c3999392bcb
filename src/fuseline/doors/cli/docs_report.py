"""What `fuseline docs` prints: how reading goes, what came of it, what is remembered, what was found."""

import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fuseline.documents.index import Figures, Folder
from fuseline.documents.reading import Tell
from fuseline.documents.refresh import Refreshed
from fuseline.doors.cli.objects import print_json
from fuseline.doors.cli.terminal import is_live, one_line, say, talking
from fuseline.doors.cli.words import aligned, count
from fuseline.search.base import Hit
from fuseline.types.json import Json

HEADINGS = ("COLLECTION", "DOCUMENTS", "PASSAGES", "MB", "PROBLEMS", "REFRESHED", "FOLDER")
FIGURES = frozenset({1, 2, 3, 4})
PROBLEMS = 20
"""Files with problems that are named; the rest are counted."""
EXCERPT = 400
"""Characters of a result's excerpt that are printed."""


@contextmanager
def watching(folder: Folder) -> Generator[Tell]:
    """Draw on a terminal how far a folder has been read; elsewhere say nothing."""
    if not is_live(sys.stderr):
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=talking(sys.stderr), transient=True) as progress:
        task = progress.add_task(one_line(folder.collection), total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def show_refreshed(done: Refreshed) -> None:
    """Say what came of reading a folder."""
    what = f"{done.new} new, {done.changed} changed, {done.unchanged} unchanged, {done.gone} gone"
    folder = one_line(str(done.folder.path))
    say(sys.stderr, f"{done.folder.collection}: {count(done.documents, 'document')} of {folder}: {what}")
    if done.skipped:
        reasons = ", ".join(f"{number} {reason}" for reason, number in sorted(done.skipped.items()))
        say(sys.stderr, f"passed over: {reasons}")
    for problem in done.problems[:PROBLEMS]:
        say(sys.stderr, f"problem: {one_line(problem.path)}: {one_line(problem.reason)}")
    if len(done.problems) > PROBLEMS:
        say(sys.stderr, f"and {len(done.problems) - PROBLEMS} more problems: --json lists all")


def refreshed_object(done: Refreshed) -> Json:
    """What came of reading a folder, for scripts."""
    return {
        "collection": done.folder.collection,
        "folder": str(done.folder.path),
        "documents": done.documents,
        "new": done.new,
        "changed": done.changed,
        "unchanged": done.unchanged,
        "gone": done.gone,
        "skipped": dict(done.skipped),
        "problems": [{"path": problem.path, "reason": problem.reason} for problem in done.problems],
    }


def show_folders(folders: Sequence[Folder], figures: Mapping[int, Figures], *, as_json: bool) -> None:
    """Print what is remembered."""
    if as_json:
        print_json([folder_object(one, figures.get(one.id, Figures())) for one in folders])
    elif not folders:
        say(sys.stderr, "no folder has been added yet: fuseline docs add FOLDER")
    else:
        rows = [row(one, figures.get(one.id, Figures())) for one in folders]
        for line in aligned([HEADINGS, *rows], FIGURES):
            say(sys.stdout, line)


def row(folder: Folder, figures: Figures) -> Sequence[str]:
    """The line of a folder."""
    numbers = (figures.documents, figures.passages, round(figures.size / 1e6, 1), figures.problems)
    return (folder.collection, *map(str, numbers), moment(folder)[:16] or "never", one_line(str(folder.path)))


def moment(folder: Folder) -> str:
    """When a folder was looked through last; empty where it never was to its end."""
    if folder.refreshed_at is None:
        return ""
    return datetime.fromtimestamp(folder.refreshed_at, UTC).isoformat(" ", "seconds")


def folder_object(folder: Folder, figures: Figures) -> Json:
    """A folder for scripts."""
    return {
        "collection": folder.collection,
        "folder": str(folder.path),
        "include": list(folder.choice.include),
        "exclude": list(folder.choice.exclude),
        "documents": figures.documents,
        "passages": figures.passages,
        "bytes": figures.size,
        "problems": figures.problems,
        "refreshed_at": folder.refreshed_at,
    }


def show_hits(hits: Sequence[Hit]) -> None:
    """Print what was found."""
    if not hits:
        say(sys.stderr, "nothing was found")
    for number, hit in enumerate(hits, 1):
        say(sys.stdout, f"{number}. {one_line(hit.title)}\n   {one_line(hit.url)}\n   {one_line(hit.excerpt)}\n")


def hit_object(hit: Hit) -> Json:
    """A result for scripts."""
    return {"url": hit.url, "title": hit.title, "excerpt": hit.excerpt}
