"""The pages that an answer cites, found in its links and in the citations of its upstream."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from fuseline.types.deliberation import Source
from fuseline.types.replies import Citation

LINK = re.compile(r"\[([^\]\n]{1,300})\]\((https?://[^\s()<>]*(?:\([^\s()<>]*\)[^\s()<>]*)*)(?:\s+\"[^\"]*\")?\)")
BARE = re.compile(r"https?://[^\s<>()\[\]\"'`|]+")
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
        url = clean(address.rstrip(".,;:!?*_"))
        found.setdefault(url, Source(url, url))
    return tuple(found.values())


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
