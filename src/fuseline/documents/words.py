"""Words as the index knows them: scripts without spaces are spaced, and a question becomes an expression of FTS5.

The index takes letters and digits as words, folds case and accents, and stems English: for the languages that it does
not stem, words are looked for by their beginning as well.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence

GAP = "\u200b"
"""Put between the signs of scripts without spaces, so that each is a word to the index; no reader sees it."""
LONGEST = 1_000
"""Characters of a question that are read."""
MOST = 32
"""Terms of an expression; what a question names first counts."""
ENDING = 2
"""Letters by which a word may end otherwise."""
STEM = 4
"""Letters that the beginning of a word has at least."""
SPACELESS = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Thai, Lao, Tibetan, Burmese, Khmer, Chinese, Japanese, and Korean, whose endings are written on to its words."""
MARKS = "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u200c\u200d"
"""Signs that belong to the letter before them."""
SIGN = re.compile(f"[{SPACELESS}]")
SIGNS = re.compile(f"[{SPACELESS}]+")
SEAM = re.compile(rf"(?<=[{SPACELESS}])(?=\w)|(?<=\w)(?=[{SPACELESS}])")
WORD = re.compile(rf"[^\W_](?:[^\W_]|[{MARKS}])*")
RUN = re.compile(f"[{SPACELESS}]+|[^{SPACELESS}]+")
COMPOUND = re.compile(r"[^\W_]+(?:[-./:_'’][^\W_]+)+")
QUOTED = re.compile(r'["“„«]([^"“”„«»]{3,200})["”“»]')


def spaced(text: str) -> str:
    """A text in whose spaceless scripts each sign is a word."""
    return SEAM.sub(GAP, text) if SIGN.search(text) else text


def unspaced(text: str) -> str:
    """A text as it was."""
    return text.replace(GAP, "")


def terms_of(question: str) -> list[str]:
    """The terms of a question, each an expression of FTS5 by itself: whatever it holds, none is an error."""
    text = unicodedata.normalize("NFC", question[:LONGEST])
    found: dict[str, None] = {}
    for pattern in (QUOTED, COMPOUND):
        for match in pattern.finditer(text):
            words = WORD.findall(match[match.lastindex or 0])
            if len(words) > 1:
                found[phrase(*words)] = None
    for word in WORD.findall(text):
        for run in RUN.findall(word):
            found |= dict.fromkeys(pairs(run) if SIGN.match(run) else forms(run.lower()))
    return list(found)[:MOST]


def pairs(run: str) -> Iterator[str]:
    """Every two signs that follow one another: most words of these scripts are of two."""
    if len(run) == 1:
        yield phrase(run)
    for place in range(len(run) - 1):
        yield phrase(run[place], run[place + 1])


def forms(word: str) -> Iterator[str]:
    """A word, the other way to spell it, and, unless it is short, all words that begin like it."""
    yield phrase(word)
    if "ß" in word:
        yield phrase(word.replace("ß", "ss"))
    elif "ss" in word:
        yield phrase(word.replace("ss", "ß"))
    if len(word) >= STEM + ENDING and not word.isdecimal():
        yield f"{phrase(word[:-ENDING])}*"


def phrase(*words: str) -> str:
    """Words that follow one another. They hold no quotation mark, being letters and digits."""
    return f'"{spaced(" ".join(words))}"'


def any_of(terms: Sequence[str]) -> str:
    """An expression for passages with any of these terms."""
    return " OR ".join(terms)


def all_of(*expressions: str) -> str:
    """An expression for passages that fulfil each of these."""
    return " AND ".join(f"({one})" for one in expressions)


def places_of(question: str, text: str) -> list[int]:
    """Where words of a question begin in a text, or words that begin like them, whatever their case and accents."""
    signs = {run[place : place + 2] for run in SIGNS.findall(question) for place in range(max(1, len(run) - 1))}
    words = {folded(word) for word in WORD.findall(question) if not SIGN.match(word)}
    begins = tuple({word[:-ENDING] if len(word) >= STEM + ENDING else word for word in words})
    places = [found.start() for found in WORD.finditer(text) if begins and folded(found[0]).startswith(begins)]
    places += [found.start() for sign in signs for found in re.finditer(re.escape(sign), text)]
    return sorted(places)


def folded(word: str) -> str:
    """A word without case and accents."""
    return "".join(one for one in unicodedata.normalize("NFKD", word.casefold()) if not unicodedata.combining(one))
