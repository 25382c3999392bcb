"""The citations of a panel's answers, to be found by what they stand behind."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from fuseline.engine.provenance.drafts import Drafts, Placed
from fuseline.engine.provenance.sentences import sentences_of
from fuseline.engine.provenance.words import FEWEST_LETTERS, WORD, folded
from fuseline.engine.provenance.words import words as words_of
from fuseline.engine.sources import clean, links
from fuseline.types.deliberation import PanelAnswer, Report, Source
from fuseline.types.provenance import Support
from fuseline.types.runs import Lookup

SURE = 0.45
"""How like a draft's sentence a sentence has to be, to be given what that one cites."""
MOST = 2
"""Pages that a sentence is given at the most."""
SAME_SUBJECT = 2
"""Words that two sentences share which speak of the same."""
COVERED = 0.5
"""The share of a sentence's words that the draft's has to hold, for what that one cites to stand behind all of it."""
FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
CUT_SHORT = ("...", "…")
"""What stands behind an address that was not written out."""
BETWEEN = re.compile(r"[\s,;()\[\]<>*_]*(?:and|und|et|y|&)?[\s,;()\[\]<>*_]*")
"""What may stand between addresses that are cited together."""


class CitedDraft:
    """One answer, with the pages that each of its sentences cites."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._spans = sentences_of(text)
        self._starts = [span.start for span in self._spans]
        self._links = [(start, end, url) for start, end, _, url in links(text) if not text.startswith(CUT_SHORT, end)]

    def behind(self, support: Support) -> tuple[str, Sequence[str]]:
        """The sentence at a place, and the addresses that it rests on: its own, or failing them its paragraph's."""
        at = bisect_right(self._starts, support.start) - 1
        if at < 0:
            return "", ()
        span = self._spans[at]
        words = self._text[span.start : span.end]
        own = self._between(span.start, span.end)
        return words, self._together(own) if own else self._below(at, words)

    def _below(self, at: int, words: str) -> Sequence[str]:
        """What the paragraph cites at its end, where only the last sentence follows and speaks of the same.

        An address further down stands as a rule for the sentence that it ends, and for no other.
        """
        span = self._spans[at]
        start = min(one.start for one in self._spans[: at + 1] if one.block == span.block)
        rest = [one for one in self._spans[at + 1 :] if one.block == span.block]
        if span.kind == "cell" or len(rest) != 1:
            return ()
        last, end = rest[0].start, rest[0].end
        cited = self._between(start, end)
        if len({url for *_, url in cited}) != 1 or cited[0][0] < last or WORD.search(self._text, cited[-1][1], end):
            return ()
        same = telling(words) & telling(self._text[last:end])
        return (cited[0][2],) if len(same) >= SAME_SUBJECT else ()

    def _between(self, start: int, end: int) -> list[tuple[int, int, str]]:
        return [link for link in self._links if start <= link[0] < end]

    def _together(self, found: Sequence[tuple[int, int, str]]) -> Sequence[str]:
        """The addresses, where all of them stand at one place; none where each may stand behind words of its own."""
        for (_, end, _), (start, _, _) in pairwise(found):
            if not BETWEEN.fullmatch(self._text, end, start):
                return ()
        return tuple(dict.fromkeys(url for *_, url in found))


@dataclass(frozen=True, slots=True)
class Origin:
    """The sentence of a draft that another rests on, and what it cites."""

    support: Support
    words: str
    urls: tuple[str, ...]


class Shelf:
    """All drafts of a run, and what they cite. It takes some milliseconds to build."""

    def __init__(self, report: Report, lookups: Iterable[Lookup] = ()) -> None:
        self.drafts = Drafts([(answer.seat, answer.content) for answer in report.heard])
        self._cited = {answer.seat: CitedDraft(answer.content) for answer in report.heard if answer.sources}
        self._titles = titles(lookups, report.heard)

    def behind(self, sentence: str) -> tuple[Source, ...]:
        """The pages that a sentence rests on, where it is sure whose sentence it is; else none."""
        origin = self.origin(sentence)
        return tuple(Source(url, self._titles.get(url, url)) for url in origin.urls[:MOST]) if origin else ()

    def origin(self, sentence: str) -> Origin | None:
        """The cited sentence that a sentence rests on, where that is sure."""
        for support in standing_behind(self.drafts.place(sentence)) if self._cited else ():
            if support.score < SURE or support.seat not in self._cited:
                continue
            words, urls = self._cited[support.seat].behind(support)
            if urls and figures(sentence) <= figures(words) and covered(sentence, words) >= COVERED:
                return Origin(support, words, tuple(urls))
        return None


def titles(lookups: Iterable[Lookup], answers: Iterable[PanelAnswer]) -> dict[str, str]:
    """What the pages are called: as they call themselves, or else as a seat does."""
    found: dict[str, str] = {}
    looked_up = (source for lookup in lookups for source in lookup.sources)
    for source in (*looked_up, *(source for answer in answers for source in answer.sources)):
        if source.title not in ("", source.url):
            found.setdefault(clean(source.url), source.title)
    return found


def standing_behind(placed: Placed) -> Iterable[Support]:
    """The seats that said it, the best first; nobody where that is not sure."""
    match placed.standing:
        case "single":
            return placed.supports[:1]
        case "shared":
            return placed.supports
        case "none" | "unsure":
            return ()


def telling(text: str) -> frozenset[str]:
    """The words of a text that say what it speaks of."""
    return frozenset(word for word in words_of(folded(text)) if len(word) >= FEWEST_LETTERS or word.isdigit())


def covered(sentence: str, words: str) -> float:
    """The share of a sentence's words that another text has, too."""
    said = telling(sentence)
    return len(said & telling(words)) / max(1, len(said))


def figures(text: str) -> frozenset[str]:
    """The figures in a text, however their thousands are parted."""
    return frozenset(figure.replace(",", "") for figure in FIGURE.findall(text))
