"""The drafts of an answer, made ready so that the seat behind a sentence is found in a moment."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from fuseline.engine.provenance.figures import Figures
from fuseline.engine.provenance.index import Index, Likeness, grams, overlap
from fuseline.engine.provenance.sentences import Span, sentences_of
from fuseline.engine.provenance.words import folded, names, words
from fuseline.engine.sources import links
from fuseline.types.provenance import Standing, Support

LIKE = 0.40
"""The cosine from which a text counts as saying what another says; few sentences of unrelated answers reach it."""
AHEAD = 0.33
"""Standard deviations that the best seat has to be ahead of the second to stand alone."""
SPREAD, DOUBT = 0.12, 4
"""The usual spread of the seats' scores, which counts as much as so many seats: that of two tells little."""
SAME_ADDRESS, SAME_NAME, MOST = 1.0, 0.25, 1.5
"""What seats gain for an address, and for a figure or a name, of the sentence that the others lack; and at the most."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Who stands behind a sentence."""

    standing: Standing
    margin: float = 0.0
    """How far the best seat is ahead of the second, in standard deviations."""
    supports: tuple[Support, ...] = ()
    """The best first; none where nobody stands behind it."""
    cosine: float = 0.0
    """That of the likest place in any draft, whether or not it is enough."""
    best: int | None = None
    """The likest seat, whether or not it is enough."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The answer of one seat, and which pieces of the index are its own."""

    seat: int
    text: str
    spans: tuple[Span, ...]
    first: int
    """The piece that its first span is."""
    addresses: frozenset[str]

    @property
    def behind(self) -> int:
        """The piece after its last."""
        return self.first + len(self.spans)


@dataclass(frozen=True, slots=True)
class Match:
    """The place of a draft that is likest to a sentence."""

    draft: Draft
    piece: int
    cosine: float
    """That of its words, alone or with a neighbour."""
    rank: float
    """The best BM25 of the draft, as a share of what a short piece with all words has."""
    letters: float
    """The best cosine of runs of letters."""

    def support(self) -> Support:
        """The seat with the place."""
        span = self.draft.spans[self.piece - self.draft.first]
        return Support(self.draft.seat, round(self.cosine, 4), span.start, span.end)


