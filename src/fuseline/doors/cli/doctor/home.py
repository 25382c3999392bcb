"""Where runs are kept: whether it can be written, how much room there is, and how the database was found."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from fuseline.assembly import REMEMBERED_CALLS, REMEMBERED_S
from fuseline.doors.cli.doctor.checks import Check
from fuseline.doors.cli.words import count
from fuseline.providers.statistics import Window
from fuseline.settings.settings import Settings
from fuseline.storage.connections import MEMORY
from fuseline.storage.examination import Condition, recent
from fuseline.storage.examination import examine as examine_file
from fuseline.storage.schema import VERSION
from fuseline.types.errors import BadConfiguration, StorageFailed

SECTION = "home"
SCARCE = 1 << 30
"""Bytes free below which a warning is due: a busy server writes that much in weeks."""
TOO_LITTLE = 50 << 20
MOVE = "set FUSELINE_HOME, or store.path in the settings file, to a place that can be written"


def examine(settings: Settings) -> Iterator[Check]:
    """Look at the folder, the disk and the file, without making or changing any of them."""
    path = settings.database
    if path == MEMORY:
        yield Check(SECTION, "database", "ok", "in memory: runs are forgotten when the process ends")
        return
    folder = path.absolute().parent
    standing = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=standing):
            pass
    except OSError as error:
        yield Check(SECTION, "folder", "fail", f"{standing} cannot be written ({error.strerror})", MOVE)
        return
    made = "" if standing == folder else ", and will be made"
    yield Check(SECTION, "folder", "ok", f"{folder} can be written{made}")
    yield room(standing)
    yield from database(path)


def room(folder: Path) -> Check:
    """How much is free on the disk."""
    free = shutil.disk_usage(folder).free
    detail = f"{free / (1 << 30):,.1f} GiB free"
    if free >= SCARCE:
        return Check(SECTION, "disk", "ok", detail)
    fix = f"free some space on the disk of {folder}, or set store.path to another disk"
    return Check(SECTION, "disk", "fail" if free < TOO_LITTLE else "warn", detail, fix)


def database(path: Path) -> Iterator[Check]:
    """How the file was found."""
    if not path.exists():
        yield Check(SECTION, "database", "ok", f"{path} is not there yet; the first run makes it")
        return
    try:
        found = examine_file(path)
    except (BadConfiguration, StorageFailed) as error:
        sentence, _, fix = error.message.partition(": ")
        yield Check(SECTION, "database", "fail", sentence, fix)
        return
    yield tables(path, found)
    yield Check(SECTION, "runs", "ok", last_run(found))


def tables(path: Path, found: Condition) -> Check:
    """The version of the tables, and how the file is kept whole."""
    detail = f"{path}, tables {found.version or 'none yet'}, journal {found.journal}"
    if found.version is not None and found.version > VERSION:
        fix = f"upgrade Fuseline, which knows tables up to {VERSION}, or set store.path to another file"
        return Check(SECTION, "database", "fail", f"{detail}: written by a newer Fuseline", fix)
    if found.version != VERSION:
        return Check(SECTION, "database", "ok", f"{detail}: brought to {VERSION} at the next start")
    if found.journal != "wal":
        fix = "put the database on a local disk: over a network SQLite cannot write and read at once"
        return Check(SECTION, "database", "warn", detail, fix)
    return Check(SECTION, "database", "ok", detail)


def lately(settings: Settings, now: float) -> dict[str, Window]:
    """How the latest calls of each endpoint went, all its models together; nothing where that cannot be read."""
    windows: dict[str, Window] = {}
    try:
        timings = recent(settings.database, now - REMEMBERED_S, REMEMBERED_CALLS)
    except (BadConfiguration, StorageFailed):
        return windows  # which is told as a failure of the home
    for timed in timings:
        windows.setdefault(timed.endpoint, Window()).note(timed.timing)
    return windows


def last_run(found: Condition) -> str:
    """How many runs there are, and of when the last is."""
    if found.newest is None:
        return "none yet"
    moment = datetime.fromtimestamp(found.newest, UTC)
    return f"{count(found.runs, 'run')}, the last of {moment:%Y-%m-%d %H:%M} UTC"
