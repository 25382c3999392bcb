"""The words of a text as it is compared: folded, without addresses; dense scripts by pairs of signs."""

import re
from unicodedata import normalize

LINKED = re.compile(
    r"\[([^\]\n]{0,300})\]\(\s*(?:https?://|/|#)[^\s()]*(?:\([^\s()]*\)[^\s()]*)*(?:\s+\"[^\"\n]*\")?\s*\)"
)
ADDRESS = re.compile(r"(?:https?://|www\.)[^\s<>()\[\]\"'`|]+")
DENSE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
"""Scripts that put no spaces between words, or glue so much to a word that it is seldom seen twice."""
WORD = re.compile(rf"[{DENSE}]+|[^\W_{DENSE}]+(?:[.,][0-9]+)*")
IS_DENSE = re.compile(rf"[{DENSE}]")
FEWEST_LETTERS = 4
"""Letters of a word that says something by itself; figures and capitals say something however short."""


def plain(text: str) -> str:
    """A text without its addresses; of a link its words stay."""
    if "http" in text or "](" in text or "www." in text:
        return ADDRESS.sub(" ", LINKED.sub(r" \1 ", text))
    return text


def folded(text: str) -> str:
    """A text as it is compared: no addresses, one form of each sign, no difference of case."""
    text = plain(text)
    return (text if text.isascii() else normalize("NFKC", text)).casefold()


def words(text: str) -> list[str]:
    """The words of a folded text, in order."""
    found = WORD.findall(text)
    if text.isascii() or not IS_DENSE.search(text):
        return found
    return [part for word in found for part in (pairs(word) if IS_DENSE.match(word) else (word,))]


def pairs(run: str) -> list[str]:
    """Every two neighbours in a run of signs; the sign itself where it stands alone."""
    return [run[at : at + 2] for at in range(len(run) - 1)] or [run]


def tells(text: str, least: int) -> bool:
    """Whether so many words of a text say something: long ones, figures, names. Two dense signs count as one."""
    found = 0
    for word in WORD.finditer(plain(text)):
        found += worth(word[0])
        if found >= least:
            return True
    return False


def worth(word: str) -> int:
    """What a word counts for."""
    if not word.isascii() and IS_DENSE.match(word):
        return (len(word) + 1) // 2
    return int(len(word) >= FEWEST_LETTERS or not (word.islower() or (len(word) == 1 and word.isalpha())))


def names(text: str) -> list[str]:
    """The figures and names of a sentence, folded: words with a figure or a capital, but for its first."""
    found = WORD.findall(plain(text))
    return [word.casefold() for place, word in enumerate(found) if named(word, place)]


def named(word: str, place: int) -> bool:
    """Whether a word names something: by a figure, or by a capital that does not only begin the sentence."""
    if not word.isalpha():
        return True
    return not word.islower() and word.upper() != word.lower() and (place > 0 or word[1:] != word[1:].lower())
