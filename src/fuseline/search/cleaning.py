"""What strangers wrote, made into plain text: no tag, nothing invisible, no longer than it may be."""

import html
import re
import unicodedata
from urllib.parse import urlsplit

TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9:-]*)[^<>]*>|<[!?][^<>]*>")
"""A tag or a comment. It looks at no character twice, whatever the text."""
HIDING = frozenset({"script", "style", "template", "noscript", "iframe", "svg"})
"""Elements of which nobody sees the text."""
INLINE = frozenset(
    {"a", "abbr", "b", "code", "em", "i", "mark", "s", "small", "span", "strong", "sub", "sup", "u", "wbr"}
)
"""Elements that part no words."""
ROUNDS = 4
"""How often tags are looked for that show up when others are gone; after that no bracket is believed."""
MARGIN = 4_000
MARKUP = 8
"""How many times as long as its text a piece of markup is read, with a margin."""
UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc")
"""Characters that show nothing, of categories that show something."""
SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
"""Variation selectors, by which whole messages can be hidden behind a single letter."""
LONGEST_URL = 2_048
LONGEST_TITLE = 300
LONGEST_DATE = 40
BRACKETS = str.maketrans("", "", "<>")


def clean(text: str, most: int) -> str:
    """Markup as text of at most so many characters, on one line: no tags, entities, controls, or anything unseen."""
    return capped(squeezed(unmarked(text, most)), most)


def clean_lines(text: str, most: int) -> str:
    """The same with its lines, of which none is empty."""
    return capped(in_lines(unmarked(text, most)), most)


def plain_lines(text: str, most: int) -> str:
    """What is no markup, as lines: in a plain text a bracket is a bracket."""
    return capped(in_lines(without_unseen(text[: most + MARGIN])), most)


def unmarked(text: str, most: int) -> str:
    """The beginning of a piece of markup as text."""
    return bare(without_unseen(html.unescape(without_tags(text[: MARKUP * most + MARGIN]))))


def squeezed(text: str) -> str:
    """A text with single spaces for all white space."""
    return " ".join(text.split())


def in_lines(text: str) -> str:
    """A text with single spaces within its lines."""
    return "\n".join(line for line in map(squeezed, text.splitlines()) if line)


def bare(text: str) -> str:
    """A text in which no tag is left, whatever was hidden inside of which."""
    for _ in range(ROUNDS):
        if not TAG.search(text):
            return text
        text = without_tags(text)
    return text.translate(BRACKETS) if TAG.search(text) else text


def without_tags(text: str) -> str:
    """A text without its tags, its comments, and what stands in elements that nobody sees."""
    kept: list[str] = []
    hiding, end = "", 0
    for tag in TAG.finditer(text):
        name = (tag[1] or "").lower()
        if not hiding:
            kept.append(text[end : tag.start()])
            kept.append("" if name in INLINE else " ")
            hiding = name if name in HIDING and not tag[0].startswith("</") and not tag[0].endswith("/>") else ""
        elif name == hiding and tag[0].startswith("</"):
            hiding = ""
        end = tag.end()
    if not hiding:
        kept.append(text[end:])
    return "".join(kept)


def without_unseen(text: str) -> str:
    """A text with no control but white space, no mark of direction, and nothing of no width or of nobody's."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter for letter in text if letter.isspace() or seen(letter))


def seen(letter: str) -> bool:
    """Whether a character shows."""
    if letter.isascii():
        return letter.isprintable()
    if unicodedata.category(letter) in ("Cc", "Cf", "Cn", "Co", "Cs") or letter in UNSEEN:
        return False
    return not any(ord(letter) in selectors for selectors in SELECTORS)


def capped(text: str, most: int) -> str:
    """A text of at most so many characters, with a mark where it was cut."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def address(url: str, schemes: tuple[str, ...]) -> str:
    """An address as it may be shown and read; empty where it is none, or none of these schemes."""
    url = url.strip()
    if not url or len(url) > LONGEST_URL or any(letter.isspace() or not seen(letter) for letter in url):
        return ""
    try:
        parts = urlsplit(url)
        host, scheme = parts.hostname, parts.scheme.lower()
        _ = parts.port
    except ValueError:
        return ""
    if scheme not in schemes or any(mark in url for mark in '<>"`'):
        return ""
    web = scheme in ("http", "https")
    return "" if web and (not host or parts.username is not None) else url


def same_page(url: str) -> str:
    """What two addresses share that lead to the same page: not the scheme, the fragment, or a slash at the end."""
    parts = urlsplit(url)
    if parts.scheme.lower() not in ("http", "https"):
        return url
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/')}{query}"
