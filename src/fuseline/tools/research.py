"""What one run looks up: every search and every page, found once and shared by all who ask.

It also decides what may be looked up at all: pages whose address somebody else than a model brought in, and words that
hold no secret. A page is asked for by the address as it was seen, so that no spelling of a model's own ever leaves.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Protocol, TypeVar

import anyio
from anyio import to_thread

from fuseline.pages.base import Fetcher, Page, PageFailed
from fuseline.search.base import Found, Hit, Query, Search, SearchFailed
from fuseline.search.rows import rows
from fuseline.settings.research import FetchSettings
from fuseline.tools import addresses
from fuseline.tools.confidences import LONGEST_QUERY, Confidences
from fuseline.tools.containment import cleaned, new_code, one_line, untagged
from fuseline.tools.once import Once
from fuseline.tools.seen import Seen, is_document, readable, source_of
from fuseline.types.deliberation import Source
from fuseline.types.domains import DomainRules
from fuseline.types.runs import Lookup, Speaker

T = TypeVar("T")
Tell = Callable[[Lookup], Awaitable[None]]
"""Where each lookup is told when it has ended: booked, kept, shown."""
Affords = Callable[[int], bool]
"""Whether the run may still spend so many nano-dollars on searches."""
LIMITS = {"tool_budget_exhausted": "limit:budget", "max_total_results_reached": "limit:results"}
"""Reasons of our own for which nothing was searched for, and their verdicts."""
LONG = 100_000
"""Characters from which a text is looked through beside the event loop."""
LAST_WORD_S = 2.0
"""Seconds for a lookup that was stopped to be told of."""


class Reader(Protocol):
    """Whoever reads private documents."""

    async def read(self, address: str, collections: Sequence[str]) -> Page:
        """Read a document of these collections: an address says nothing of whether a run may read it.

        :raises PageFailed: when there is no text to give.
        """
        ...


class Research:
    """The research of one run. It holds the pages, the log, and which addresses anybody has seen."""

    def __init__(
        self,
        search: Search,
        fetcher: Fetcher,
        settings: FetchSettings,
        tell: Tell,
        *,
        collections: Sequence[str] = (),
        reader: Reader | None = None,
        affords: Affords | None = None,
    ) -> None:
        self._search = search
        self._fetcher = fetcher
        self._settings = settings
        self._tell = tell
        self._collections = tuple(collections)
        self._reader = reader
        self._affords = affords
        self._texts: list[str] = []
        self._confidences = Confidences()
        self._seen = Seen()
        self._searches: Once[Found | SearchFailed] = Once(is_found)
        self._pages: Once[Page | PageFailed] = Once(keeps_page)
        self._brought = 0
        self._fetched = 0
        self._fees_under_way = 0
        self.log: list[Lookup] = []
        self.found: dict[str, str] = {}
        """What was found at each address: the text of the page, or failing that the excerpt of a search."""

    @cached_property
    def code(self) -> str:
        """What the boundary lines around strangers' texts carry in this run."""
        return new_code()

    @cached_property
    def _taking_in(self) -> anyio.Lock:
        return anyio.Lock()

    def allow(self, texts: Iterable[str]) -> None:
        """Let the addresses in these texts be read, and no secret in them be searched for.

        They are what people wrote and their programs brought; what a model wrote is not among them.
        """
        self._texts.extend(texts)  # most runs look nothing up, and need not look through their conversation

    async def search(
        self, speaker: Speaker, query: Query, engine: str = "auto", *, most_in_all: int | None = None
    ) -> Found:
        """Search on somebody's behalf; the same search is made once in a run.

        `most_in_all` is how many results all searches of the run may bring.

        :raises SearchFailed: when no engine answered, or the words must not be searched for.
        """
        await self._take_in()
        words = " ".join(cleaned(query.words).split())
        query = replace(query, words=words, collections=self._collections)
        lookup = Lookup("search", speaker, words[:LONGEST_QUERY], time.time(), engine=engine)
        reason = self._confidences.refusal(words)
        if reason:
            await self._ended(replace(lookup, verdict=f"blocked:{reason}"))
            raise SearchFailed(engine, reason)

        async def find() -> Found | SearchFailed:
            try:
                return await self._found(query, engine, most_in_all)
            except SearchFailed as failure:
                return failure

        outcome, repeated = await self._watched(lookup, self._searches((engine, repr(query)), find))
        if isinstance(outcome, SearchFailed):
            verdict = LIMITS.get(outcome.reason, f"failed:{outcome.reason}")
            await self._ended(timed(replace(lookup, engine=outcome.engine, verdict=verdict)))
            raise outcome
        await self._ended(timed(searched(lookup, outcome, repeated)))
        return outcome

    async def fetch(self, speaker: Speaker, url: str, rules: DomainRules) -> Page:
        """Read a page that this run has seen the address of; the same page is read once in a run.

        :raises PageFailed: when there is no text to give.
        """
        await self._take_in()
        lookup = Lookup("fetch", speaker, url[: addresses.LONGEST], time.time(), engine="http")
        try:
            address = self._admitted(url)
        except PageFailed as refusal:
            await self._ended(replace(lookup, verdict=refusal.verdict))
            raise
        outcome, repeated = await self._watched(
            lookup, self._pages((address, rules), lambda: self._read(address, rules))
        )
        lookup = timed(replace(lookup, engine="cache" if repeated else source_of(address)))
        if isinstance(outcome, PageFailed):
            await self._ended(replace(lookup, verdict=outcome.verdict))
            raise outcome
        sources = (Source(outcome.url, outcome.title or outcome.url),)
        await self._ended(replace(lookup, sources=sources, size=0 if repeated else outcome.size))
        return outcome

    @property
    def lookups(self) -> Sequence[Lookup]:
        """All of it so far, in the order in which it ended."""
        return self.log

    @property
    def degraded(self) -> bool:
        """Whether a search failed at its engines."""
        return any(one.kind == "search" and one.verdict.startswith("failed:") for one in self.log)

    async def _take_in(self) -> None:
        """Look through what was allowed since this was last done, beside the event loop where it is much."""
        async with self._taking_in:
            texts, self._texts = self._texts, []
            if sum(map(len, texts)) > LONG:
                await to_thread.run_sync(self._look_through, texts)
            else:
                self._look_through(texts)

    def _look_through(self, texts: Sequence[str]) -> None:
        for text in texts:
            self._seen.add(addresses.typed_in(text))
        self._confidences.keep(texts)

    def _admitted(self, url: str) -> str:
        """The address as it was seen that a model means.

        :raises PageFailed: when this run has seen none.
        """
        url = url.strip()
        if len(url.encode("utf-8", "replace")) > addresses.LONGEST:
            raise PageFailed("blocked:length", "url_not_allowed")
        document = is_document(url)
        seen = self._seen.address(url)
        if seen is None or (document and self._reader is None):
            raise PageFailed("blocked:not_in_context", "url_not_in_context")
        if not (document or self._settings.enabled):
            raise PageFailed("unavailable", "fetch_unavailable")
        return seen

    async def _read(self, address: str, rules: DomainRules) -> Page | PageFailed:
        """Read a page that nobody in this run has read yet."""
        try:
            if self._reader is not None and is_document(address):
                page = await self._reader.read(address, self._collections)
            elif self._fetched >= self._settings.per_run:
                return PageFailed("limit:pages", "page_limit_reached")
            else:
                self._fetched += 1
                page = await self._fetcher.fetch(address, rules)
        except PageFailed as failure:
            return failure
        text, found = await to_thread.run_sync(gleaned, page.text) if len(page.text) > LONG else gleaned(page.text)
        self._seen.add((page.url, *found))
        return replace(page, text=text, title=one_line(page.title))

    async def _found(self, query: Query, engine: str, most_in_all: int | None) -> Found:
        """Search for what nobody in this run has searched for yet.

        :raises SearchFailed: when no engine answered, or a limit is reached.
        """
        room = query.max_results if most_in_all is None else min(query.max_results, most_in_all - self._brought)
        if room <= 0:
            raise SearchFailed(engine, "max_total_results_reached")
        fee = self._fee(query, engine)
        if fee and self._affords is not None and not self._affords(fee + self._fees_under_way):
            raise SearchFailed(engine, "tool_budget_exhausted")
        self._brought += room
        self._fees_under_way += fee
        hits: tuple[Hit, ...] = ()
        try:
            found = await self._search.search(replace(query, max_results=room), engine)
            hits = tuple(read_hit(hit) for hit in found.hits[:room] if readable(hit.url))
        finally:
            self._brought -= room - len(hits)
            self._fees_under_way -= fee
        self._seen.add(address for hit in hits for address in (hit.url, *addresses.addresses_in(hit.excerpt)))
        for hit in hits:
            self.found.setdefault(hit.url, hit.excerpt)
        return replace(found, hits=hits)

    def _fee(self, query: Query, engine: str) -> int:
        """What a search costs with the engine that is named, or that is asked first, in nano-dollars."""
        asked = engine if engine in self._search.engines else next(iter(self._search.engines), "")
        row = rows().get(asked)
        return row.cost(query.max_results, query.mode) if row else 0

    async def _watched(self, lookup: Lookup, work: Awaitable[T]) -> T:
        """The outcome of a lookup. One that is stopped, or that breaks, is told of too."""
        try:
            return await work
        except BaseException as error:
            stopped = isinstance(error, anyio.get_cancelled_exc_class())
            with anyio.move_on_after(LAST_WORD_S, shield=True):
                await self._ended(timed(replace(lookup, verdict="cancelled" if stopped else "tool_error")))
            raise

    async def _ended(self, lookup: Lookup) -> None:
        self.log.append(lookup)
        await self._tell(lookup)


