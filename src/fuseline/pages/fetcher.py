"""The fetcher: one page from the address that a run has seen to clean text, or the reason why not."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fuseline.pages.base import Page, PageFailed
from fuseline.settings.research import FetchSettings
from fuseline.types.domains import ANYWHERE, DomainRules


class WebFetcher:
    """Reads pages of the public web."""

    async def fetch(self, url: str, rules: DomainRules = ANYWHERE) -> Page:
        """Read a page, under the rules at every redirect.

        :raises PageFailed: when there is no text to give.
        """
        raise PageFailed("unavailable", "fetch_unavailable")


@asynccontextmanager
async def open_fetcher(settings: FetchSettings) -> AsyncGenerator[WebFetcher]:
    """Open what pages are read with; it closes with the block."""
    yield WebFetcher()
