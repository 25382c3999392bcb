"""What in an answer is nowhere else: numbers and dates that no draft and no page has, and unknown addresses."""

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

from fuseline.engine.provenance.dates import Date, dates_of
from fuseline.engine.provenance.drafts import Drafts
from fuseline.engine.provenance.figures import Figures, Number, numbers_of, written_out
from fuseline.engine.provenance.sentences import Span
from fuseline.engine.provenance.words import ADDRESS
from fuseline.engine.sources import clean, links
from fuseline.types.provenance import Flag

UNREAD = re.compile(
    rf"`[^`\n]*`|{ADDRESS.pattern}|\[\^?\d{{1,3}}(?:[,;\s–-]+\d{{1,3}})*\]|【[^】\n]{{0,100}}】|</?\w[^<>\n]*>|&#?\w+;|\b24/7\b",
)
"""Code, addresses, marks of footnotes, and what else has figures that tell no fact."""
OUTLINE = re.compile(
    r"[\s#>*_|]*(?:(?:section|part|step|phase|chapter|abschnitt|teil|schritt|partie|étape|parte|paso|часть|шаг)\s+\d+"
    r"|\(?\d+(?:\.\d+)*[.):]?(?=\s))",
    re.IGNORECASE,
)
"""The number that a heading, or what is written as one, begins with."""
CUT_SHORT = ("...", "…")
SCHEME = re.compile(r"^https?://(?:www\.)?", re.IGNORECASE)


def flags(answer: str, spans: Sequence[Span], drafts: Drafts, pages: Sequence[str]) -> tuple[Flag, ...]:
    """Every place of an answer that wants a second look, in order."""
    found = [*unknown_addresses(answer, drafts, pages), *new_numbers(answer, spans, drafts, pages)]
    return tuple(sorted(found, key=lambda flag: (flag.start, flag.end)))


def new_numbers(answer: str, spans: Sequence[Span], drafts: Drafts, pages: Sequence[str]) -> Iterator[Flag]:
    """The numbers and dates that no text has. A page is read only while there are some left."""
    left = [figure for figure in figures_in(answer, spans) if not drafts.figures.has(figure)]
    for page in pages:
        if left:
            known = Figures(page)
            left = [figure for figure in left if not known.has(figure)]
    texts = [*(draft.text for draft in drafts.drafts), *pages]
    for figure in left:
        if isinstance(figure, Date) or not written_out(figure, texts):
            yield Flag("new_number", answer[figure.start : figure.end], figure.start, figure.end)


def figures_in(answer: str, spans: Sequence[Span]) -> list[Number | Date]:
    """The numbers and dates that tell something, outside code; the figures of a date are not numbers besides."""
    text = shown(answer, spans)
    dates = dates_of(text)
    rest = blanked(text, [(date.start, date.end) for date in dates])
    return [*dates, *(number for number in numbers_of(rest) if number.telling)]


def shown(answer: str, spans: Sequence[Span]) -> str:
    """An answer with spaces for all that is not to be read for figures, every other sign in its place."""
    pieces: list[str] = []
    at = 0
    for span in spans:
        if span.kind == "code":
            continue
        piece = answer[span.start : span.end]
        if numbered := OUTLINE.match(piece) if span.kind == "heading" else None:
            piece = blanked(piece, [numbered.span()])
        pieces += [" " * (span.start - at), piece]
        at = span.end
    return UNREAD.sub(lambda found: " " * len(found[0]), "".join(pieces))


def blanked(text: str, places: Iterable[tuple[int, int]]) -> str:
    """A text with spaces at some places, which may overlap."""
    pieces: list[str] = []
    at = 0
    for start, end in places:
        pieces += [text[at:start], " " * (end - max(at, start))]
        at = max(at, end)
    return "".join([*pieces, text[at:]])


def unknown_addresses(answer: str, drafts: Drafts, pages: Sequence[str]) -> Iterator[Flag]:
    """The addresses that none of the texts has."""
    cited = [(start, end, url) for start, end, _, url in links(answer)] if "http" in answer else []
    if not cited:
        return
    known = {page_of(url) for draft in drafts.drafts for url in draft.addresses}
    known |= {page_of(url) for page in pages if "http" in page for *_, url in links(page)}
    for start, end, url in cited:
        page = page_of(url)
        short = answer.startswith(CUT_SHORT, end) or url.endswith(CUT_SHORT)
        if page not in known and not (short and any(one.startswith(page.rstrip(".…")) for one in known)):
            yield Flag("unknown_url", url, start, end)


def page_of(url: str) -> str:
    """What addresses of the same page have in common: not the scheme, the last slash or the place on the page."""
    return SCHEME.sub("", unquote(clean(url)).partition("#")[0]).rstrip("/").lower()
