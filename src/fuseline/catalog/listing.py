"""All models by the slugs that clients use: those that can be called now, and those that a key would open."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from fuseline.catalog import facts
from fuseline.catalog.endpoints import Directory, prefixes
from fuseline.catalog.names import bare, plain, undated
from fuseline.catalog.shelf import Shelves, slug
from fuseline.types.models import Endpoint, Model


class Listing:
    """Lists what there is. Each list is made when it is first asked for, and does not change after."""

    def __init__(
        self, directory: Directory, shelves: Shelves, own: Mapping[str, Model], aliases: Iterable[str]
    ) -> None:
        self._directory = directory
        self._shelves = shelves
        self._own = own
        self._aliases = tuple(aliases)

    @cached_property
    def reachable(self) -> tuple[Model, ...]:
        """One's own, then those of vendors, then those of aggregators.

        A model that several endpoints serve stands there once, at the one that would be asked.
        """
        own = [model for model in self._own.values() if self._directory.reachable(model.endpoint.name)]
        listed = {plain(model.slug): model for model in own}
        endpoints = (*self._directory.strangers(), *self._directory.vendors(), *self._directory.aggregators())
        for endpoint in endpoints:
            for model in self._shelves.of(endpoint).models:
                listed.setdefault(plain(model.slug), model)
        return tuple(listed.values())

    @cached_property
    def every(self) -> tuple[Model, ...]:
        """Each model at each endpoint, whether it can be called or not, those that can first."""
        shelved = (model for each in self._directory.endpoints.values() for model in self._shelves.of(each).models)
        models = (*self._own.values(), *(model for model in shelved if model.slug not in self._own))
        return tuple(sorted(models, key=lambda model: not self._directory.reachable(model.endpoint.name)))

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The slugs that can be called, each under the spelling in which names are compared; the newest first."""
        newest_first = sorted(self.reachable, key=lambda model: model.released, reverse=True)
        return {plain(name): name for name in (*self._aliases, *(model.slug for model in newest_first))}

    @cached_property
    def closed_names(self) -> Mapping[str, str]:
        """The slugs that a key would open, in the same way; those first that begin with a vendor."""
        closed = list(self._closed)
        return {plain(name): name for name in sorted(closed, key=lambda name: name.partition("/")[0] not in prefixes())}

    def key_of(self, name: str) -> str:
        """The variable that would open one of the models that cannot be called."""
        return self._directory.opens(self._closed[name])

    def knowing(self, name: str) -> Iterator[Endpoint]:
        """The built-in endpoints, callable or not, that have a model of this name."""
        for endpoint_name in self._served_by.get(undated(bare(name)), ()):
            endpoint = self._directory.endpoints[endpoint_name]
            if self._shelves.of(endpoint).find(name):
                yield endpoint

    def lists(self, model: Model) -> bool:
        """Whether it is known that a model is there: it is one's own, or its endpoint is known to have it."""
        return model.slug in self._own or self._shelves.of(model.endpoint).whole(model.name) is not None

    @cached_property
    def _closed(self) -> Mapping[str, str]:
        """The endpoint of each model that cannot be called, by its slug. Prices are not read for this."""
        closed: dict[str, str] = {}
        for name in facts.endpoints():
            endpoint = self._directory.endpoints[name]
            if not self._directory.reachable(name):
                for row in reversed(facts.rows(name)):  # of two versions the later one has the higher number
                    closed.setdefault(slug(endpoint, row.name), name)
        return {name: endpoint for name, endpoint in closed.items() if plain(name) not in self.names}

    @cached_property
    def _served_by(self) -> Mapping[str, Mapping[str, None]]:
        """The built-in endpoints that may have a model, by its name less vendor and date."""
        served: dict[str, dict[str, None]] = {}
        for name in facts.endpoints():
            for row in facts.rows(name):
                served.setdefault(undated(bare(row.name)), {})[name] = None
        return served
