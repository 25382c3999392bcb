"""Where a fused answer comes from: which seats said each sentence, what nobody said, and what was left out."""

from dataclasses import dataclass
from typing import Literal

Standing = Literal["single", "shared", "none", "unsure"]
"""One seat said it; several did; nobody did; or the text does not tell."""
Suspicion = Literal["new_number", "unknown_url"]


@dataclass(frozen=True, slots=True)
class Support:
    """A seat that said much the same, and where in its answer."""

    seat: int
    score: float
    """How like it is, from 0 to 1: the cosine of the words that both have."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, item or cell of the answer, and who stands behind it."""

    start: int
    end: int
    standing: Standing
    margin: float = 0.0
    """How far the best seat is ahead of the second, in standard deviations."""
    supports: tuple[Support, ...] = ()
    """The best first. Where the standing is `none` there are none."""


@dataclass(frozen=True, slots=True)
class Flag:
    """A place of the answer that wants a second look: a number or an address that is in no draft and on no page."""

    kind: Suspicion
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something that one seat alone said and the answer does not."""

    seat: int
    text: str
    start: int = 0
    end: int = 0
    """Where it stands in the seat's answer; both 0 where that is not known."""
    claim: str = ""
    """The id of the analyst's claim that it is, or empty."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """All that is known of where an answer comes from."""

    sentences: tuple[Sentence, ...] = ()
    flags: tuple[Flag, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    carried: int = 0
    """Citations that the writer had dropped and that were put back."""

    def shares(self, seats: int) -> tuple[float, ...]:
        """For each seat, the share of the sentences that it alone said."""
        single = [one.supports[0].seat for one in self.sentences if one.standing == "single"]
        whole = max(1, len(self.sentences))
        return tuple(single.count(seat) / whole for seat in range(seats))
