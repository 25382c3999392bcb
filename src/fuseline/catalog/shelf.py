"""The built-in models of one endpoint, and how one of them is found by a name that is spelt a little differently."""

from collections.abc import Iterable
from typing import get_args

from fuseline.catalog import facts
from fuseline.catalog.names import bare, plain, undated
from fuseline.catalog.prices import per_million
from fuseline.types.models import Endpoint, Modality, Model
from fuseline.types.money import FREE


class Shelf:
    """One endpoint's models, made of the generated file's rows."""

    def __init__(self, endpoint: Endpoint) -> None:
        rows = facts.models().endpoints[endpoint.name] if endpoint.name in facts.endpoints() else ()
        self.models = tuple(stocked(endpoint, row) for row in rows)
        self._whole = {plain(model.name): model for model in self.models}
        self._bare = first_by((bare(model.name), model) for model in self.models)
        newest_first = sorted(self.models, key=lambda model: model.released, reverse=True)
        self._undated = first_by((undated(bare(model.name)), model) for model in newest_first)

    def whole(self, name: str) -> Model | None:
        """The model of this name, vendor and all, whichever way it is spelt."""
        return self._whole.get(plain(name))

    def find(self, name: str) -> Model | None:
        """The model of this name with or without a vendor before it; failing that, with or without its date."""
        stem = bare(name)
        return self.whole(name) or self._bare.get(stem) or self._bare.get(undated(stem)) or self._undated.get(stem)


class Shelves:
    """The shelf of each endpoint, filled when it is first looked at."""

    def __init__(self) -> None:
        self._shelves: dict[str, Shelf] = {}

    def of(self, endpoint: Endpoint) -> Shelf:
        """The shelf of this endpoint; empty for one that is not built in."""
        if endpoint.name not in self._shelves:
            self._shelves[endpoint.name] = Shelf(endpoint)
        return self._shelves[endpoint.name]


def first_by(pairs: Iterable[tuple[str, Model]]) -> dict[str, Model]:
    """A table in which the first of several under one name stays."""
    found: dict[str, Model] = {}
    for name, model in pairs:
        found.setdefault(name, model)
    return found


def stocked(endpoint: Endpoint, row: facts.Row) -> Model:
    """A row as a model. An endpoint on this machine costs nothing, whatever the model costs elsewhere."""
    return Model(
        slug=slug(endpoint, row.name),
        endpoint=endpoint,
        name=row.name,
        context=row.context,
        max_output=row.max_output,
        price=FREE if endpoint.local else per_million(row.price_in, row.price_out, row.price_cached),
        family=row.family,
        released=row.released,
        takes=modalities(row.takes),
        calls_tools=row.tools,
    )


def modalities(words: str) -> frozenset[Modality]:
    """The kinds of input that a row names."""
    return frozenset(kind for kind in get_args(Modality) if kind in words.split(","))


def slug(endpoint: Endpoint, name: str) -> str:
    """What clients call a model: as OpenRouter does, or with the aggregator's name before it."""
    fact = facts.endpoints().get(endpoint.name)
    if endpoint.dialect == "openrouter":
        return name
    return f"{fact.vendors[0] if fact and fact.vendors else endpoint.name}/{name}"
