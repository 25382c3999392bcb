"""Excerpts: what of a document's passages is shown for a question, within so many characters."""

from collections.abc import Mapping, Sequence

from fuseline.documents.passages import Passage
from fuseline.documents.words import places_of

CHARACTERS = 1_500
"""Of an excerpt where nobody says how long it shall be: a passage."""
SIZES: Mapping[str, int] = {"low": 600, "medium": CHARACTERS, "high": 3 * CHARACTERS}
"""Of an excerpt by the context that a search wishes for."""
LEAST = 200
"""Characters below which a further passage is not begun."""
LEAD = 80
"""Characters before the first word that was looked for."""
BREAK = "\n[...]\n"
"""What stands between passages of one document."""


def excerpt(passages: Sequence[Passage], question: str, most: int) -> str:
    """The passages, the best first as long as there is room, each under its headings."""
    shown: list[str] = []
    room = most
    for passage in passages:
        if shown and room < LEAST + len(BREAK):
            break
        piece = part(titled(passage), question, room)
        shown.append(piece)
        room -= len(piece) + len(BREAK)
    return BREAK.join(shown)


def titled(passage: Passage) -> str:
    """A passage under its headings, unless it begins with the last of them."""
    last = passage.heading.rpartition(" > ")[2]
    if not last or last in passage.text.partition("\n")[0]:
        return passage.text
    return f"{passage.heading}:\n{passage.text}"


def part(text: str, question: str, most: int) -> str:
    """The part of a text in which the most words of a question stand, where not all of it has room."""
    if len(text) <= most:
        return text
    places = places_of(question, text)
    best = max(places, key=lambda begin: sum(begin <= place < begin + most - LEAD for place in places), default=0)
    begin = max(0, min(best - LEAD, len(text) - most))
    if begin:
        begin = text.find(" ", begin, begin + LEAD) + 1 or begin
    return text[begin : begin + most].strip()
