"""Firecrawl's search (docs.firecrawl.dev/api-reference/endpoint/search), without the pages themselves."""

from collections.abc import Sequence

from fuseline.search.base import Hit, Query, SearchFailed
from fuseline.search.dialect import Ask, Dialect, allowed_hosts, country_of, excluded_hosts, objects_in, text_in
from fuseline.types.json import Json, JsonObject


def write(query: Query) -> Ask:
    """The query. It takes one of the two lists of domains; the desk holds results against both."""
    body: dict[str, Json] = {"query": query.words, "limit": query.max_results}
    if allowed := allowed_hosts(query.rules):
        body["includeDomains"] = allowed
    elif excluded := excluded_hosts(query.rules):
        body["excludeDomains"] = excluded
    if country := country_of(query):
        body["country"] = country
    return Ask("/v2/search", body=body)


def read(answer: JsonObject) -> Sequence[Hit]:
    """The results of the web."""
    if answer.get("success") is False:
        raise SearchFailed("firecrawl", "unavailable", "it says that the search did not succeed")
    return [
        Hit(text_in(row, "url"), text_in(row, "title"), text_in(row, "description", "snippet"))
        for row in objects_in(answer, "data", "web")
    ]


FIRECRAWL = Dialect(write, read, header="Authorization", scheme="Bearer ")
