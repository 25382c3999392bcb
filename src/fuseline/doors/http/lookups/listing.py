"""A part of the list of models, as a query asks for it: which rows, in which order, and how many of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import Field

from fuseline.doors.http.lookups.rows import VARIES, ModelRow
from fuseline.doors.http.lookups.shapes import DIGITS, MOST, Query

Order = Literal["newest", "pricing-low-to-high", "pricing-high-to-low", "context-high-to-low"]


class ModelsQuery(Query):
    """Which models shall be listed. Of several words in one parameter, parted by commas, see each."""

    offset: Annotated[int, Field(ge=0, le=MOST), DIGITS] = 0
    """How many rows to pass over."""
    limit: Annotated[int, Field(ge=1, le=1000), DIGITS] | None = None
    """How many rows to send; all of them where it is absent."""
    q: str = ""
    """Words that the id or the name holds, in any case."""
    supported_parameters: str = ""
    """Parameters that a model must take, all of them."""
    input_modalities: str = ""
    """Kinds of input that a model must take, all of them."""
    output_modalities: str = ""
    """Kinds of output that a model must give, all of them; `all` stands for any."""
    model_authors: str = ""
    """Prefixes of slugs, any of them."""
    context: Annotated[int, Field(ge=1, le=MOST), DIGITS] | None = None
    """The least context that a model must have, in tokens."""
    sort: Order | None = None
    """The order; without it, fusion first, then as the catalogue prefers."""


def chosen(rows: Sequence[ModelRow], query: ModelsQuery) -> list[ModelRow]:
    """The rows that a query asks for, in its order, of whatever page."""
    words = query.q.lower().split()
    found = [row for row in rows if all(word in f"{row.id} {row.name}".lower() for word in words) and fits(row, query)]
    return sorted(found, key=ORDERS[query.sort]) if query.sort else found


def fits(row: ModelRow, query: ModelsQuery) -> bool:
    """Whether a row has all that a query wants of it."""
    authors = several(query.model_authors)
    return (
        several(query.supported_parameters) <= set(row.supported_parameters)
        and several(query.input_modalities) <= set(row.architecture.input_modalities)
        and several(query.output_modalities) <= {"all", *row.architecture.output_modalities}
        and (not authors or row.id.removeprefix("~").partition("/")[0] in authors)
        and row.context_length >= (query.context or 0)
    )


def several(words: str) -> set[str]:
    """The words of a parameter that takes several."""
    return {word.strip() for word in words.split(",") if word.strip()}


def price_of(row: ModelRow) -> float | None:
    """What a token in and a token out cost together; `None` where that is not known."""
    if VARIES in (row.pricing.prompt, row.pricing.completion):
        return None
    return float(row.pricing.prompt) + float(row.pricing.completion)


def cheapest(row: ModelRow) -> tuple[bool, float]:
    """Order by price; what has none that is known stands last."""
    price = price_of(row)
    return price is None, price or 0.0


def dearest(row: ModelRow) -> tuple[bool, float]:
    """Order by price, the highest first; what has none that is known stands last."""
    unknown, price = cheapest(row)
    return unknown, -price


ORDERS: Mapping[Order, Callable[[ModelRow], tuple[bool, float]]] = {
    "newest": lambda row: (not row.created, -float(row.created)),
    "pricing-low-to-high": cheapest,
    "pricing-high-to-low": dearest,
    "context-high-to-low": lambda row: (not row.context_length, -float(row.context_length)),
}


def page(rows: Sequence[ModelRow], query: ModelsQuery) -> list[ModelRow]:
    """The rows of one page."""
    return list(rows[query.offset :][: query.limit])


def next_page(path: str, query: ModelsQuery, total: int) -> str | None:
    """The address of the page behind this one; `None` where this is the last."""
    if query.limit is None or query.offset + query.limit >= total:
        return None
    told = query.model_dump(exclude_defaults=True)
    return f"{path}?{urlencode({**told, 'offset': query.offset + query.limit})}"
