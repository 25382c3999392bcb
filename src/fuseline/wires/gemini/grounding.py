"""The pages that a text rests on, read from what a search of the upstream's own tells of them.

Places are told in bytes here, and counted in characters everywhere else.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fuseline.types.json import list_of, object_of
from fuseline.types.replies import Citation
from fuseline.wires.accounts import count
from fuseline.wires.draft import objects, text_of


def read_grounding(candidate: Mapping[str, Any], text: str) -> Iterator[Citation]:
    """The pages that a candidate names: those that its search found, and those that it quotes at length."""
    content = text.encode()
    grounding = object_of(candidate.get("groundingMetadata"))
    pages = [page_of(object_of(chunk)) for chunk in list_of(grounding.get("groundingChunks"))]
    named: set[int] = set()
    for support in objects(grounding.get("groundingSupports")):
        start, end = place_of(object_of(support.get("segment")), text, content)
        for index in list_of(support.get("groundingChunkIndices")):
            if isinstance(index, int) and 0 <= index < len(pages):
                named.add(index)
                yield from cited(pages[index], start, end)
    for index, page in enumerate(pages):
        if index not in named:
            yield from cited(page, 0, 0)
    for quote in objects(object_of(candidate.get("citationMetadata")).get("citationSources")):
        yield from cited(quote, *place_of(quote, text, content))


def queries_of(candidate: Mapping[str, Any]) -> Iterator[str]:
    """What was searched for."""
    grounding = object_of(candidate.get("groundingMetadata"))
    return (query for query in list_of(grounding.get("webSearchQueries")) if isinstance(query, str))


def page_of(chunk: Mapping[str, Any]) -> Mapping[str, Any]:
    """The page in a chunk, of whatever kind: from the web, from the caller's own documents, from a map."""
    pages = [object_of(value) for value in chunk.values()]
    return next((page for page in pages if page.get("uri")), object_of(None))


def cited(page: Mapping[str, Any], start: int, end: int) -> Iterator[Citation]:
    """A page with the place that it is named for; nothing for one without an address."""
    if uri := text_of(page, "uri"):
        yield Citation(uri, text_of(page, "title") or uri, start, end, text_of(page, "text"))


def place_of(segment: Mapping[str, Any], text: str, content: bytes) -> tuple[int, int]:
    """Where a segment begins and ends. What it says tells better than its figures, where the two differ."""
    first, behind = (count(segment.get(name)) or 0 for name in ("startIndex", "endIndex"))
    start, end = (len(content[:place].decode(errors="ignore")) for place in (first, behind))
    said = text_of(segment, "text")
    if said and text[start:end] != said and (found := text.find(said)) >= 0:
        return found, found + len(said)
    return start, max(start, end)
