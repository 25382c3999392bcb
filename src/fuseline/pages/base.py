"""What reading a page gives: its text, or the reason why there is none."""

from dataclasses import dataclass
from typing import Protocol

from fuseline.types.domains import ANYWHERE, DomainRules


@dataclass(frozen=True, slots=True)
class Page:
    """A page as text. Everything in it was written by strangers."""

    url: str
    """Where it was found, after redirects."""
    title: str
    text: str
    media_type: str = "text/html"
    status: int = 200
    size: int = 0
    """Bytes that were taken off the wire."""
    truncated: str = ""
    """Which limit cut it short, such as `limit:size`; empty where it is whole."""


class PageFailed(Exception):
    """A page could not be read, or must not be.

    `verdict` is for the log, in the words of the table of hostile addresses (`blocked:address`, `limit:size`, ...);
    `shown` is all that a model is told, and says nothing of any network.
    """

    def __init__(self, verdict: str, shown: str, status: int | None = None) -> None:
        super().__init__(verdict)
        self.verdict = verdict
        self.shown = shown
        self.status = status


class Fetcher(Protocol):
    """Whoever reads pages."""

    async def fetch(self, url: str, rules: DomainRules = ANYWHERE) -> Page:
        """Read a page, under the rules at every redirect.

        :raises PageFailed: when there is no text to give.
        """
        ...
