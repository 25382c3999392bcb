"""The search for the model that a slug means: one's own first, then its vendor's endpoint, then an aggregator."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from fuseline.catalog.aliases import family_of, newest
from fuseline.catalog.endpoints import Directory, canonical, prefixes
from fuseline.catalog.names import SLUG, bare, plain, split_variant, undated
from fuseline.catalog.refusals import LOCAL_SERVERS, ambiguous, invalid, itself, keyless, knowing, lost
from fuseline.catalog.shelf import Shelves
from fuseline.types.models import Endpoint, Model
from fuseline.types.money import FREE


class Resolver:
    """Finds models among the endpoints that can be called."""

    def __init__(self, directory: Directory, shelves: Shelves, own: Mapping[str, Model]) -> None:
        self._directory = directory
        self._shelves = shelves
        self._own = own

    def resolve(self, slug: str) -> Model:
        """Find the model that a slug means.

        :raises ModelNotFound: when there is none, or the key for it is not set.
        """
        base, variant = split_variant(slug)
        mine = self._own.get(slug) or self._own.get(base)
        if mine is not None:
            return self._callable(slug, mine)
        if not SLUG.fullmatch(slug):
            raise invalid(slug)
        if slug.startswith("~"):
            return self._latest(base.lower(), variant)
        head, _, name = base.partition(":")
        if name and head in self._directory.endpoints:
            return self._at(slug, self._directory.endpoints[head], name, variant)
        vendor, _, name = base.partition("/")
        return self._of_vendor(slug, vendor.lower(), name, variant) if name else self._bare(slug, base, variant)

    def _callable(self, slug: str, model: Model) -> Model:
        """A model of one's own, if there is a key for its endpoint."""
        if not self._directory.reachable(model.endpoint.name):
            raise keyless(slug, (model.endpoint,))
        return model

    def _at(self, slug: str, endpoint: Endpoint, name: str, variant: str) -> Model:
        """The model behind `endpoint:name`, passed on as it is written."""
        if not self._directory.reachable(endpoint.name):
            raise keyless(slug, (endpoint,))
        return self._serve(endpoint, name, variant)

    def _of_vendor(self, slug: str, vendor: str, name: str, variant: str) -> Model:
        """The model behind `vendor/name` or `endpoint/name`."""
        found = (
            self._at_vendor(vendor, name)
            or self._at_named(vendor, name, variant)
            or self._at_aggregator(vendor, name, variant)
            or self._unheard_of(vendor, name, variant)
        )
        if found is None:
            raise lost(slug, vendor, name, self._directory, self._shelves)
        return found

    def _at_vendor(self, vendor: str, name: str) -> Model | None:
        """A known model at its vendor's own endpoint."""
        endpoint = self._directory.of_vendor(vendor)
        if endpoint is None or not self._directory.reachable(endpoint.name):
            return None
        return self._shelves.of(endpoint).find(name)

    def _at_named(self, head: str, name: str, variant: str) -> Model | None:
        """A model at the endpoint that the slug begins with: any at one's own, a known one at a built-in one."""
        endpoint = self._directory.endpoints.get(head)
        if endpoint is None or not self._directory.reachable(head):
            return None
        any_name = head in self._directory.own or endpoint.dialect == "openrouter"
        return self._serve(endpoint, name, variant) if any_name else self._shelves.of(endpoint).find(name)

    def _at_aggregator(self, vendor: str, name: str, variant: str) -> Model | None:
        """A known vendor's model at the first aggregator that has it. OpenRouter is asked for any vendor's."""
        openrouter = self._directory.openrouter()
        if openrouter and not reserved(vendor, self._directory):
            return self._serve(openrouter, f"{canonical(vendor)}/{name}", variant)
        return first(self._offers(name)) if vendor in prefixes() else None

    def _unheard_of(self, vendor: str, name: str, variant: str) -> Model | None:
        """A model that nobody is known to have, at the endpoint it is said to be at, if that can be called.

        It may be newer than our data; a mistyped one is refused by the upstream.
        """
        endpoint = self._directory.endpoints.get(vendor) or self._directory.of_vendor(vendor)
        if endpoint is None or not self._directory.reachable(endpoint.name):
            return None
        known = any(knowing(name, self._directory, self._shelves))
        return None if known else self._serve(endpoint, name, variant)

    def _serve(self, endpoint: Endpoint, name: str, variant: str) -> Model:
        """A model at an endpoint that shall serve it, with what is known of it."""
        shelf = self._shelves.of(endpoint)
        if endpoint.dialect == "openrouter":
            named = name if "/" in name else f"openrouter/{name}"
            if named.lower().startswith("openrouter/fusion"):
                raise itself(named)
            return shelf.whole(named + variant) or routed(endpoint, shelf.whole(undated(named)), named, variant)
        unknown = Model(f"{endpoint.name}/{name}", endpoint, name, price=FREE if endpoint.local else None)
        return shelf.whole(name) or unknown

    def _latest(self, slug: str, variant: str) -> Model:
        """The newest of a family: at its vendor's endpoint, through OpenRouter's own alias, or at an aggregator."""
        family = family_of(slug)
        vendor = self._directory.of_vendor(family.vendor) if family else None
        if family and vendor and self._directory.reachable(vendor.name):
            found = newest(self._shelves.of(vendor).models, family)
            if found:
                return found
        openrouter = self._directory.openrouter()
        if openrouter:
            known = newest(self._shelves.of(openrouter).models, family) if family else None
            return routed(openrouter, known, slug, variant)
        if family is None:
            raise invalid(slug)
        offers = (newest(self._shelves.of(endpoint).models, family) for endpoint in self._directory.aggregators())
        found = first(offers)
        if found is None:
            raise lost(slug, family.vendor, "", self._directory, self._shelves)
        return found

    def _bare(self, slug: str, name: str, variant: str) -> Model:
        """The model behind a name alone, where only one endpoint has it. Aggregators are asked last."""
        mine = [model for model in self._own.values() if bare(model.name) == bare(name)]
        mine = [model for model in mine if self._directory.reachable(model.endpoint.name)]
        vendors = [self._shelves.of(endpoint).find(name) for endpoint in self._directory.vendors()]
        found = mine or [model for model in vendors if model] or [model for model in self._offers(name) if model]
        if not found:
            raise lost(slug, "", name, self._directory, self._shelves)
        if len(found) > 1:
            raise ambiguous(slug, found)
        return found[0] if mine or not variant else self._serve(found[0].endpoint, found[0].name, variant)

    def _offers(self, name: str) -> Iterable[Model | None]:
        """What each aggregator has by this name."""
        return (self._shelves.of(endpoint).find(name) for endpoint in self._directory.aggregators())


def first(offers: Iterable[Model | None]) -> Model | None:
    """The first model among offers."""
    return next((model for model in offers if model), None)


def reserved(head: str, directory: Directory) -> bool:
    """Whether a slug begins with the name of an endpoint that is no vendor's, so that OpenRouter would not know it."""
    return (head in directory.endpoints or head in LOCAL_SERVERS) and head not in prefixes()


def routed(endpoint: Endpoint, known: Model | None, name: str, variant: str) -> Model:
    """A model asked of OpenRouter by this very name, with what is known of it. What `:free` costs there is its own."""
    if known is None:
        return Model(name + variant, endpoint, name + variant)
    spelt = (known.name if plain(known.name) == plain(name) else name) + variant
    return replace(known, slug=spelt, name=spelt, price=None if ":free" in variant else known.price)
