"""Brings the index up to date with a folder: reads what is new or changed, and drops what is gone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from anyio import to_thread

from fuseline.documents.index import Folder, Index, Known
from fuseline.documents.reading import Reading, Tell, Verdict, verdict_of
from fuseline.documents.survey import Survey, survey
from fuseline.pages.workshop import Workshop

BATCH = 200
"""Documents that are dropped as one."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A file that could not be read, or not to its end."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What came of looking through a folder."""

    folder: Folder
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    problems: tuple[Problem, ...] = ()
    """Those of earlier times included, as long as the files are as they were."""
    skipped: Mapping[str, int] = field(default_factory=dict[str, int])
    """How many files and folders were passed over, by the reason."""

    @property
    def documents(self) -> int:
        """How many documents of the folder can be found now."""
        return self.new + self.changed + self.unchanged


async def refresh(index: Index, folder: Folder, workshop: Workshop, tell: Tell, *, anew: bool = False) -> Refreshed:
    """Look through a folder, and read what is not as it was; with `anew` all of it.

    What was read stays written down wherever this is stopped.
    """
    found = await to_thread.run_sync(survey, folder.path, folder.choice)
    known = await to_thread.run_sync(index.known, folder)
    gone = [one for path, one in known.items() if path not in found.files and not found.hides(path)]
    await drop(index, gone)
    due = {path: at for path, at in found.files.items() if anew or path not in known or known[path].stamp != at}
    verdicts = await Reading(folder, workshop, known, anew).read_all(due, index, tell)
    if gone or any(path in known for path in due):
        await to_thread.run_sync(index.tidy)
    await to_thread.run_sync(index.refreshed, folder)
    return summed(folder, found, {**standing(found, known), **verdicts}, sum(one.passages > 0 for one in gone))


async def drop(index: Index, gone: Sequence[Known]) -> None:
    """Drop what is gone, a little at a time, so that others can write in between."""
    for begin in range(0, len(gone), BATCH):
        await to_thread.run_sync(index.drop, [one.id for one in gone[begin : begin + BATCH]])


def standing(found: Survey, known: Mapping[str, Known]) -> dict[str, Verdict]:
    """What holds of files as they were before."""
    return {path: verdict_of(None, known[path]) for path in found.files if path in known}


def summed(folder: Folder, found: Survey, verdicts: Mapping[str, Verdict], gone: int) -> Refreshed:
    """The figures of all that happened."""
    counts = Counter(one.kind for one in verdicts.values())
    unseen = [Problem(path or ".", "this folder cannot be read") for path in found.unseen]
    unread = [Problem(path, one.reason) for path, one in verdicts.items() if one.reason]
    skipped = Counter(found.skipped) + Counter({"binary": counts["binary"]})
    figures = (counts["new"], counts["changed"], counts["unchanged"], gone)
    return Refreshed(folder, *figures, (*unseen, *unread), dict(skipped))
