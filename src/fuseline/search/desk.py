"""The desk where searches are asked for: it picks the engine, and holds results against the rules."""

import logging
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import aiohttp
import anyio

from fuseline.search.base import Engine, Found, Query, SearchFailed
from fuseline.search.engines import ELSEWHERE, KeyOf, Surroundings, build_engines, no_key
from fuseline.search.results import AUTO, presented, put_in_front, told
from fuseline.search.rows import rows
from fuseline.settings.research import USER_AGENT, SearchSettings

logger = logging.getLogger(__name__)

LOCAL = "local"
SET_BACK_S = 60.0
"""Seconds for which an engine that has failed is asked after the others."""


class Desk:
    """The engines that are there."""

    def __init__(
        self,
        engines: Sequence[Engine],
        settings: SearchSettings,
        lacking: Mapping[str, str] | None = None,
        auto: Sequence[str] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._engines = {engine.name: engine for engine in engines}
        self._settings = settings
        self._lacking = lacking or {}
        self._tried = tuple(self._engines if auto is None else auto)
        """What `auto` tries, in this order."""
        self._clock = clock
        self._set_back: dict[str, float] = {}
        """Until when engines that have failed are asked last."""

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines that can be asked, in the order in which `auto` tries them."""
        return tuple(self._engines) if self._settings.enabled else ()

    @property
    def tried(self) -> tuple[str, ...]:
        """What `auto` tries, in this order; it is less than all engines where the settings name some."""
        return self._tried if self._settings.enabled else ()

    @property
    def lacking(self) -> Mapping[str, str]:
        """What the engines lack that are known and cannot be asked, each as an order."""
        return self._lacking

    async def search(self, query: Query, engine: str = AUTO) -> Found:
        """Search with an engine, or for `auto` with the first that answers.

        An engine that is known and not configured gives way to `auto`, with a warning. Documents of this machine do
        not: what is asked of them goes to no one else.

        :raises SearchFailed: when none answered.
        """
        if not self._settings.enabled:
            raise SearchFailed(engine, "disabled", "searching is switched off in the settings")
        if engine in self._engines:
            return await self._ask(engine, query)
        if engine == AUTO:
            return await self._auto(query)
        if engine not in {*rows(), *ELSEWHERE}:
            raise SearchFailed(engine[:80], "unknown_engine", "there is no such search engine")
        if engine == LOCAL:  # what is asked of private documents is for nobody else to read
            raise SearchFailed(LOCAL, "not_configured", "there are no documents on this machine to search")
        missing = self._lacking.get(engine)
        warning = f"{engine} is not configured{f' ({missing})' if missing else ''}, so others were asked"
        found = await self._auto(query)
        return replace(found, warnings=(warning, *found.warnings))

    async def _auto(self, query: Query) -> Found:
        """Ask the web and, where the query names collections, the documents of this machine at the same time."""
        if self._tried == (LOCAL,):
            return await self._ask(LOCAL, query)
        if LOCAL not in self._engines or not query.collections:
            return await self._web(query)
        outcomes: dict[str, Found | SearchFailed] = {}

        async def outcome(side: str, search: Callable[[], Awaitable[Found]]) -> None:
            try:
                outcomes[side] = await search()
            except SearchFailed as failure:
                outcomes[side] = failure

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(outcome, LOCAL, partial(self._ask, LOCAL, query))
            tasks.start_soon(outcome, "web", partial(self._web, query))
        return put_in_front(outcomes[LOCAL], outcomes["web"], query.max_results)

    async def _web(self, query: Query) -> Found:
        """Ask one engine after the other until one answers."""
        failures: list[SearchFailed] = []
        for name in self._order():
            try:
                found = await self._ask(name, query)
            except SearchFailed as failure:
                failures.append(failure)
            else:
                return replace(found, warnings=(*map(told, failures), *found.warnings))
        raise none_answered(failures)

    def _order(self) -> list[str]:
        """The engines of the web as they are tried now: those that have just failed come last."""
        now = self._clock()
        names = [name for name in self._tried if name != LOCAL]
        return sorted(names, key=lambda name: self._set_back.get(name, 0.0) > now)

    async def _ask(self, name: str, query: Query) -> Found:
        """Ask one engine, and hold what it found against the rules."""
        try:
            found = await self._engines[name].search(query)
        except SearchFailed as failure:
            self._set_back[name] = self._clock() + SET_BACK_S
            logger.warning("search engine %s failed: %s", name, failure.reason)
            raise
        self._set_back.pop(name, None)
        return replace(found, hits=presented(found.hits, query, local=name == LOCAL))


def none_answered(failures: Sequence[SearchFailed]) -> SearchFailed:
    """The failure of all engines, for the reason that they share or, failing that, in the words of each."""
    reasons = {failure.reason for failure in failures}
    reason = reasons.pop() if len(reasons) == 1 else "unavailable"
    return SearchFailed(AUTO, reason, "; ".join(map(told, failures)) or "no search engine is configured")


@asynccontextmanager
async def open_search(
    settings: SearchSettings,
    environ: Mapping[str, str] | None = None,
    local: Sequence[Engine] = (),
    *,
    key_of: KeyOf = no_key,
    trusted: bool = True,
) -> AsyncGenerator[Desk]:
    """Open every engine that is configured, and those that need nothing. `local` are engines of this machine.

    `key_of` gives keys that are kept outside the environment, by the name of the engine. The settings are `trusted`
    unless they come from a file that nobody named; such a file cannot lead a key anywhere.

    :raises BadConfiguration: when a setting names an engine that there is not, or a key would be seen on its way.
    """
    around = Surroundings(settings, os.environ if environ is None else environ, key_of, trusted)
    async with aiohttp.ClientSession(
        headers={"User-Agent": USER_AGENT}, cookie_jar=aiohttp.DummyCookieJar()
    ) as session:
        built = build_engines(around, session)
        ready = {engine.name: engine for engine in local} | dict(built.ready)
        auto = tried(ready, settings)
        names = dict.fromkeys((*auto, *ready))  # the others are there for those who name them
        yield Desk([ready[name] for name in names], settings, built.lacking, auto)


def tried(ready: Mapping[str, Engine], settings: SearchSettings) -> list[str]:
    """What `auto` tries: the engine of the settings, then those of their order or, without one, all that are ready.

    Where the settings say `local` and no order, nothing leaves this machine.
    """
    first = [settings.engine] if settings.engine != AUTO else []
    others = settings.order or ([] if first == [LOCAL] else ready)
    return [name for name in dict.fromkeys((*first, *others)) if name in ready]
