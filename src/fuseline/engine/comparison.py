"""What an analyst writes, read leniently and checked strictly: letters become seats, strangers are dropped."""

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from fuseline.types.deliberation import Analysis, Claim, Contradiction, Stance
from fuseline.types.json import JsonObject, list_of, object_of

MOST_BYTES = 100_000
MOST_DEPTH = 32
MOST_ITEMS = 50
MOST_CHARACTERS = 2_000
QUOTE_WORDS = 30
NESTS = (dict, list)
DECODER = json.JSONDecoder()
BETWEEN = re.compile(r"[,;/&+]|\band\b")
"""What stands between the letters of several sources."""
PREFIX = re.compile(r"^(?:answer|source|expert|response|panelist)\s*", re.IGNORECASE)
"""What may stand before a letter."""


class NotJson(Exception):
    """There is no JSON object in what the analyst wrote."""


class WrongShape(Exception):
    """There is one, but it is no comparison. `str()` of it says what is missing."""


def words(value: object) -> str:
    """Any value as a text of bounded length."""
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return text.strip()[:MOST_CHARACTERS]


def texts(value: object) -> list[str]:
    """A list of texts, from a list or from a single one."""
    parts = list_of(value) if isinstance(value, list) else [value]
    return [text for part in parts[:MOST_ITEMS] if (text := words(part))]


def first_of(*names: str) -> BeforeValidator:
    """Read an entry that may be a bare string, or call its text by one of several names."""

    def settle(value: object) -> object:
        if isinstance(value, str):
            return {names[0]: value}
        if fields := object_of(value):
            found = next((fields[name] for name in names if fields.get(name)), "")
            named = fields.get("sources") or fields.get("source") or fields.get("models") or fields.get("model")
            return {**fields, names[0]: found, "sources": named}
        return value

    return BeforeValidator(settle)


Words = Annotated[str, BeforeValidator(words)]
Texts = Annotated[list[str], BeforeValidator(texts)]
Capped = BeforeValidator(lambda value: list_of(value)[:MOST_ITEMS] if isinstance(value, list) else value)


class Entry(BaseModel):
    """One claim as the analyst states it."""

    model_config = ConfigDict(extra="ignore")

    claim: Words
    sources: Texts = []
    quote: Words = ""
    urls: Texts = []


class StanceBody(BaseModel):
    """One side of a contradiction as the analyst states it."""

    model_config = ConfigDict(extra="ignore")

    stance: Words
    sources: Texts = []
    evidence: Words = ""


class ContradictionBody(BaseModel):
    """A contradiction as the analyst states it."""

    model_config = ConfigDict(extra="ignore")

    topic: Words
    stances: Annotated[list[Annotated[StanceBody, first_of("stance", "claim", "position")]], Capped] = []
    better_supported: Words = ""


ClaimEntry = Annotated[Entry, first_of("claim", "point", "insight", "text", "statement")]


class Comparison(BaseModel):
    """The analyst's object. The five lists must be there; whatever else there is, is dropped."""

    model_config = ConfigDict(extra="ignore")

    consensus: Annotated[list[ClaimEntry], Capped]
    contradictions: Annotated[list[Annotated[ContradictionBody, first_of("topic", "point", "claim")]], Capped]
    partial_coverage: Annotated[list[ClaimEntry], Capped]
    unique_insights: Annotated[list[ClaimEntry], Capped]
    blind_spots: Annotated[list[ClaimEntry], Capped]
    injection_suspected: Annotated[list[Annotated[Entry, first_of("claim", "what", "description")]], Capped] = Field(
        default_factory=list[Entry]
    )


def read_comparison(text: str, labels: Sequence[str], urls: frozenset[str]) -> Analysis:
    """Read the analyst's answer: the largest JSON object in it that is a comparison, with letters turned into seats.

    `labels` holds each seat's letter, `urls` every address that an answer cites: others are dropped.

    :raises NotJson: when there is no JSON object.
    :raises WrongShape: when none is a comparison, or when nothing is left after strangers were dropped.
    """
    candidates = objects_in(text[:MOST_BYTES])
    if not candidates:
        raise NotJson("it holds no complete JSON object")
    problem = ""
    for candidate in candidates:
        try:
            return Reader(labels, urls).analysis(Comparison.model_validate(candidate))
        except ValidationError as error:
            first = error.errors(include_input=False)[0]
            problem = problem or f"{'.'.join(str(part) for part in first['loc'][:2])}: {first['msg'].lower()}"
    raise WrongShape(problem)


