"""The built-in models of one endpoint, and how one of them is found by a name that is spelt a little differently."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import get_args

from fuseline.catalog import facts
from fuseline.catalog.lists import FetchedList, Listed, load
from fuseline.catalog.names import bare, plain, plains, undated
from fuseline.catalog.prices import per_million
from fuseline.types.errors import BadConfiguration
from fuseline.types.models import Endpoint, Modality, Model
from fuseline.types.money import FREE, Price


class Shelf:
    """One endpoint's models: the generated file's rows, and over them what it said itself when it was asked."""

    def __init__(self, endpoint: Endpoint, fetched: FetchedList | None = None) -> None:
        built_in = tuple(stocked(endpoint, row) for row in facts.rows(endpoint.name))
        self.models = laid_over(endpoint, built_in, fetched.models) if fetched else built_in
        self.date = fetched.date if fetched else ""
        """When it was asked; empty where it was not."""
        names = plains(model.name for model in self.models)
        stems = [name.rpartition("/")[2] for name in names]
        newest_first = sorted(range(len(stems)), key=lambda place: self.models[place].released, reverse=True)
        self._whole = dict(zip(names, self.models, strict=True))
        self._bare = first_by(zip(stems, self.models, strict=True))
        self._undated = first_by((undated(stems[place]), self.models[place]) for place in newest_first)

    def whole(self, name: str) -> Model | None:
        """The model of this name, vendor and all, whichever way it is spelt."""
        return self._whole.get(plain(name))

    def find(self, name: str) -> Model | None:
        """The model of this name with or without a vendor before it; failing that, with or without its date."""
        stem = bare(name)
        return self.whole(name) or self._bare.get(stem) or self._bare.get(undated(stem)) or self._undated.get(stem)


class Shelves:
    """The shelf of each endpoint, filled when it is first looked at."""

    def __init__(self, lists: Path | None = None) -> None:
        self._lists = lists
        self._shelves: dict[str, Shelf] = {}

    def of(self, endpoint: Endpoint) -> Shelf:
        """The shelf of this endpoint; empty for one that is not built in and was never asked."""
        if endpoint.name not in self._shelves:
            self._shelves[endpoint.name] = Shelf(endpoint, self._fetched(endpoint))
        return self._shelves[endpoint.name]

    def _fetched(self, endpoint: Endpoint) -> FetchedList | None:
        built_in = endpoint.name in facts.endpoints()
        return load(self._lists, endpoint, facts.models().date if built_in else "") if self._lists else None


def first_by(pairs: Iterable[tuple[str, Model]]) -> dict[str, Model]:
    """A table in which the first of several under one name stays."""
    found: dict[str, Model] = {}
    for name, model in pairs:
        found.setdefault(name, model)
    return found


def laid_over(endpoint: Endpoint, built_in: Iterable[Model], fetched: Iterable[Listed]) -> tuple[Model, ...]:
    """The built-in models with what the endpoint says of them, and those that it has beside them, sorted by name."""
    models = {plain(model.name): model for model in built_in}
    for listed in fetched:
        known = models.get(plain(listed.name)) or Model(slug(endpoint, listed.name), endpoint, listed.name)
        models[plain(listed.name)] = updated(known, listed)
    return tuple(sorted(models.values(), key=lambda model: model.name))


def updated(known: Model, listed: Listed) -> Model:
    """A model as its endpoint tells of it. What it leaves open stays as it was known."""
    return replace(
        known,
        name=listed.name,
        context=listed.context or known.context,
        max_output=listed.max_output or known.max_output,
        price=FREE if known.endpoint.local else told_price(listed, known.price),
        released=known.released or listed.released,
        takes=known.takes if listed.takes is None else frozenset(listed.takes),
        calls_tools=known.calls_tools if listed.tools is None else listed.tools,
        reasons=known.reasons if listed.reasons is None else listed.reasons,
        schemas=known.schemas if listed.schemas is None else listed.schemas,
    )


def told_price(listed: Listed, known: Price | None) -> Price | None:
    """The price that an endpoint states; the known one where it states none. Tiers stay, since lists have none."""
    figures = (listed.price_in, listed.price_out, listed.price_cached, listed.price_written, listed.price_reasoning)
    stated = per_million(*figures)
    return replace(stated, tiers=known.tiers) if stated and known else stated or known


def stocked(endpoint: Endpoint, row: facts.Row) -> Model:
    """A row as a model. An endpoint on this machine costs nothing, whatever the model costs elsewhere.

    :raises BadConfiguration: naming the price that cannot be one.
    """
    return Model(
        slug=slug(endpoint, row.name),
        endpoint=endpoint,
        name=row.name,
        context=row.context,
        max_output=row.max_output,
        price=FREE if endpoint.local else price(endpoint, row),
        family=row.family,
        released=row.released,
        takes=modalities(row.takes),
        calls_tools=row.tools,
        reasons=row.reasons,
        schemas=row.schemas,
        temperature=row.temperature,
        efforts=words(row.efforts),
        budget=row.budget,
        deprecated=row.deprecated,
    )


def price(endpoint: Endpoint, row: facts.Row) -> Price | None:
    """What a row says that its model costs.

    :raises BadConfiguration: naming the endpoint and the model where a figure cannot be a price.
    """
    try:
        return told(row.price_in, row.price_out, row.price_cached, row.price_written, row.price_reasoning, row.tiers)
    except ValueError as error:
        raise BadConfiguration(f"models.jsonl: {row.name} of {endpoint.name}: {error}") from None


@cache  # most prices are those of many models
def told(
    fresh: str | None,
    output: str | None,
    cached: str | None,
    written: str | None,
    reasoning: str | None,
    tiers: tuple[facts.TierRow, ...],
) -> Price | None:
    """The price of these figures.

    :raises ValueError: naming the first that cannot be one.
    """
    return per_million(fresh, output, cached, written, reasoning, {tier.above: tier[1:] for tier in tiers})


@cache
def modalities(named: str) -> frozenset[Modality]:
    """The kinds of input that a row names."""
    return frozenset(kind for kind in get_args(Modality) if kind in words(named))


@cache
def words(named: str) -> frozenset[str]:
    """The words of a column that holds several."""
    return frozenset(word for word in named.split(",") if word)


def slug(endpoint: Endpoint, name: str) -> str:
    """What clients call a model: as OpenRouter does, or with the aggregator's name before it."""
    fact = facts.endpoints().get(endpoint.name)
    if endpoint.dialect == "openrouter":
        return name
    return f"{fact.vendors[0] if fact and fact.vendors else endpoint.name}/{name}"
