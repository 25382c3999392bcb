"""Serper, which asks Google and gives its organic results (serper.dev)."""

from collections.abc import Sequence

from fuseline.search.base import Hit, Query
from fuseline.search.dialect import Ask, Dialect, country_of, objects_in, text_in, with_sites
from fuseline.types.json import Json, JsonObject

LONGEST = 2_000


def write(query: Query) -> Ask:
    """The query."""
    body: dict[str, Json] = {"q": with_sites(query, LONGEST), "num": query.max_results}
    if country := country_of(query):
        body["gl"] = country.lower()
    return Ask("/search", body=body)


def read(answer: JsonObject) -> Sequence[Hit]:
    """The organic results; boxes, maps and advertisements are none."""
    return [
        Hit(text_in(row, "link"), text_in(row, "title"), text_in(row, "snippet"), text_in(row, "date"))
        for row in objects_in(answer, "organic")
    ]


SERPER = Dialect(write, read, header="X-API-KEY")
