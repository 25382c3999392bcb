"""Digests of texts too long for their reader: copied sentences section by section, each with its place in the text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from fuseline.engine.fitting import prefix, weight

Span = tuple[int, int]
HEADING = re.compile(r"^(?:#{1,6}[ \t]+\S.*|\*\*[^*\n]+\*\*:?[ \t]*)$", re.M)
BLANK = re.compile(r"\n[ \t]*\n\s*")
SENTENCE_END = re.compile(r"[\n。！？.!?][\"')\]»”]*")
EXACT = re.compile(r"\d|https?://")
LONGEST_SECTION = 3_000
"""Characters from which a section without a break of its own is divided between sentences."""
LEAD = 200
"""Characters of a section's first sentence that are shown before anything else is chosen."""
LEAST_SECTION = 10
"""Tokens that a section takes at the least."""
LEAST_DIGEST = 48
"""Tokens that a digest needs for one reference and some words."""
MOST_SENTENCES = 300
"""Sentences of a section that are looked at."""
GAP = "…"
GAP_TOKENS = 2


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a text, and what is shown of it."""

    start: int
    end: int
    shown: tuple[Span, ...] = ()
    """Places in the text, in order."""


def digest(label: str, text: str, tokens: int) -> str:
    """A digest of at most so many tokens, a line for each section: `[A:1200-3400]` and what stands there."""
    return "\n".join(line(label, text, section) for section in choose(label, text, tokens))


def line(label: str, text: str, section: Section) -> str:
    """One section under its reference, with a mark wherever something is left out."""
    place = reference(label, section)
    if not section.shown:
        return f"{place}{GAP}"
    words = [text[start:end] for start, end in section.shown]
    cut = section.shown[-1][1] < len(text[: section.end].rstrip())
    return f"{place}{f' {GAP} '.join(words)}{f' {GAP}' if cut else ''}"


def reference(label: str, section: Section) -> str:
    """The place of a section, as its reader can ask for it."""
    return f"[{label}:{section.start}-{section.end}] "


def choose(label: str, text: str, tokens: int) -> list[Section]:
    """The sections of a text with what is shown of each: their beginnings first, then sentences with facts, then more.

    Where there is not even room for all beginnings, neighbours become one section until there is.
    """
    spans = merged(sections_of(text), max(1, tokens // LEAST_SECTION))
    opened = [opening(text, span) for span in spans]
    while len(opened) > 1 and sum(cost(label, text, section) for section in opened) > tokens:
        spans = merged(spans, len(spans) // 2)
        opened = [opening(text, span) for span in spans]
    left = tokens - sum(cost(label, text, section) for section in opened)
    if left < 0:
        return [shortened(label, text, opened[0], tokens)]
    return filled(text, opened, left)


def merged(spans: Sequence[Span], most: int) -> list[Span]:
    """Neighbouring sections as one, so many at a time that no more than `most` are left."""
    step = -(-len(spans) // most)
    groups = (spans[at : at + step] for at in range(0, len(spans), step))
    return [(group[0][0], group[-1][1]) for group in groups]


def cost(label: str, text: str, section: Section) -> int:
    """What a section takes, counted so that no way of putting its pieces together takes more."""
    pieces = sum(weight(text[start:end]) + GAP_TOKENS for start, end in section.shown)
    return weight(reference(label, section)) + GAP_TOKENS + pieces


def opening(text: str, span: Span) -> Section:
    """A section with only its heading or first sentence shown, that one no further than `LEAD`."""
    start, end = next(sentences(text, span), (span[0], span[0]))
    if end - start > LEAD:
        end = word_end(text, start, start + LEAD)
    return Section(*span, ((start, end),) if end > start else ())


def shortened(label: str, text: str, section: Section, tokens: int) -> Section:
    """A section whose beginning is cut to what there is room for."""
    bare = replace(section, shown=())
    room = tokens - cost(label, text, bare) - GAP_TOKENS
    start, end = section.shown[0] if section.shown else (section.start, section.start)
    end = start + len(prefix(text[start:end], room))
    return replace(section, shown=((start, end),)) if end > start else bare


def filled(text: str, opened: Sequence[Section], left: int) -> list[Section]:
    """The sections with further sentences, as many as `left` tokens hold: facts first, and to each section in turn."""
    chosen = [list(section.shown) for section in opened]
    for index, span in candidates(text, opened):
        if left <= GAP_TOKENS:
            break
        needed = weight(text[span[0] : span[1]]) + GAP_TOKENS
        if needed <= left:
            left -= needed
            chosen[index].append(span)
    return [replace(section, shown=joined(text, sorted(spans))) for section, spans in zip(opened, chosen, strict=True)]


def candidates(text: str, opened: Sequence[Section]) -> list[tuple[int, Span]]:
    """What could be shown beside the openings, with the index of its section, the worthiest first."""
    ranked: list[tuple[bool, int, int, Span]] = []
    for index, section in enumerate(opened):
        turn = {True: 0, False: 0}
        begun = section.shown[-1][1] if section.shown else section.start
        for start, end in islice(sentences(text, (begun, section.end)), MOST_SENTENCES):
            plain = EXACT.search(text, start, end) is None
            ranked.append((plain, turn[plain], index, (start, end)))
            turn[plain] += 1
    return [(index, span) for _, _, index, span in sorted(ranked)]


def joined(text: str, spans: Sequence[Span]) -> tuple[Span, ...]:
    """Spans with no more than a break between them as one."""
    found: list[Span] = []
    for start, end in spans:
        if found and start - found[-1][1] <= 2 and not text[found[-1][1] : start].strip():
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return tuple(found)


def sections_of(text: str) -> list[Span]:
    """A text divided at its headings and blank lines, a heading with what follows it; all of it, in order."""
    headings = {found.start(): found.end() for found in HEADING.finditer(text)}
    under = frozenset(headings.values())
    breaks = [found for found in BLANK.finditer(text) if found.start() not in under]
    cuts = sorted({0, len(text), *headings, *(found.end() for found in breaks)})
    whole = [(start, end) for start, end in pairwise(cuts) if text[start:end].strip()]
    return [part for span in whole or [(0, len(text))] for part in divided(text, span)]


def divided(text: str, span: Span) -> Iterator[Span]:
    """A section, or several of about equal length where it is too long, divided between sentences."""
    begun, end = span
    if end - begun > LONGEST_SECTION:
        for start, _ in sentences(text, span):
            if start - begun >= LONGEST_SECTION // 2:
                yield begun, start
                begun = start
    yield begun, end


def sentences(text: str, span: Span) -> Iterator[Span]:
    """The sentences and lines of a section, without the space around them."""
    begun, end = span
    for found in SENTENCE_END.finditer(text, begun, end):
        stop = found.end()
        if found[0][0] in ".!?" and stop < end and not text[stop].isspace():
            continue  # a decimal, an address, an abbreviation
        yield from trimmed(text, begun, stop)
        begun = stop
    yield from trimmed(text, begun, end)


def trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    """A span without the space around it, if anything else is in it."""
    words = text[start:end]
    if words.strip():
        yield start + len(words) - len(words.lstrip()), start + len(words.rstrip())


def word_end(text: str, start: int, end: int) -> int:
    """Where the last whole word before `end` ends; `end` itself where there is only one."""
    space = text.rfind(" ", start, end)
    return space if space > start else end