def gleaned(text: str) -> tuple[str, list[str]]:
    """A page's text without what nobody sees, and the addresses in it."""
    clean = cleaned(text)
    return clean, list(addresses.addresses_in(clean))


def is_found(outcome: Found | SearchFailed) -> bool:
    """Whether there is no sense in searching again."""
    return isinstance(outcome, Found)


def keeps_page(outcome: Page | PageFailed) -> bool:
    """Whether there is no sense in reading a page again: only a limit of ours may leave room later."""
    return not (isinstance(outcome, PageFailed) and outcome.verdict == "limit:pages")


def read_hit(hit: Hit) -> Hit:
    """A result whose texts hold nothing invisible and no HTML."""
    excerpt = cleaned(untagged(hit.excerpt))
    return Hit(hit.url, one_line(hit.title) or hit.url, excerpt, one_line(hit.published, 40))


def searched(lookup: Lookup, found: Found, repeated: bool) -> Lookup:
    """The record of a search that was answered, by an engine or from memory."""
    sources = tuple(Source(hit.url, hit.title) for hit in found.hits)
    if repeated:
        return replace(lookup, engine="cache", sources=sources)
    return replace(
        lookup, engine=found.engine, sources=sources, size=found.size, cost=found.cost, warnings=found.warnings
    )


def timed(lookup: Lookup) -> Lookup:
    """The record of a lookup that ends now."""
    return replace(lookup, duration_s=max(0.0, time.time() - lookup.started_at))
