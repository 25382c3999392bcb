"""What one run looks up: every search and every page, found once and shared by all who ask."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from fuseline.pages.base import Fetcher, Page
from fuseline.search.base import Found, Query, Search
from fuseline.settings.research import FetchSettings
from fuseline.types.domains import DomainRules
from fuseline.types.runs import Lookup, Speaker

Tell = Callable[[Lookup], Awaitable[None]]
"""Where each lookup is told when it has ended: booked, kept, shown."""


class Research:
    """The research of one run. It holds the pages, the log, and which addresses anybody has seen."""

    def __init__(self, search: Search, fetcher: Fetcher, settings: FetchSettings, tell: Tell) -> None:
        self._search = search
        self._fetcher = fetcher
        self._settings = settings
        self._tell = tell
        self.seen: set[str] = set()
        self.log: list[Lookup] = []

    def allow(self, texts: Iterable[str]) -> None:
        """Let the addresses in these texts be read: the conversation, and what a person wrote into the request."""
        self.seen.update(texts)

    async def search(self, speaker: Speaker, query: Query, engine: str = "auto") -> Found:
        """Search on somebody's behalf; the same search is made once in a run.

        :raises SearchFailed: when no engine answered.
        """
        raise NotImplementedError

    async def fetch(self, speaker: Speaker, url: str, rules: DomainRules) -> Page:
        """Read a page that this run has seen the address of; the same page is read once in a run.

        :raises PageFailed: when there is no text to give.
        """
        raise NotImplementedError

    @property
    def lookups(self) -> Sequence[Lookup]:
        """All of it so far, in the order in which it ended."""
        return self.log
