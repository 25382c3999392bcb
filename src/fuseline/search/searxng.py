"""SearXNG, a search engine of one's own that asks others (docs.searxng.org/dev/search_api.html)."""

from collections.abc import Sequence

from fuseline.search.base import Hit, Query, SearchFailed
from fuseline.search.dialect import Ask, Dialect, Refusal, objects_in, text_in, with_sites
from fuseline.types.json import JsonObject, list_of

LONGEST = 2_000


def write(query: Query) -> Ask:
    """The query as a request for JSON, which an instance gives only where its settings allow it."""
    return Ask("/search", {"q": with_sites(query, LONGEST), "format": "json"})


def read(answer: JsonObject) -> Sequence[Hit]:
    """The results. None at all, while engines behind it did not respond, is not an answer."""
    hits = [
        Hit(text_in(row, "url"), text_in(row, "title"), text_in(row, "content"), text_in(row, "publishedDate"))
        for row in objects_in(answer, "results")
    ]
    if not hits and list_of(answer.get("unresponsive_engines")):
        raise SearchFailed("searxng", "unavailable", "none of the engines behind it responded")
    return hits


SEARXNG = Dialect(
    write,
    read,
    refusals={403: Refusal("unavailable", "it refuses: `json` has to be among search.formats in its settings.yml")},
)
