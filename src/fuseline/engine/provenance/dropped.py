"""What one seat alone said and the answer does not say."""

from collections.abc import Iterator, Sequence
from itertools import islice

from fuseline.engine.provenance.drafts import LIKE, Drafts
from fuseline.engine.provenance.index import Index
from fuseline.engine.provenance.sentences import Span
from fuseline.engine.provenance.words import folded, names, words
from fuseline.types.deliberation import Analysis
from fuseline.types.provenance import Dropped

MOST = 40
"""Sentences that are listed where there is no analysis; those that name most come first."""
LOOKED_AT = 3 * MOST
"""Sentences that are compared for that, so that long drafts take no longer."""


def dropped(answer: str, spans: Sequence[Span], drafts: Drafts, analysis: Analysis | None) -> tuple[Dropped, ...]:
    """The unique claims of the analysis that the answer lacks; without one, the unique sentences of the drafts."""
    kept = Index([folded(answer[span.start : span.end]) for span in spans])
    if analysis is not None:
        return tuple(claims(analysis, kept, drafts))
    if not drafts.drafts[1:]:
        return ()
    found = islice(sentences(kept, drafts), MOST)
    return tuple(sorted(found, key=lambda one: (one.seat, one.start)))


def claims(analysis: Analysis, kept: Index, drafts: Drafts) -> Iterator[Dropped]:
    """The claims of one seat whose words and whose quotation are both missing in the answer."""
    for claim in analysis.claims():
        if len(claim.seats) != 1 or likeness(kept, claim.text) >= LIKE:
            continue
        if not claim.quote or likeness(kept, claim.quote) < LIKE:
            start, end = drafts.locate(claim.seats[0], claim.quote or claim.text)
            yield Dropped(claim.seats[0], claim.text, start, end, claim.id)


def sentences(kept: Index, drafts: Drafts) -> Iterator[Dropped]:
    """The sentences that are like nothing in the answer or in another draft, those that name most first."""
    said = [
        Dropped(draft.seat, draft.text[span.start : span.end], span.start, span.end)
        for draft in drafts.drafts
        for span in draft.spans
        if span.attributable
    ]
    for one in sorted(said, key=lambda one: -len(names(one.text)))[:LOOKED_AT]:
        if likeness(kept, one.text) < LIKE and drafts.elsewhere(one.seat, one.text) < LIKE:
            yield one


def likeness(kept: Index, text: str) -> float:
    """How like the answer is to a text, where it is likest."""
    if not len(kept):
        return 0.0
    return kept.likest(kept.likeness(dict.fromkeys(words(folded(text)))), 0, len(kept))[1]
