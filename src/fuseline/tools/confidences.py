"""What must not leave in the words of a search: keys, and what else looks like one. It knows nothing of meaning.

A search goes to the engine that the operator chose, so a question may be searched for as it was asked: quoting the
conversation is no reason to refuse. What people never search for, and what an order in a page would have sent, is a
secret, whole, in pieces, or encoded.
"""

import re
from collections.abc import Iterable
from itertools import pairwise

LONGEST_QUERY = 400
"""Characters; no engine reads more, and a letter is nobody's query."""
PIECE = 10
"""Characters of a secret in a row that are too many."""
MOST_SECRETS = 200
LONGEST_SECRET = 200
"""Characters; what is longer is a file that somebody pasted, and its beginning tells it."""
RUN = re.compile(r"[A-Za-z0-9]{20,}")
PADDED = re.compile(r"[A-Za-z0-9+/_-]{32,}={0,2}")
MARKED = re.compile(
    r"(?:\b(?:sk|pk|rk|gh[opsu]|github_pat|glpat|xox[a-z]|AKIA|ASIA|AIza|hf|npm|fg)[-_]?[A-Za-z0-9_-]{16,})"
    r"|-----BEGIN|\beyJ[\w-]{8,}\.",
)
"""How the keys of well-known services begin."""
ENCODED = re.compile(
    r"(?:%[0-9a-f]{2}){8,}|(?:\\x[0-9a-f]{2}){8,}|(?:\b[0-9a-f]{2}\b[\s:,-]*){10,}|[01][01\s]{39,}", re.IGNORECASE
)
"""Bytes written out one by one."""
APART = re.compile(r"[+/_=-]")
UNALIKE = 0.4
"""Changes between capitals and small letters to a character, from which letters are no words: `CamelCase` has fewer."""


class Confidences:
    """The secrets of one run's conversation, as far as they can be told by their looks."""

    def __init__(self) -> None:
        self._pieces: set[str] = set()

    def keep(self, texts: Iterable[str]) -> None:
        """Keep to ourselves what looks like a secret in these texts."""
        found = [squeezed(secret) for text in texts for secret in secrets_in(text)][:MOST_SECRETS]
        for secret in found:
            self._pieces.update(pieces(secret), pieces(secret[::-1]))

    def refusal(self, words: str) -> str:
        """Why these words may not be searched for, in one word; empty where they may."""
        if len(words) > LONGEST_QUERY:
            return "query_too_long"
        secret = MARKED.search(words) or ENCODED.search(words) or any(secrets_in(words))
        return "query_not_allowed" if secret or not self._pieces.isdisjoint(pieces(squeezed(words))) else ""


def secrets_in(text: str) -> list[str]:
    """The stretches of a text that look drawn at random, or begin as keys do."""
    runs = [match[0][:LONGEST_SECRET] for match in RUN.finditer(text)]
    padded = [match[0][:LONGEST_SECRET] for match in PADDED.finditer(text)]
    marked = [match[0][:LONGEST_SECRET] for match in MARKED.finditer(text)]
    bare = [run for run in runs if looks_random(run)]
    return [*marked, *bare, *(run for run in padded if looks_random(APART.sub("", run), of_words=False))]


def looks_random(run: str, of_words: bool = True) -> bool:
    """Whether a stretch without white space is rather a key than a word, a name or a number."""
    digits = sum(character.isdigit() for character in run)
    if of_words and 0 < digits < len(run):
        return True
    changes = sum(one.isupper() != other.isupper() for one, other in pairwise(run))
    return len(run) >= 24 and (digits == len(run) or changes / len(run) >= UNALIKE)


def squeezed(text: str) -> str:
    """Letters and digits alone, so that no dots, spaces or capitals between them hide what they are."""
    return "".join(character for character in text.lower() if character.isalnum())


def pieces(text: str) -> set[str]:
    """All stretches of a text that are as long as a piece."""
    return {text[start : start + PIECE] for start in range(len(text) - PIECE + 1)}
