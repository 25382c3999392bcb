"""What was looked at and how it was found: the one value that every part of the examination gives."""

from dataclasses import dataclass
from typing import Literal

from fuseline.doors.cli.words import seconds

Status = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    section: str
    name: str
    status: Status
    detail: str
    """How it was found, in a line."""
    fix: str = ""
    """The command or the change that mends it; empty where nothing is to be mended."""
    ms: float | None = None
    """How long it took, where that says something."""
    notes: tuple[str, ...] = ()
    """What else there is to say, each in a line."""
    bare: bool = False
    """Whether it says that nothing is configured yet, which is no fault."""


def span(value: float) -> str:
    """A time, in milliseconds where it is short."""
    return f"{value * 1000:.0f} ms" if value < 1 else seconds(value)
