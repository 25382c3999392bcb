"""The desk where searches are asked for: it picks the engine, and holds results against the rules."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager

from fuseline.search.base import Engine, Found, Query, SearchFailed
from fuseline.settings.research import SearchSettings


class Desk:
    """The engines that are there."""

    def __init__(self, engines: Sequence[Engine], settings: SearchSettings) -> None:
        self._engines = {engine.name: engine for engine in engines}
        self._settings = settings

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines that can be asked, in the order in which `auto` tries them."""
        return tuple(self._engines)

    async def search(self, query: Query, engine: str = "auto") -> Found:
        """Search with an engine, or for `auto` with the first that answers.

        :raises SearchFailed: when none answered.
        """
        raise SearchFailed(engine, "unavailable")


@asynccontextmanager
async def open_search(
    settings: SearchSettings, environ: Mapping[str, str] | None = None, local: Sequence[Engine] = ()
) -> AsyncGenerator[Desk]:
    """Open every engine that is configured, and those that need nothing. `local` are engines of this machine."""
    yield Desk(local, settings)
