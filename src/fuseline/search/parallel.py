"""Parallel's search (docs.parallel.ai/search), in its basic mode unless another is asked for."""

from collections.abc import Sequence

from fuseline.search.base import Hit, Query
from fuseline.search.dialect import (
    CONTEXT_CHARACTERS,
    Ask,
    Dialect,
    country_of,
    excluded_hosts,
    joined,
    most_characters,
    objects_in,
    text_in,
)
from fuseline.types.json import Json, JsonObject

LONGEST = 200
"""Characters of a search query here; longer words are given whole as the objective, too."""
MOST_DOMAINS = 10


def write(query: Query) -> Ask:
    """The query. The size of the context is here that of all excerpts together."""
    settings: dict[str, Json] = {"max_results": query.max_results}
    body: dict[str, Json] = {"search_queries": [query.words[:LONGEST]], "mode": query.mode or "basic"}
    if len(query.words) > LONGEST:
        body["objective"] = query.words
    if query.max_characters is None and query.context_size in CONTEXT_CHARACTERS:
        body["max_chars_total"] = CONTEXT_CHARACTERS[query.context_size]
    else:
        settings["excerpt_settings"] = {"max_chars_per_result": most_characters(query)}
    if country := country_of(query):
        settings["location"] = country.lower()
    if policy := source_policy(query):
        settings["source_policy"] = policy
    return Ask("/v1/search", body={**body, "advanced_settings": settings})


def source_policy(query: Query) -> JsonObject:
    """The domains, in as much of a list as is taken; where some are allowed, nothing else is looked at."""
    allowed = [rule.removeprefix("*.") for rule in query.rules.allowed]
    excluded = excluded_hosts(query.rules)
    if 0 < len(allowed) <= MOST_DOMAINS:
        return {"include_domains": allowed}
    return {"exclude_domains": excluded} if 0 < len(excluded) <= MOST_DOMAINS else {}


def read(answer: JsonObject) -> Sequence[Hit]:
    """The results."""
    return [
        Hit(text_in(row, "url"), text_in(row, "title"), joined(row.get("excerpts")), text_in(row, "publish_date"))
        for row in objects_in(answer, "results")
    ]


PARALLEL = Dialect(write, read, header="x-api-key")
