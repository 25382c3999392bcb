"""Brave Search (api-dashboard.search.brave.com/documentation)."""

from collections.abc import Sequence

from fuseline.search.base import Hit, Query
from fuseline.search.dialect import (
    USUAL_CHARACTERS,
    Ask,
    Dialect,
    country_of,
    joined,
    most_characters,
    objects_in,
    text_in,
    with_sites,
)
from fuseline.types.json import JsonObject, list_of

LONGEST = 400


def write(query: Query) -> Ask:
    """The query; more than one excerpt of a page is asked for only where there is room for it."""
    parameters = {
        "q": with_sites(query, LONGEST),
        "count": str(query.max_results),
        "result_filter": "web",
        "text_decorations": "false",
    }
    if country := country_of(query):
        parameters["country"] = country
    if most_characters(query) > USUAL_CHARACTERS:
        parameters["extra_snippets"] = "true"
    return Ask("/res/v1/web/search", parameters)


def read(answer: JsonObject) -> Sequence[Hit]:
    """The results of the web; those of other kinds are not asked for."""
    return [
        Hit(
            text_in(row, "url"),
            text_in(row, "title"),
            joined([text_in(row, "description"), *list_of(row.get("extra_snippets"))]),
            text_in(row, "page_age", "age"),
        )
        for row in objects_in(answer, "web", "results")
    ]


BRAVE = Dialect(write, read, header="X-Subscription-Token")
