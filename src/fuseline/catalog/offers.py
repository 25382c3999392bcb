"""Who serves a vendor's model: its own endpoint, OpenRouter, other aggregators. What is not surely it, is none."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fuseline.catalog.endpoints import Directory, canonical, prefixes, spelt
from fuseline.catalog.names import date_of, plain, undated
from fuseline.catalog.shelf import Shelves
from fuseline.types.models import Endpoint, Model


class Offers:
    """Finds a model among the endpoints that can be called, by its vendor and its name."""

    def __init__(self, directory: Directory, shelves: Shelves) -> None:
        self._directory = directory
        self._shelves = shelves

    def of(self, vendor: str, name: str) -> Iterator[Model]:
        """What each endpoint that is known to serve a vendor's model calls it, in the order of preference."""
        owners = list(self._directory.owners(vendor))
        for endpoint in owners:
            if self._directory.reachable(endpoint.name) and (found := self.at_owner(endpoint, vendor, name)):
                yield found
        if vendor in prefixes():
            others = (endpoint for endpoint in self._directory.aggregators() if endpoint not in owners)
            yield from filter(None, (self.at_aggregator(endpoint, vendor, name) for endpoint in others))

    def at_owner(self, endpoint: Endpoint, vendor: str, name: str) -> Model | None:
        """The model at an endpoint of its vendor's own, whose names may have no vendor."""
        shelf = self._shelves.of(endpoint)
        found = shelf.whole(name) or shelf.find(name)
        strange = found is not None and plain(found.name) != plain(name) and author(found.name)
        return None if found is None or (strange and not self.same(found, vendor)) else found

    def at_aggregator(self, endpoint: Endpoint, vendor: str, name: str) -> Model | None:
        """The model at an endpoint that serves many vendors'."""
        shelf = self._shelves.of(endpoint)
        found = first(shelf.whole(f"{each}/{name}") for each in spelt(vendor)) or shelf.find(name)
        if found is None or not self.same(found, vendor):
            return None
        later = date_of(name) and not date_of(found.name)
        if endpoint.dialect == "openrouter" and later:
            return routed(endpoint, found, f"{canonical(vendor)}/{name}")
        return found

    def same(self, model: Model, vendor: str) -> bool:
        """Whether an aggregator's model is this vendor's: it says so, or nobody is known to have another by its name.

        Somebody's own variant of a model often keeps its whole name.
        """
        named = author(model.name)
        if not named:
            listed = self._shelves.of(self._directory.endpoints["openrouter"]).find(model.name)
            named = author(listed.name) if listed else vendor
        return canonical(named) == canonical(vendor)


def author(name: str) -> str:
    """The vendor in an aggregator's name of a model; empty where there is none, but at most a path of its own."""
    path = name.lower().rpartition("/")[0]
    rest, _, last = path.rpartition("/")
    return "" if rest and last not in prefixes() else last


def first(offers: Iterable[Model | None]) -> Model | None:
    """The first model among offers."""
    return next((model for model in offers if model), None)


def routed(endpoint: Endpoint, known: Model | None, name: str) -> Model:
    """A model asked of OpenRouter by this very name, with what is known of it."""
    if known is None:
        return Model(name, endpoint, name)
    spelling = known.name if plain(known.name) == plain(name) else name
    return replace(known, slug=spelling, name=spelling)


def at_openrouter(endpoint: Endpoint, shelves: Shelves, name: str) -> Model:
    """A model that OpenRouter is asked for whether it is known or not. It may be newer than our data."""
    shelf = shelves.of(endpoint)
    return shelf.whole(name) or routed(endpoint, shelf.whole(undated(name)), name)
