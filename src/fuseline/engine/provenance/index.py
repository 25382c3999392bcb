"""An index of short pieces of text: how like each of them is to a sentence, by its words and by their letters."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import mul

from fuseline.engine.provenance.words import words

SATURATION, LENGTH_WEIGHT = 1.2, 0.75
"""The two constants of BM25, as they are mostly set."""
COMMON, FEW = 0.2, 20
"""Words in more than this share of the pieces tell nothing of any; among so few pieces, every word counts."""
GRAM = 4
"""Letters that are compared at a time."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word: what it weighs in the cosine and in BM25, and the pieces that have it."""

    squared: float
    rarity: float
    pieces: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How like every piece is to one sentence."""

    dots: list[float]
    shares: list[float]
    """The cosine with each piece, times `norm`: dividing all of them would take as long as finding them."""
    norm: float
    ranks: list[float]
    """BM25 with each piece."""
    most: float
    """The BM25 of a short piece with all of the words."""


class Index:
    """Pieces of text, which are neighbours where they follow one another."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._words = [dict.fromkeys(words(text)) for text in texts]
        self._grams: dict[int, frozenset[str]] = {}
        self._pairs: dict[int, float] = {}
        self.terms = weighed(self._words)
        self._unknown = weight(0, len(texts))
        self._squares = [math.fsum(map(self._square, held)) for held in self._words]
        self._inverse = [1 / math.sqrt(square) if square else 0.0 for square in self._squares]
        self._short = shortness([len(held) for held in self._words])

    def __len__(self) -> int:
        return len(self._texts)

    def likeness(self, asked: Iterable[str]) -> Likeness:
        """How like every piece is to a sentence of these words, each named once."""
        dots, ranks = [0.0] * len(self._texts), [0.0] * len(self._texts)
        norm = most = 0.0
        for word in asked:
            term = self.terms.get(word, self._unknown)
            norm += term.squared
            most += term.rarity
            for piece in term.pieces:
                dots[piece] += term.squared
                ranks[piece] += term.rarity
        shares, ranks = list(map(mul, dots, self._inverse)), list(map(mul, ranks, self._short))
        return Likeness(dots, shares, math.sqrt(norm) or 1.0, ranks, most * (SATURATION + 1) or 1.0)

    def likest(self, likeness: Likeness, first: int, behind: int) -> tuple[int, float]:
        """The likest of some pieces, and its cosine: alone, or together with a neighbour."""
        shares = likeness.shares[first:behind]
        most = max(shares)
        piece = first + shares.index(most)
        pairs = [self._joint(likeness, begin) for begin in (piece - 1, piece) if first <= begin < behind - 1]
        return piece, max(most / likeness.norm, *pairs, 0.0)

    def _joint(self, likeness: Likeness, first: int) -> float:
        """The cosine of a piece and the next taken together."""
        dots = likeness.dots
        if not (dots[first] and dots[first + 1]):
            return 0.0
        return (dots[first] + dots[first + 1]) * self._together(first) / likeness.norm

    def _together(self, first: int) -> float:
        """What the weights of a piece and the next are multiplied by."""
        if first not in self._pairs:
            both = self._words[first].keys() & self._words[first + 1].keys()
            square = self._squares[first] + self._squares[first + 1] + 2 * math.fsum(map(self._square, both))
            self._pairs[first] = 1 / math.sqrt(square)
        return self._pairs[first]

    def grams(self, piece: int) -> frozenset[str]:
        """The runs of letters in a piece."""
        if piece not in self._grams:
            self._grams[piece] = grams(self._words[piece])
        return self._grams[piece]

    def _square(self, word: str) -> float:
        return self.terms[word].squared


def weighed(pieces: Sequence[Iterable[str]]) -> dict[str, Term]:
    """Every word of the pieces with its weights."""
    places: dict[str, list[int]] = {}
    for number, held in enumerate(pieces):
        for word in held:
            places.setdefault(word, []).append(number)
    most = max(FEW, COMMON * len(pieces))
    return {
        word: weight(len(where), len(pieces), where if len(where) <= most else None) for word, where in places.items()
    }


def weight(found: int, of: int, pieces: Sequence[int] | None = ()) -> Term:
    """A word that so many of the pieces have; without weight where it is too common to tell anything."""
    if pieces is None:
        return Term(0.0, 0.0, ())
    rarity = math.log(1 + (of - found + 0.5) / (found + 0.5))
    return Term((math.log((of + 1) / (found + 1)) + 1) ** 2, rarity, tuple(pieces))


def shortness(lengths: Sequence[int]) -> list[float]:
    """What BM25 multiplies the rarity of a word by, for pieces of these lengths."""
    mean = sum(lengths) / len(lengths) if lengths else 1.0
    flat = 1 - LENGTH_WEIGHT
    return [(SATURATION + 1) / (1 + SATURATION * (flat + LENGTH_WEIGHT * length / (mean or 1.0))) for length in lengths]


def grams(held: Iterable[str]) -> frozenset[str]:
    """Every run of `GRAM` signs in words with a space between them."""
    line = f" {' '.join(held)} "
    return frozenset([line[at : at + GRAM] for at in range(len(line) - GRAM + 1)])


def overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """The cosine of two sets."""
    return len(one & other) / math.sqrt(len(one) * len(other) or 1)
