"""Keeps what strangers wrote apart from what a model is told: cleaned of what nobody sees, marked line by line, cut.

A text stands between two lines with a code of its run, which no page can have foreseen, and each of its own lines
begins with `> `, so that none of them can pass for one of ours. On pages of this project's kind the marks are 5 % more
tokens and the two lines 31 together (o200k and cl100k); a mark between all words, as some do it, is 40 to 150 % more.
"""

import re
import secrets
from bisect import bisect_right

from fuseline.types.tokens import estimate

MARK = "> "
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
)
"""Controls, directions, fillers, tags, variation selectors, private and lone: what is in a text and not to be seen."""
LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
JOINERS = re.compile(
    "(?<=[\u0600-\u0dff\u1000-\u109f\u1780-\u17b3\u1800-\u180a])[\u200c\u200d](?=[\u0600-\u109f\u1780-\u1877])"
)
"""Those that belong to the spelling of Persian, Hindi and others."""
FENCE = re.compile(r"[<＜]{3}(?=\s*/?\s*[A-Z])")
SPECIAL = re.compile(r"[<＜]([|｜])(?=[\w ▁]{1,40}[|｜][>＞])")
"""Marks of a chat's own format, such as `<|im_start|>`, which some servers read as such wherever they stand."""
TAG = re.compile(r"<!--.*?(?:-->|$)|</?[a-zA-Z][^<>]{0,2000}>", re.DOTALL)
BLANKS = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")
MOST_CHARACTERS = 20_000
"""Of a page, where nothing else is asked: some 5,000 tokens, of which four pages and the answer fit into any window."""
LONGEST_LINE = 300
"""Characters of a title or the like."""


def new_code() -> str:
    """A code for the boundary lines of one run."""
    return secrets.token_hex(4)


def cleaned(text: str) -> str:
    """A text without anything in it that a reader would not see, its lines ended by line feeds."""
    text = LINE_ENDS.sub("\n", text)
    if not text.isascii() or INVISIBLE.search(text):
        text = JOINERS.sub(lambda match: "\ufdd0" if match[0] == "\u200c" else "\ufdd1", text)
        text = INVISIBLE.sub("", text).replace("\ufdd0", "\u200c").replace("\ufdd1", "\u200d")
    return BLANKS.sub("\n\n", text)


def untagged(text: str) -> str:
    """A text without HTML tags and comments."""
    return TAG.sub("", text) if "<" in text else text


def one_line(text: str, most: int = LONGEST_LINE) -> str:
    """A title or the like: on one line, without HTML, and cut."""
    return harmless(" ".join(cleaned(untagged(text)).split())[:most])


def harmless(text: str) -> str:
    """A text in which nothing looks like a boundary of ours, or like the format of a chat."""
    return SPECIAL.sub(r"< \1", FENCE.sub("<< <", text))


def quoted(text: str, code: str) -> str:
    """A clean text between the lines of its run, each line of it marked."""
    lines = harmless(text).split("\n")
    return f"<<<PAGE {code}>>>\n" + "".join(f"{MARK}{line}\n" for line in lines) + f"<<<END PAGE {code}>>>"


def cut(text: str, characters: int, tokens: int | None = None) -> str:
    """The beginning of a text, at most so long, ended between words where there are any."""
    kept = text[:characters]
    if tokens is not None:
        kept = kept[: bisect_right(range(1, len(kept) + 1), tokens, key=lambda size: estimate(kept[:size]))]
    if len(kept) == len(text) or not kept:
        return kept
    between = max(kept.rfind(" "), kept.rfind("\n"))
    return kept[:between] if between > len(kept) * 0.9 else kept
