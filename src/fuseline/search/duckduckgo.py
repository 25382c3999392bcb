"""DuckDuckGo through the library ddgs, which reads its page for browsers without scripts. There is no API for this.

It does not cap what the library takes off the wire, nor can it say who asks: the library looks like a browser.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import anyio
from anyio import CapacityLimiter, to_thread

from fuseline.search.base import Found, Hit, Query, SearchFailed
from fuseline.search.dialect import country_of, text_in, with_sites
from fuseline.search.rows import Row
from fuseline.search.wikipedia import COUNTRIES

NAME = "duckduckgo"
AT_ONCE = 4
"""Threads that may ask at a time: one whose search was given up ends only with the library's own timeout."""
ENGLISH: Mapping[str, str] = {"AU": "au", "CA": "ca", "GB": "uk", "IE": "ie", "IN": "in", "NZ": "nz", "US": "us"}
"""Countries that are searched in English, as DuckDuckGo spells them."""
NONE_FOUND = "No results found."
"""What the library says where a page held no result, whether there is none or the page was another."""


def installed() -> bool:
    """Whether the library is there."""
    return find_spec("ddgs") is not None


class DuckDuckGo:
    """Asks DuckDuckGo, in a thread."""

    def __init__(self, row: Row, timeout_s: float) -> None:
        self._row = row
        self._timeout_s = timeout_s
        self._threads = CapacityLimiter(AT_ONCE)

    @property
    def name(self) -> str:
        """The name by which requests and settings choose it."""
        return self._row.name

    async def search(self, query: Query) -> Found:
        """Search, once and without repeats.

        :raises SearchFailed: when nothing usable came.
        """
        try:
            with anyio.fail_after(self._timeout_s):
                rows = await to_thread.run_sync(self._asked, query, abandon_on_cancel=True, limiter=self._threads)
        except TimeoutError:
            raise SearchFailed(self.name, "timeout") from None
        return Found(self.name, tuple(read(rows)), size=sum(len(str(row)) for row in rows))

    def _asked(self, query: Query) -> Sequence[Mapping[str, Any]]:
        """Ask the library, whose errors say what went wrong in their names alone."""
        text: Callable[..., list[dict[str, Any]]] = (
            import_module("ddgs").DDGS(timeout=max(1, int(self._timeout_s))).text
        )
        failures = import_module("ddgs.exceptions")
        try:
            return text(
                with_sites(query, self._row.longest),
                region=region_of(query),
                max_results=query.max_results,
                backend="duckduckgo",
            )
        except failures.RatelimitException:
            raise SearchFailed(self.name, "rate_limited") from None
        except failures.TimeoutException:
            raise SearchFailed(self.name, "timeout") from None
        except failures.DDGSException as error:
            message = "its page held no results" if str(error) == NONE_FOUND else "the library could not ask"
            raise SearchFailed(self.name, "unavailable", message) from None


def region_of(query: Query) -> str:
    """The region as DuckDuckGo writes it, which is the world where no country is known."""
    country = country_of(query)
    language = COUNTRIES.get(country) or ("en" if country in ENGLISH else "")
    return f"{ENGLISH.get(country, country.lower())}-{language}" if language else "wt-wt"


def read(rows: Sequence[Mapping[str, Any]]) -> Sequence[Hit]:
    """The results."""
    return [Hit(text_in(row, "href"), text_in(row, "title"), text_in(row, "body")) for row in rows]
