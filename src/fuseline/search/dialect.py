"""How one engine is spoken to: a query written as its request, its answer read as hits. It knows no network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fuseline.search.base import Hit, Query
from fuseline.types.domains import DomainRules
from fuseline.types.json import JsonObject, list_of, object_of

USUAL_CHARACTERS = 500
"""Of an excerpt, where nobody says how long it may be."""
MOST_CHARACTERS = 100_000
CONTEXT_CHARACTERS: Mapping[str, int] = {"low": 5_000, "medium": 15_000, "high": 30_000}
"""What each `search_context_size` allows for an excerpt."""
SITES = 10
"""Domains that are written into the words; longer lists are left to the desk."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as an engine wants it: with a JSON body it is a POST, and else a GET."""

    path: str
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    body: JsonObject | None = None
    language: str = ""
    """Which of an engine's several sites is asked, where it has one for each language."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a status means where it is not what it usually means."""

    reason: str
    message: str


def unstated(answer: JsonObject) -> int | None:
    """The cost that an answer states, where it states none."""
    return None


@dataclass(frozen=True, slots=True)
class Dialect:
    """The two halves of speaking to an engine, and how it wants its key."""

    write: Callable[[Query], Ask]
    read: Callable[[JsonObject], Sequence[Hit]]
    """Pass over what is not as documented.

    :raises SearchFailed: when the answer says that there is none.
    """
    header: str = ""
    """The header that the key goes into."""
    scheme: str = ""
    """What stands before the key in it."""
    refusals: Mapping[int, Refusal] = field(default_factory=dict[int, Refusal])
    stated_cost: Callable[[JsonObject], int | None] = unstated
    """What the answer itself says that it cost, in nano-dollars."""


def asked_characters(query: Query) -> int | None:
    """How long each excerpt may be, where the query says so; `max_characters` wins over the size of the context."""
    if query.max_characters is not None:
        return max(1, min(query.max_characters, MOST_CHARACTERS))
    return CONTEXT_CHARACTERS.get(query.context_size)


def most_characters(query: Query) -> int:
    """How long each excerpt may be."""
    return asked_characters(query) or USUAL_CHARACTERS


def country_of(query: Query) -> str:
    """The country of the one who asks, as two capital letters; empty where it is not known as such."""
    country = query.location.get("country")
    known = isinstance(country, str) and len(country) == 2 and country.isascii() and country.isalpha()
    return country.upper() if known and isinstance(country, str) else ""


def allowed_hosts(rules: DomainRules) -> list[str]:
    """The hosts below which all that is allowed lies; the desk holds results against the rules themselves."""
    return list(dict.fromkeys(rule.partition("/")[0].removeprefix("*.") for rule in rules.allowed))


def excluded_hosts(rules: DomainRules) -> list[str]:
    """The hosts that are excluded as a whole. Rules that spare a part of one are left to the desk."""
    return [rule for rule in rules.excluded if "/" not in rule and not rule.startswith("*.")]


def with_sites(query: Query, longest: int) -> str:
    """The words with the domains as operators that most engines understand, as far as there is room."""
    allowed, excluded = allowed_hosts(query.rules), excluded_hosts(query.rules)
    wanted = " OR ".join(f"site:{host}" for host in allowed)
    unwanted = "".join(f" -site:{host}" for host in excluded)
    narrowed = query.words
    if 0 < len(allowed) <= SITES:
        narrowed += f" ({wanted})" if len(allowed) > 1 else f" {wanted}"
    if len(excluded) <= SITES:
        narrowed += unwanted
    return narrowed if len(narrowed) <= longest else query.words


def objects_in(answer: JsonObject, *path: str) -> list[dict[str, Any]]:
    """The objects of the list to which a path of keys leads; none where it leads nowhere."""
    held: Any = answer
    for key in path:
        held = object_of(held).get(key)
    return [object_of(one) for one in list_of(held) if isinstance(one, dict)]


def text_in(row: Mapping[str, Any], *names: str) -> str:
    """The first of these keys that holds text."""
    return next((row[name] for name in names if isinstance(row.get(name), str) and row[name]), "")


def joined(parts: Any) -> str:
    """Several excerpts of one page as one text, with a mark where they were apart."""
    texts = [part.strip() for part in list_of(parts) if isinstance(part, str)]
    return "\n[...]\n".join(text for text in texts if text)
