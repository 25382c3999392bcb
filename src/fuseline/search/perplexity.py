"""Perplexity's search, which gives results and not an answer (docs.perplexity.ai/api-reference/search-post)."""

from collections.abc import Sequence

from fuseline.search.base import Hit, Query
from fuseline.search.dialect import Ask, Dialect, allowed_hosts, country_of, excluded_hosts, objects_in, text_in
from fuseline.types.json import Json, JsonObject

MOST_DOMAINS = 20
CHARACTERS_PER_TOKEN = 3
"""Fewer than there usually are, so that an excerpt is not shorter than it was asked to be."""


def write(query: Query) -> Ask:
    """The query. A size of the context and a length are two ways to ask for the same, of which the length wins."""
    body: dict[str, Json] = {"query": query.words, "max_results": query.max_results}
    if query.max_characters is not None:
        body["max_tokens_per_page"] = -(-query.max_characters // CHARACTERS_PER_TOKEN)
    else:
        body["search_context_size"] = query.context_size or "low"
    if country := country_of(query):
        body["country"] = country
    if domains := domain_filter(query):
        body["search_domain_filter"] = domains
    return Ask("/search", body=body)


def domain_filter(query: Query) -> list[str]:
    """The domains: either those that are allowed or, with a minus each, those that are not."""
    listed = allowed_hosts(query.rules) or [f"-{host}" for host in excluded_hosts(query.rules)]
    return listed if len(listed) <= MOST_DOMAINS else []


def read(answer: JsonObject) -> Sequence[Hit]:
    """The results."""
    return [
        Hit(text_in(row, "url"), text_in(row, "title"), text_in(row, "snippet"), text_in(row, "date", "last_updated"))
        for row in objects_in(answer, "results")
    ]


PERPLEXITY = Dialect(write, read, header="Authorization", scheme="Bearer ")