def objects_in(text: str) -> list[JsonObject]:
    """Every complete JSON object in a text that is not inside another, largest first."""
    found: list[tuple[int, JsonObject]] = []
    position = text.find("{")
    while position >= 0:
        try:
            value, end = DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            position = text.find("{", position + 1)
            continue
        if shallow(text, position, end) or nesting(value) <= MOST_DEPTH:
            found.append((end - position, value))
        position = text.find("{", end)
    return [value for _, value in sorted(found, key=lambda pair: -pair[0])]


def shallow(text: str, start: int, end: int) -> bool:
    """Whether a part of a text has too few brackets to nest too deep, whatever they are."""
    return text.count("{", start, end) + text.count("[", start, end) <= MOST_DEPTH


def nesting(value: Any) -> int:
    """How deep a JSON object or list nests."""
    depth = 0
    level: list[Any] = [value]
    while level:
        depth += 1
        inside: list[Any] = [part for one in level for part in (*object_of(one).values(), *list_of(one))]
        level = list(filter(nests, inside))
    return depth


def nests(value: Any) -> bool:
    """Whether a part of JSON has parts."""
    return isinstance(value, NESTS)


class Reader:
    """Turns letters into seats while it reads one comparison, and notes what it had to drop."""

    def __init__(self, labels: Sequence[str], urls: frozenset[str]) -> None:
        self._seats = {label: seat for seat, label in enumerate(labels) if label}
        self._urls = urls
        self._count = 0
        self._warnings: list[str] = []

    def analysis(self, body: Comparison) -> Analysis:
        """The comparison as a value of the house.

        :raises WrongShape: when it had entries and every one named somebody who is not on the panel.
        """
        everyone = tuple(self._seats.values())
        consensus = [self._claim(entry, everyone) for entry in body.consensus]
        contradictions = [self._contradiction(entry) for entry in body.contradictions]
        named = [entry for entry in body.unique_insights if entry.sources]
        nameless = [entry for entry in body.unique_insights if not entry.sources]
        partial = [self._claim(entry, ()) for entry in (*body.partial_coverage, *nameless)]
        unique = [self._claim(entry, ()) for entry in named]
        kept = [one for one in (*consensus, *contradictions, *partial, *unique) if one is not None]
        if not kept and any((consensus, contradictions, partial, unique)):
            raise WrongShape("it names only letters that do not exist")
        if body.injection_suspected:
            self._warn("injection_suspected")
        return Analysis(
            tuple(filter(None, consensus)),
            tuple(filter(None, contradictions)),
            tuple(filter(None, partial)),
            tuple(filter(None, unique)),
            tuple(entry.claim for entry in body.blind_spots if entry.claim),
            tuple(self._warnings),
        )

    def _claim(self, entry: Entry, unnamed: tuple[int, ...]) -> Claim | None:
        """One claim; a text that names nobody is kept for `unnamed`, one that names only strangers is dropped."""
        seats = self._seats_of(entry.sources) if entry.sources else unnamed
        if not entry.claim or (entry.sources and not seats):
            return None
        quote = " ".join(entry.quote.split()[:QUOTE_WORDS])
        urls = tuple(url for url in entry.urls if url in self._urls)
        return Claim(self._next_id("c"), entry.claim, seats, quote, urls)

    def _contradiction(self, entry: ContradictionBody) -> Contradiction | None:
        stances = [
            Stance(seat, side.stance, side.evidence) for side in entry.stances for seat in self._seats_of(side.sources)
        ]
        if not entry.topic or (entry.stances and not stances):
            return None
        better = self._seats.get(letter_of(entry.better_supported)) if entry.better_supported else None
        return Contradiction(self._next_id("d"), entry.topic, tuple(stances), better)

    def _seats_of(self, names: Sequence[str]) -> tuple[int, ...]:
        letters = [letter for name in names for letter in ((name,) if name in self._seats else letters_of(name))]
        seats = [self._seats[letter] for letter in letters if letter in self._seats]
        if len(seats) < len(letters) or not letters:
            self._warn("unknown_model")
        return tuple(dict.fromkeys(seats))

    def _next_id(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count}"

    def _warn(self, warning: str) -> None:
        if warning not in self._warnings:
            self._warnings.append(warning)


def letters_of(name: str) -> list[str]:
    """The letters that a source names: `A`, `Answer B`, `A, C` or `A and C`."""
    return [letter_of(part) for part in BETWEEN.split(name) if part.strip()]


def letter_of(name: str) -> str:
    """One letter, from the ways in which analysts write it; the name itself where it is none."""
    bare = PREFIX.sub("", name.strip().strip("\"'[]()<>."))
    return bare.upper() if len(bare) == 1 else bare
