"""The pages that an answer cites, found in its links and in the citations of its upstream."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from fuseline.types.deliberation import Report, Source
from fuseline.types.quick import replace
from fuseline.types.replies import Citation, Reply
from fuseline.types.runs import Lookup

LINK = re.compile(r"\[([^\]\n]{1,300})\]\((https?://[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)(?:\s+\"[^\"]*\")?\)")
BARE = re.compile(r"https?://[^\s<>()\[\]\"'`|]+")
TRAILING = ".,;:!?*_"
"""What ends a sentence rather than an address."""
TRACKING = re.compile(r"^(utm_\w+|gclid|fbclid)$")


def sources_of(text: str, citations: Iterable[Citation] = ()) -> tuple[Source, ...]:
    """Every page cited in a text or its citations, once, in order; its address stands in for a missing title."""
    found: dict[str, Source] = {}
    for citation in citations:
        url = clean(citation.url)
        found.setdefault(url, Source(url, citation.title))
    if "http" not in text:
        return tuple(found.values())
    for title, address in LINK.findall(text):
        url = clean(address)
        found.setdefault(url, Source(url, title.strip() or url))
    for address in BARE.findall(LINK.sub("", text)):
        url = clean(address.rstrip(TRAILING))
        found.setdefault(url, Source(url, url))
    return tuple(found.values())


def with_citations(reply: Reply, report: Report | None, lookups: Iterable[Lookup] = ()) -> Reply:
    """The answer with its own links among its citations, under the titles that the panel or the tools knew."""
    if not (reply.citations or "http" in reply.text):
        return reply
    found = looked_up(lookups)
    citations = cited(reply.text, [*found, *(report.sources if report else ())], reply.citations)
    return reply if citations == reply.citations else replace(reply, citations=citations)


def cited(text: str, sources: Iterable[Source], reported: Iterable[Citation] = ()) -> tuple[Citation, ...]:
    """The pages that a text refers to, with their places: those its upstream reported, then the links it left out.

    A title comes from `sources` where the page is known there, else from the link.
    """
    kept = tuple(reported)
    if "http" not in text:
        return kept
    titles = titles_of(sources)
    found = [
        Citation(url, titles.get(url) or words or url, start, end)
        for start, end, words, url in links(text)
        if not any(covers(citation, url, start, end) for citation in kept)
    ]
    return (*kept, *found)


def titled(sources: tuple[Source, ...], lookups: Sequence[Lookup]) -> tuple[Source, ...]:
    """Cited pages under the titles that they were found with, rather than in the words that cite them."""
    if not (sources and lookups):
        return sources
    titles = titles_of(looked_up(lookups))
    return tuple(replace(source, title=titles.get(source.url, source.title)) for source in sources)


def looked_up(lookups: Iterable[Lookup]) -> list[Source]:
    """Every page that was found or read."""
    return [source for lookup in lookups for source in lookup.sources]


def titles_of(sources: Iterable[Source]) -> dict[str, str]:
    """The titles of pages by their addresses, where they have any."""
    return {clean(source.url): source.title for source in sources if source.title not in ("", source.url)}


def links(text: str) -> list[tuple[int, int, str, str]]:
    """Every link in a text: where it starts and ends, its words, and its address."""
    marked = [(*match.span(), match[1].strip(), clean(match[2])) for match in LINK.finditer(text)]
    rest = LINK.sub(lambda match: " " * len(match[0]), text) if marked else text
    bare = [(match.start(), match[0].rstrip(TRAILING)) for match in BARE.finditer(rest)]
    whole = [(start, start + len(address), "", clean(address)) for start, address in bare if BARE.fullmatch(address)]
    return sorted([*marked, *whole])


def covers(citation: Citation, url: str, start: int, end: int) -> bool:
    """Whether a reported citation stands for a link: it names the page, and overlaps the place or names none."""
    if clean(citation.url) != url:
        return False
    return not citation.end or (citation.start < end and start < citation.end)


def clean(url: str) -> str:
    """An address without the suffixes that only track where a reader came from."""
    if "?" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if not TRACKING.match(key)]
    if len(kept) == parts.query.count("&") + 1:
        return url
    return urlunsplit(parts._replace(query=urlencode(kept)))
