"""What a search engine is: words in, addresses with titles and excerpts out."""

from dataclasses import dataclass, field
from typing import Protocol

from fuseline.types.domains import ANYWHERE, DomainRules
from fuseline.types.json import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched for, in the words of `openrouter:web_search`. An engine passes over what it does not know."""

    words: str
    max_results: int = 5
    """1 to 25."""
    max_characters: int | None = None
    """Of each result's excerpt; the engine's own measure where `None`."""
    rules: DomainRules = ANYWHERE
    """The desk holds every result against them, whatever the engine made of them."""
    mode: str = ""
    context_size: str = ""
    """`low`, `medium` or `high`, or empty."""
    location: JsonObject = field(default_factory=dict[str, Json])
    """`city`, `region`, `country`, `timezone` of the one who asks, roughly; empty where unknown."""
    collections: tuple[str, ...] = ()
    """Which collections of private documents may be searched; only the engine `local` knows any."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One result. Everything in it was written by strangers."""

    url: str
    title: str
    excerpt: str = ""
    published: str = ""
    """A date as the engine gives it, or empty."""


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a search."""

    engine: str
    """Who answered."""
    hits: tuple[Hit, ...] = ()
    cost: int = 0
    """Nano-dollars."""
    size: int = 0
    """Bytes that were taken off the wire."""
    warnings: tuple[str, ...] = ()
    """Wishes that could not be met, and engines that were asked first and failed, in words of ours."""


class SearchFailed(Exception):
    """An engine did not answer, or answered nonsense. `reason` is one word, such as `rate_limited`."""

    def __init__(self, engine: str, reason: str, message: str = "") -> None:
        super().__init__(f"{engine}: {message or reason}")
        self.engine = engine
        self.reason = reason
        self.message = message or reason


class Engine(Protocol):
    """A search engine."""

    @property
    def name(self) -> str:
        """The name by which requests and settings choose it."""
        ...

    async def search(self, query: Query) -> Found:
        """Search, once and without repeats.

        :raises SearchFailed: when nothing usable came.
        """
        ...


class Search(Protocol):
    """All engines that there are, behind one desk."""

    @property
    def engines(self) -> tuple[str, ...]:
        """The engines that can be asked, in the order in which `auto` tries them."""
        ...

    async def search(self, query: Query, engine: str = "auto") -> Found:
        """Search with an engine, or for `auto` with the first that answers.

        An engine that is known and not configured gives way to `auto`, with a warning.

        :raises SearchFailed: when none answered.
        """
        ...
