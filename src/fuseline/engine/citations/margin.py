"""A text on its way to its reader, that is given citations at the ends of its sentences. It knows no events.

Everything passes at once but the space behind a sentence, which waits until it is seen what follows: the link goes
in front of it, unless the writer cites something there.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from fuseline.engine.citations.link import link_to
from fuseline.engine.provenance.sentences import FENCE, ITEM, ROW, divides, opening, sentences_of
from fuseline.engine.sources import links
from fuseline.types.deliberation import Source

GAP = re.compile(r"[ \t]*\|\s*|\s+")
"""What parts words, sentences, lines and cells."""
STOPS = ".!?…。！？｡"
CLOSING = "\"'”’»)]*_』」）"
BRACKETS = {"(": ")", "[": "]", "<": ">"}
ADDRESS = "http"
END = "\n\n"
LONGEST_WAIT = 400
"""Characters for which a bracket may stay open before it is taken for none."""
LONGEST_BLOCK = 6_000
"""Characters of a paragraph that are kept in mind; no prose has longer ones."""
LINE_HEAD = 16
"""So many characters say what kind of line it is."""
DATA = re.compile(r"\s*(?:[{<]|\[\s*(?:[\[{\"\d]|$))")
"""How a text begins that is no prose."""
OWN = re.compile(r"[\[(<]?http|\[[^\]\n]+\]\(|\[\^?\d+\]|\([^()\n]*(?:https?://|\]\()")
"""How a citation begins."""
FURTHER_CELL = "| One Two Three Four Five Six Seven Eight |"
"""Stands for the cells that are still to come: beside one that says enough, a cell is a piece by itself."""
MOST_CELLS = 2
"""Cells of a row that is one piece: with more of them nobody could tell which of them the link is for."""
PAIRS = (("(", ")"), ("[", "]"), ("“", "”"), ("«", "»"))
EVEN = ("`", '"', "$$")
"""What opens and closes by the same sign."""
INDENTED = re.compile(r" {4}|\t")


class Margin:
    """Writes citations into one text as it passes."""

    def __init__(self, cite: Callable[[str], Sequence[Source]]) -> None:
        self._cite = cite
        self._block = ""
        """The paragraph, item or line under way, as it was written."""
        self._at = 0
        """How much of it has gone out."""
        self._past = 0
        """Characters of the text in front of it."""
        self._fence = ""
        """What closes the code that the line stands in."""
        self._in_table = False
        self._given: set[str] = set()
        """What this block was given."""
        self._prose = True
        self.added: list[tuple[int, str]] = []
        """Each link that was put in, and before which character of the text as it was written."""

    def feed(self, piece: str) -> str:
        """Take in a piece; return what can go out now."""
        self._block += piece
        if not self._past and self._at < LINE_HEAD:  # so that one sign alone does not decide it
            self._prose = not DATA.match(self._block)
        return self._passed(final=False)

    def end(self) -> str:
        """Return what was held back, with what the last sentence is given."""
        rest = self._passed(final=True)
        return rest + (self._given_at(len(self._block), END, "") if self._block[-1:].strip() else "")

    def _passed(self, *, final: bool) -> str:
        out: list[str] = []
        while gap := GAP.search(self._block, self._at):
            place, end = gap.span()
            out.append(self._block[self._at : place])
            self._at = place
            if end == len(self._block) and not final:
                return "".join(out)
            if self._matters(place, gap[0]):
                ahead = seen(gap[0], self._block[end : end + LONGEST_WAIT])
                if ahead is None and not final:
                    return "".join(out)
                rest = self._block[end:] if ahead is None else ahead
                out.append(self._given_at(place, gap[0] if rest else END, rest))
            else:
                rest = ""
            out.append(gap[0])
            self._at = end
            if self._prose and "\n" in gap[0]:
                self._turn(place, gap[0], rest)
        out.append(self._block[self._at :])
        self._at = len(self._block)
        if self._at > LONGEST_BLOCK or not self._prose:
            self._begin(self._at)
        return "".join(out)

    def _matters(self, place: int, gap: str) -> bool:
        """Whether it has to be known what stands behind a gap."""
        if not self._prose:
            return False
        if self._fence or FENCE.match(self._block):
            return "\n" in gap and self._closes(place)
        if "\n" in gap or "|" in gap:
            return True
        return self._block[:place].rstrip(CLOSING)[-1:] in STOPS

    def _closes(self, place: int) -> bool:
        """Whether the line up to a place ends the code that it stands in."""
        marks = FENCE.match(self._block)
        bare = marks is not None and not self._block[marks.end() : place].strip()
        return bool(self._fence and marks and bare and marks[1].startswith(self._fence))

    def _turn(self, place: int, gap: str, ahead: str) -> None:
        """Go on to another line, and where that begins another block forget this one."""
        last, blank = (self._block[:place] + gap.partition("\n")[0]).rpartition("\n")[2], gap.count("\n") > 1
        if self._fence:
            self._fence = "" if self._closes(place) else self._fence
        elif marks := FENCE.match(self._block):
            self._fence = marks[1]
        elif not (blank or begins_block(gap.rpartition("\n")[2] + ahead) or stands_alone(last)):
            return
        self._in_table = not blank and (ROW.match(last) is not None or divides(last))
        self._begin(place + gap.rindex("\n") + 1)

    def _begin(self, place: int) -> None:
        """Begin another block at a place of this one."""
        self._given = set()
        self._block, self._at, self._past = self._block[place:], self._at - place, self._past + place

    def _given_at(self, place: int, gap: str, ahead: str) -> str:
        """The link that goes in at a place; empty where none does."""
        if not self._prose or self._fence or (gap.count("\n") < 2 and OWN.match(ahead)):
            return ""
        sentence = self._ended_at(place, gap, ahead)
        if not sentence or "http" in sentence or sentence[-1] in ":?":
            return ""
        cited = self._given | {url for *_, url in links(self._block[:place])}
        link = link_to([source for source in self._cite(sentence) if source.url not in cited], self._given)
        if link:
            self.added.append((self._past + place, link))
        return link

    def _ended_at(self, place: int, gap: str, ahead: str) -> str:
        """The sentence, item or cell that ends at a place and may be given something; empty where none does."""
        written, row = self._block[:place], self._block.lstrip(" >").startswith("|")
        if row and ("|" not in gap or not self._in_table):
            return ""
        if is_open(written) or (INDENTED.match(written) and not ITEM.match(written)):
            return ""
        rest = f"{gap}{ahead} X"
        if row:
            rest = "|" if "\n" in gap else FURTHER_CELL
        found = (span for span in sentences_of(written + rest) if span.end == place and span.attributable)
        span = next(found, None)
        if span is None or (span.kind == "row" and written.count("|", span.start) >= MOST_CELLS):
            return ""
        return written[span.start :]


def seen(gap: str, ahead: str) -> str | None:
    """So much of what stands behind a gap as tells whether the writer cites something there, and what line begins.

    It is the same however much more has come; `None` where too little has. `ahead` ends at `LONGEST_WAIT`.
    """
    if close := BRACKETS.get(ahead[:1]):
        inside, closed, behind = ahead.partition(close)
        if "\n" in inside:
            return inside.partition("\n")[0] + "\n"
        if behind:
            return inside + closed + behind[0]
        return ahead if len(ahead) == LONGEST_WAIT else None
    if ahead and ADDRESS.startswith(ahead[: len(ADDRESS)]):
        return ahead[: len(ADDRESS)] if len(ahead) >= len(ADDRESS) else None
    if "\n" not in gap:
        return ahead[:1] or None
    head = ahead[:LINE_HEAD]
    space = next((place for place, sign in enumerate(head) if sign.isspace()), LINE_HEAD - 1)
    return head[: space + 1] if len(head) > space else None


def begins_block(line: str) -> bool:
    """Whether a line begins another block, by its head."""
    return line.lstrip(" >").startswith("|") or opening(f"{line} X", 0) is not None


def stands_alone(line: str) -> bool:
    """Whether a line is a block by itself."""
    begun = opening(line.rstrip(), 0)
    return divides(line) or (begun is not None and begun.kind in ("heading", "row"))


def is_open(written: str) -> bool:
    """Whether the end of a text stands in brackets, in a quotation or in code."""
    return any(written.count(one) > written.count(other) for one, other in PAIRS) or any(
        written.count(sign) % 2 for sign in EVEN
    )


def with_links(text: str, added: Iterable[tuple[int, str]]) -> str:
    """A text with links at their places."""
    out: list[str] = []
    begun = 0
    for place, link in added:
        out += (text[begun:place], link)
        begun = place
    return "".join([*out, text[begun:]])
