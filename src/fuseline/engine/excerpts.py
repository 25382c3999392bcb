"""What a cited page says, as far as this run has read it: the passage that is likest to the words that cite it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from fuseline.engine.provenance.words import folded, words
from fuseline.engine.sources import clean
from fuseline.types.replies import Citation

LONGEST = 300
"""Characters of an excerpt."""
MOST_READ = 100_000
"""Characters of a page that are looked through."""
AROUND = 300
"""Characters in front of a citation that it stands behind."""
PASSAGE = re.compile(r"\S[^\n]{0,299}(?!\S)")


def with_excerpts(text: str, citations: Iterable[Citation], found: Mapping[str, str]) -> tuple[Citation, ...]:
    """The citations of a text, each with what its page says where that is known and no upstream said it."""
    pages = {clean(url): page for url, page in found.items() if page.strip()}
    return tuple(
        one if one.excerpt or one.url not in pages else replace(one, excerpt=excerpt(pages[one.url], near(text, one)))
        for one in citations
    )


def near(text: str, citation: Citation) -> str:
    """The words that a citation stands behind or among."""
    return text[max(0, citation.start - AROUND) : citation.end]


def excerpt(page: str, said: str) -> str:
    """The passage of a page that shares most words with what is said of it; its beginning where none shares any."""
    if len(page) <= LONGEST:
        return " ".join(page.split())
    asked = frozenset(words(folded(said)))
    passages = [match[0] for match in PASSAGE.finditer(page[:MOST_READ])]
    best = max(passages, key=lambda one: len(asked.intersection(words(folded(one)))), default="")
    return " ".join(best.split())