class Drafts:
    """The answers of the seats, each under its seat's number."""

    def __init__(self, texts: Sequence[tuple[int, str]]) -> None:
        self.drafts: tuple[Draft, ...] = ()
        pieces: list[str] = []
        for seat, text in sorted(texts):
            spans = tuple(span for span in sentences_of(text) if span.kind != "code")
            self.drafts = (*self.drafts, Draft(seat, text, spans, len(pieces), addresses_of(text)))
            pieces += [folded(text[span.start : span.end]) for span in spans]
        self.index = Index(pieces)
        self._draft_of = [number for number, draft in enumerate(self.drafts) for _ in draft.spans]

    @cached_property
    def figures(self) -> Figures:
        """Every number and date of all drafts; found when first asked for."""
        return Figures("\n".join(draft.text for draft in self.drafts))

    def place(self, sentence: str) -> Placed:
        """Who stands behind a sentence, whatever text it comes from."""
        matches = self.matches(sentence)
        if not matches:
            return Placed("none")
        kinds = ([one.cosine for one in matches], [one.rank for one in matches], [one.letters for one in matches])
        means = [sum(three) / len(kinds) for three in zip(*map(spread, kinds), strict=True)]
        gains = self._gains(sentence)
        scores = [mean + gains[self._draft_of[match.piece]] for mean, match in zip(means, matches, strict=True)]
        return standing(matches, scores)

    def matches(self, sentence: str) -> list[Match]:
        """The likest place of every draft that has any text, in the order of seats."""
        asked = list(dict.fromkeys(words(folded(sentence))))
        likeness = self.index.likeness(asked)
        letters = grams(asked)
        return [self._match(draft, likeness, letters) for draft in self.drafts if draft.spans]

    def locate(self, seat: int, text: str) -> tuple[int, int]:
        """Where in its answer a seat says something; (0, 0) where nothing there is like it."""
        for draft in self.drafts:
            if draft.seat == seat and draft.spans:
                at = draft.text.find(text) if text else -1
                if at >= 0:
                    return at, at + len(text)
                likeness = self.index.likeness(dict.fromkeys(words(folded(text))))
                piece, cosine = self.index.likest(likeness, draft.first, draft.behind)
                span = draft.spans[piece - draft.first]
                return (span.start, span.end) if cosine >= LIKE else (0, 0)
        return 0, 0

    def elsewhere(self, seat: int, text: str) -> float:
        """How like the other seats' answers are to a text, where they are likest."""
        likeness = self.index.likeness(dict.fromkeys(words(folded(text))))
        others = [draft for draft in self.drafts if draft.seat != seat and draft.spans]
        return max((self.index.likest(likeness, draft.first, draft.behind)[1] for draft in others), default=0.0)

    def _match(self, draft: Draft, likeness: Likeness, letters: frozenset[str]) -> Match:
        """The likest place of one draft."""
        index, first, behind = self.index, draft.first, draft.behind
        piece, cosine = index.likest(likeness, first, behind)
        ranks = likeness.ranks[first:behind]
        rank = max(ranks)
        likest = {piece, first + ranks.index(rank)}
        shared = max([overlap(letters, index.grams(one)) for one in likest])
        return Match(draft, piece, cosine, rank / likeness.most, shared)

    def _gains(self, sentence: str) -> list[float]:
        """What each draft gains by having what the sentence names: addresses, figures and names that not all have."""
        gains = [0.0] * len(self.drafts)
        for *_, url in links(sentence):
            having = {number for number, draft in enumerate(self.drafts) if url in draft.addresses}
            self._add(gains, having, SAME_ADDRESS)
        for name in names(sentence):
            if term := self.index.terms.get(name):
                self._add(gains, {self._draft_of[piece] for piece in term.pieces}, SAME_NAME)
        return [min(gain, MOST) for gain in gains]

    def _add(self, gains: list[float], having: set[int], gain: float) -> None:
        """Give those who have something the more, the fewer they are."""
        for number in having:
            gains[number] += gain * (1 - (len(having) - 1) / (len(gains) - 1)) if gains[1:] else 0.0


def addresses_of(text: str) -> frozenset[str]:
    """The pages that a text cites."""
    return frozenset(url for *_, url in links(text)) if "http" in text else frozenset()


def standing(matches: Sequence[Match], scores: Sequence[float]) -> Placed:
    """What the scores of the drafts come to."""
    ranked = sorted(zip(scores, matches, strict=True), key=lambda pair: (-pair[0], pair[1].draft.seat))
    cosine = max(match.cosine for match in matches)
    margin = ranked[0][0] - ranked[1][0] if ranked[1:] else cosine / SPREAD
    best = ranked[0][1].draft.seat
    if cosine < LIKE:
        return Placed("none", round(margin, 4), (), round(cosine, 4), best)
    supports = tuple(match.support() for place, (_, match) in enumerate(ranked) if place == 0 or match.cosine >= LIKE)
    if margin >= AHEAD:
        verdict: Standing = "single"
    else:
        verdict = "shared" if len([match for match in matches if match.cosine >= LIKE]) > 1 else "unsure"
    return Placed(verdict, round(margin, 4), supports, round(cosine, 4), best)


def spread(scores: Sequence[float]) -> list[float]:
    """The scores as distances from their mean, in standard deviations."""
    mean = sum(scores) / len(scores)
    variance = sum((score - mean) ** 2 for score in scores)
    deviation = math.sqrt((variance + DOUBT * SPREAD * SPREAD) / (len(scores) + DOUBT))
    return [(score - mean) / deviation for score in scores]
