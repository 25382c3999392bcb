"""Results as they are handed on: clean, within the rules, each page once, no more and no longer than was asked."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from fuseline.search.base import Found, Hit, Query, SearchFailed
from fuseline.search.cleaning import LONGEST_DATE, LONGEST_TITLE, address, clean, clean_lines, plain_lines, same_page
from fuseline.search.dialect import most_characters

AUTO = "auto"
"""The name by which no engine is chosen."""
MOST = 25
WEB = ("http", "https")
OWN = ("doc", *WEB)
"""What addresses of this machine's documents may begin with."""


def presented(hits: Iterable[Hit], query: Query, *, local: bool = False) -> tuple[Hit, ...]:
    """The hits that may be shown. Rules of domains hold for the web, and not for documents of this machine."""
    kept: dict[str, Hit] = {}
    places = max(1, min(query.max_results, MOST))
    for hit in hits:
        url = address(hit.url, OWN if local else WEB)
        if not url or not (local or query.rules.allows(url)) or same_page(url) in kept:
            continue
        kept[same_page(url)] = cleaned(hit, url, most_characters(query), plain_lines if local else clean_lines)
        if len(kept) == places:
            break
    return tuple(kept.values())


def cleaned(hit: Hit, url: str, characters: int, as_text: Callable[[str, int], str]) -> Hit:
    """A hit of plain texts; one without a title has its address for one."""
    return Hit(
        url,
        clean(hit.title, LONGEST_TITLE) or url[:LONGEST_TITLE],
        as_text(hit.excerpt, characters),
        clean(hit.published, LONGEST_DATE),
    )


def put_in_front(local: Found | SearchFailed, web: Found | SearchFailed, most: int) -> Found:
    """What was found in documents of this machine, and behind it what was found in the web.

    Where both found much, the documents have half of the places, and the odd one.

    :raises SearchFailed: when neither answered.
    """
    match local, web:
        case SearchFailed(), SearchFailed():
            raise web
        case SearchFailed() as failure, Found() as found:
            return warned(found, failure)
        case Found() as found, SearchFailed() as failure:
            return warned(found, failure)
        case Found() as ours, Found() as theirs:
            return both(ours, theirs, most)


def both(ours: Found, theirs: Found, most: int) -> Found:
    """Two findings as one."""
    return Found(
        f"{ours.engine}+{theirs.engine}" if ours.hits else theirs.engine,
        shared_out(ours.hits, theirs.hits, most),
        ours.cost + theirs.cost,
        ours.size + theirs.size,
        (*ours.warnings, *theirs.warnings),
    )


def shared_out(ours: Sequence[Hit], theirs: Sequence[Hit], most: int) -> tuple[Hit, ...]:
    """The first of both, as many as may be, each side with at least half of the places if it can fill them."""
    half = most - most // 2
    places = max(half, most - len(theirs))
    return (*ours[:places], *theirs[: most - len(ours[:places])])


def warned(found: Found, failure: SearchFailed) -> Found:
    """What one side found, with word of the other's failure."""
    return replace(found, warnings=(*found.warnings, told(failure)))


def told(failure: SearchFailed) -> str:
    """That an engine failed, as a warning; where several did, their failure says it of each."""
    return failure.message if failure.engine == AUTO else f"{failure.engine} did not answer ({failure.reason})"
