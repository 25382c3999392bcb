"""Tavily (docs.tavily.com), asked for its basic search, which costs one credit."""

from collections.abc import Sequence

from fuseline.search.base import Hit, Query
from fuseline.search.dialect import Ask, Dialect, Refusal, allowed_hosts, excluded_hosts, objects_in, text_in
from fuseline.types.json import Json, JsonObject

MOST_ALLOWED = 300
MOST_EXCLUDED = 150


def write(query: Query) -> Ask:
    """The query; lists of domains that are too long are left to the desk."""
    body: dict[str, Json] = {
        "query": query.words,
        "max_results": query.max_results,
        "search_depth": "basic",
    }
    allowed, excluded = allowed_hosts(query.rules), excluded_hosts(query.rules)
    if 0 < len(allowed) <= MOST_ALLOWED:
        body["include_domains"] = allowed
    if 0 < len(excluded) <= MOST_EXCLUDED:
        body["exclude_domains"] = excluded
    return Ask("/search", body=body)


def read(answer: JsonObject) -> Sequence[Hit]:
    """The results."""
    return [
        Hit(text_in(row, "url"), text_in(row, "title"), text_in(row, "content"), text_in(row, "published_date"))
        for row in objects_in(answer, "results")
    ]


TAVILY = Dialect(
    write,
    read,
    header="Authorization",
    scheme="Bearer ",
    refusals={
        432: Refusal("engine_credits", "the plan's credits are used up"),
        433: Refusal("engine_credits", "the limit that was set for spending is reached"),
    },
)
