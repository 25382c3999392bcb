"""What lies in a folder: which files may be documents, and why others may not. It opens none of them."""

import fnmatch
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from fuseline.documents.formats import HEAD, Format, format_of, is_text

OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""A file that became a link or a pipe since it was looked at is not followed, and not waited for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which files of a folder are wanted, by patterns such as `*.md` or `drafts/*`. A `*` stands for slashes, too."""

    include: tuple[str, ...] = ()
    """Where there are any, nothing else is wanted."""
    exclude: tuple[str, ...] = ()

    def wants(self, path: str) -> bool:
        """Whether a file is wanted, by its path within the folder."""
        return not self.leaves_out(path) and (not self.include or any(fits(path, one) for one in self.include))

    def leaves_out(self, path: str) -> bool:
        """Whether a file or a folder is left out, with all that is in it."""
        return any(fits(path, pattern) for pattern in self.exclude)


def fits(path: str, pattern: str) -> bool:
    """Whether a path fits a pattern: one without a slash is held against its last part."""
    whole = "/" in pattern.rstrip("/")
    return fnmatch.fnmatchcase(path if whole else path.rpartition("/")[2], pattern.strip("/"))


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells without reading that a file has not changed."""

    size: int
    mtime_ns: int


@dataclass(slots=True)
class Survey:
    """What was found in a folder."""

    files: dict[str, Stamp] = field(default_factory=dict[str, Stamp])
    """Those that may be documents, by their path within the folder."""
    skipped: Counter[str] = field(default_factory=Counter[str])
    """How many were passed over, by the reason."""
    unseen: list[str] = field(default_factory=list[str])
    """Folders that could not be looked into, by their path: what is in them may be there still."""

    def hides(self, path: str) -> bool:
        """Whether a file that was not found may be in a folder that could not be looked into."""
        return any(folder == "" or path.startswith(f"{folder}/") for folder in self.unseen)


def survey(folder: Path, choice: Choice) -> Survey:
    """Look through a folder."""
    found = Survey()
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        for name, entry in entries(folder, inside, found):
            reason = reason_against(entry, name, choice)
            if reason:
                found.skipped[reason] += 1
            elif entry.is_dir(follow_symlinks=False):
                waiting.append(name)
            else:
                take(entry, name, found)
    return found


def entries(folder: Path, inside: str, found: Survey) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """What lies in a folder within the folder, with the path of each."""
    try:
        with os.scandir(folder / inside) as scanned:
            listed = sorted(scanned, key=lambda entry: entry.name)
    except OSError:
        found.unseen.append(inside)
        found.skipped["folders that cannot be read"] += 1
        return
    for entry in listed:
        yield f"{inside}/{entry.name}".lstrip("/"), entry


def reason_against(entry: "os.DirEntry[str]", path: str, choice: Choice) -> str:
    """Why a file or folder is passed over by its name and kind; empty where it is not."""
    if entry.name.startswith("."):
        return "hidden"
    if not entry.name.isascii() and not well_formed(entry.name):
        return "names that are no text"
    if choice.leaves_out(path):
        return "excluded"
    if entry.is_symlink():
        return "links"  # what it leads to within the folder is read where it stands
    if entry.is_dir(follow_symlinks=False):
        return ""
    return "" if choice.wants(path) else "not included"


def well_formed(name: str) -> bool:
    """Whether a name is text, and not bytes in an encoding that nobody states."""
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def take(entry: "os.DirEntry[str]", path: str, found: Survey) -> None:
    """Note a file by its size and time, unless these tell that it is no document."""
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return  # it is gone since the folder was listed
    if not stat.S_ISREG(status.st_mode):
        found.skipped["neither files nor folders"] += 1
    elif not status.st_size:
        found.skipped["empty"] += 1
    elif status.st_size > format_of(PurePosixPath(path)).most:
        found.skipped["too large"] += 1
    else:
        found.files[path] = Stamp(status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that was read."""

    stamp: Stamp
    body: bytes
    binary: bool = False
    """Whether it is no text, though its name speaks for text; then only its beginning was read."""


def open_file(folder: Path, path: str, known: Format) -> Opened:
    """Read a file.

    :raises OSError: when it cannot be read, or is no longer what it was.
    """
    with open(os.open(folder / path, OPEN_FLAGS), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise OSError("it is no file any more")
        stamp = Stamp(status.st_size, status.st_mtime_ns)
        head = file.read(HEAD)
        if known.sniffed and not is_text(head):
            return Opened(stamp, head, binary=True)
        body = head + file.read(known.most - len(head) + 1)
    if len(body) > known.most:
        raise OSError("it grew too large while it was read")
    return Opened(stamp, body)


def patterns(given: Sequence[str]) -> tuple[str, ...]:
    """Patterns as they were given, each once."""
    return tuple(dict.fromkeys(pattern for pattern in given if pattern.strip("/")))
