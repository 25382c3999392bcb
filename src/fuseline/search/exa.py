"""Exa (exa.ai/docs/reference/search), asked for the passages of each page that answer the query."""

from collections.abc import Sequence
from decimal import Decimal

from fuseline.search.base import Hit, Query
from fuseline.search.dialect import Ask, Dialect, country_of, joined, most_characters, objects_in, text_in
from fuseline.types.json import Json, JsonObject, object_of
from fuseline.types.money import nano

DEAREST = 10
"""Dollars that one search surely does not cost: a larger figure is a mistake."""


def write(query: Query) -> Ask:
    """The query. Domains may have paths and wildcards here, and both lists may be given."""
    body: dict[str, Json] = {
        "query": query.words,
        "type": query.mode or "auto",
        "numResults": query.max_results,
        "contents": {"highlights": {"maxCharacters": most_characters(query)}},
    }
    if query.rules.allowed:
        body["includeDomains"] = query.rules.allowed
    if query.rules.excluded:
        body["excludeDomains"] = query.rules.excluded
    if country := country_of(query):
        body["userLocation"] = country
    return Ask("/search", body=body)


def read(answer: JsonObject) -> Sequence[Hit]:
    """The results."""
    return [
        Hit(
            text_in(row, "url"),
            text_in(row, "title"),
            joined(row.get("highlights")) or text_in(row, "text"),
            text_in(row, "publishedDate"),
        )
        for row in objects_in(answer, "results")
    ]


def stated_cost(answer: JsonObject) -> int | None:
    """What the answer says that it cost; `None` where that cannot be."""
    total = object_of(answer.get("costDollars")).get("total")
    if isinstance(total, bool) or not isinstance(total, int | float) or not 0 <= total <= DEAREST:
        return None
    return nano(Decimal(str(total)))


EXA = Dialect(write, read, header="x-api-key", stated_cost=stated_cost)
