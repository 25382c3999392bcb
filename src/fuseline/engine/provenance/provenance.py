"""The provenance of an answer: each sentence placed, what nobody said flagged, what was left out listed."""

from collections.abc import Sequence

from fuseline.engine.provenance.drafts import Drafts
from fuseline.engine.provenance.dropped import dropped
from fuseline.engine.provenance.guard import flags
from fuseline.engine.provenance.sentences import Span, sentences_of
from fuseline.types.deliberation import Analysis
from fuseline.types.provenance import Provenance, Sentence


def trace(answer: str, drafts: Drafts, pages: Sequence[str] = (), analysis: Analysis | None = None) -> Provenance:
    """Where an answer comes from.

    `pages` is all that its writer could know besides the drafts: the question, what tools brought in, the addresses of
    pages. It takes tens of milliseconds and holds nothing but its arguments, so that it can run in a thread.
    """
    spans = sentences_of(answer)
    return Provenance(
        tuple(placed(answer, span, drafts) for span in spans if span.attributable),
        flags(answer, spans, drafts, pages),
        dropped(answer, [span for span in spans if span.kind != "code"], drafts, analysis),
    )


def placed(answer: str, span: Span, drafts: Drafts) -> Sentence:
    """One sentence of an answer, and who stands behind it."""
    found = drafts.place(answer[span.start : span.end])
    return Sentence(span.start, span.end, found.standing, found.margin, found.supports)
