"""The recordings as values, read from the files beside this one. It knows no server."""

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from fuseline.types.errors import InvalidRequest


class Recorded(BaseModel):
    """A table of a recording; a key that nobody reads is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Speech(Recorded):
    """What a model says, and how fast."""

    model: str
    first_token_s: float
    tokens_per_s: float
    content: str
    reasoning: str = ""


class Claim(Recorded):
    """A claim that several seats make."""

    claim: str
    seats: tuple[int, ...]
    quote: str
    urls: tuple[str, ...]


class Point(Recorded):
    """A point that some seats cover."""

    point: str
    seats: tuple[int, ...]
    quote: str
    urls: tuple[str, ...]


class Insight(Recorded):
    """A point that one seat alone makes."""

    insight: str
    seat: int
    quote: str
    urls: tuple[str, ...]


class Side(Recorded):
    """One side of a contradiction."""

    seat: int
    stance: str
    evidence: str


class Contradiction(Recorded):
    """A point on which seats disagree."""

    topic: str
    better_supported: int
    """A seat, or -1 where it is undecided."""
    stances: tuple[Side, ...]


class BlindSpot(Recorded):
    """A part of the question that no seat deals with."""

    point: str


class Comparison(Recorded):
    """What the analyst finds, with seats by number; it is said with the letters of the prompt."""

    model: str
    first_token_s: float
    tokens_per_s: float
    consensus: tuple[Claim, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    partial_coverage: tuple[Point, ...] = ()
    unique_insights: tuple[Insight, ...] = ()
    blind_spots: tuple[BlindSpot, ...] = ()


class Planted(Recorded):
    """The mistake that one seat makes on purpose, for the others to contradict."""

    error: str
    seat: int
    unique_seat: int


class Recording(Recorded):
    """One question with everything that was said about it."""

    slug: str
    domain: str
    question: str
    planted: Planted
    panel: tuple[Speech, ...]
    analyst: Comparison
    writer: Speech

    @property
    def models(self) -> tuple[str, ...]:
        """Everybody who speaks."""
        return (*(seat.model for seat in self.panel), self.analyst.model, self.writer.model)


@cache
def recordings() -> tuple[Recording, ...]:
    """All recordings, by their slugs."""
    folder = files(__package__ or "fuseline.doors.demo") / "recordings"
    texts = [path.read_text("utf-8") for path in folder.iterdir() if path.name.endswith(".toml")]
    return tuple(sorted((Recording(**tomllib.loads(text)) for text in texts), key=lambda one: one.slug))


def find(name: str) -> Recording:
    """The recording of a slug, or of a number as the list has it.

    :raises InvalidRequest: when there is none.
    """
    numbered = {str(number): one for number, one in enumerate(recordings(), 1)}
    found = numbered.get(name) or next((one for one in recordings() if one.slug == name), None)
    if found is None:
        slugs = ", ".join(one.slug for one in recordings())
        raise InvalidRequest(
            f"there is no recording {name[:60]!r}; there are {slugs}, or 1 to {len(numbered)}", "recording"
        )
    return found
