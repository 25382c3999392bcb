"""The search for every way to the model that a slug means: one's own, its vendor's, an aggregator's."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from fuseline.catalog.aliases import family_of, newest
from fuseline.catalog.endpoints import Directory, canonical, prefixes
from fuseline.catalog.names import SLUG, Wanted, bare, read_slug
from fuseline.catalog.offers import Offers, at_openrouter, first, routed
from fuseline.catalog.own import kin
from fuseline.catalog.refusals import LOCAL_SERVERS, Refusals, ambiguous, itself, keyless
from fuseline.catalog.shelf import Shelves
from fuseline.catalog.variants import fitting
from fuseline.types.errors import ModelNotFound
from fuseline.types.models import Endpoint, Model
from fuseline.types.money import FREE


class Resolver:
    """Finds models among the endpoints that can be called."""

    def __init__(
        self,
        directory: Directory,
        shelves: Shelves,
        own: Mapping[str, Model],
        twins: Mapping[str, Sequence[Model]],
        refusals: Refusals,
        knowing: Callable[[str], Iterable[Endpoint]],
    ) -> None:
        self._directory = directory
        self._shelves = shelves
        self._own = own
        self._twins = twins
        self._refusals = refusals
        self._knowing = knowing
        self._offers = Offers(directory, shelves)

    def wanted(self, slug: str) -> Wanted:
        """A slug in its parts. One that is the whole name of a model of one's own has no variant."""
        return Wanted(slug) if slug in self._own else read_slug(slug)

    def routes(self, slug: str) -> tuple[Model, ...]:
        """Every way to the model that a slug means, in the order of preference; one for each endpoint at most.

        :raises ModelNotFound: when there is none, or the key for it is not set.
        """
        wanted = self.wanted(slug)
        if not wanted.suffix:
            return one_each(self._ways(slug, slug))
        whole = self._spelt_out(slug, wanted)
        try:
            ways = self._ways(slug, wanted.base)
        except ModelNotFound:
            if not whole:
                raise
            ways = ()
        instead = {model.endpoint.name: model for model in reversed(whole)}
        ways = [instead.get(model.endpoint.name, model) for model in ways]
        return fitting(slug, wanted, one_each([*ways, *whole]), self._shelves)

    def _spelt_out(self, slug: str, wanted: Wanted) -> Sequence[Model]:
        """The ways to models in whose very names the variant stands, as some aggregators list them."""
        head, _, name = slug.partition("/")
        endpoint = self._directory.endpoints.get(head.lower())
        if endpoint and self._names(endpoint, name):
            found = self._shelves.of(endpoint).whole(name) if self._directory.reachable(endpoint.name) else None
            offers = [found] if found else []
        else:
            offers = self._offers.of(head.lower(), name) if name else ()
        return [model for model in offers if model.name.lower().endswith(wanted.suffix.lower())]

    def _ways(self, slug: str, base: str) -> Sequence[Model]:
        """The ways to a model, whatever its variant; an endpoint may stand among them twice."""
        mine = self._own.get(base)
        if mine is not None:
            return self._to_own(slug, base, mine)
        if not SLUG.fullmatch(slug):
            raise self._refusals.invalid(slug)
        if slug.startswith("~"):
            return self._to_latest(slug, base.lower())
        head, _, name = base.partition(":")
        if name and head in self._directory.endpoints:
            return (self._by_name(slug, self._directory.endpoints[head], name),)
        head, _, name = base.partition("/")
        return self._to_vendors(slug, head.lower(), name) if name else self._to_bare(slug, base)

    def _by_name(self, slug: str, endpoint: Endpoint, name: str) -> Model:
        """The model behind `endpoint:name`, passed on as it is written."""
        if not self._directory.reachable(endpoint.name):
            raise keyless(slug, (endpoint,))
        return self._serve(endpoint, name)

    def _to_own(self, slug: str, base: str, mine: Model) -> Sequence[Model]:
        """The ways to a model of one's own: itself, those declared to be the same, and where it says so, all others."""
        vendor, _, name = base.partition("/")
        twins = self._twins.get(kin(base), ()) if self._twins else ()
        ways = self._callable((mine, *twins))
        if mine in twins:
            ways += self._offers.of(vendor.lower(), name)
        if not ways:
            raise keyless(slug, (mine.endpoint,))
        return ways

    def _to_vendors(self, slug: str, head: str, name: str) -> Sequence[Model]:
        """The ways to the model behind `vendor/name`, or the one way to that behind `endpoint/name`."""
        endpoint = self._directory.endpoints.get(head)
        if endpoint and self._names(endpoint, name):
            return self._found(slug, head, name, self._at(endpoint, name) or self._unheard_of(endpoint, name))
        at_head = self._at(endpoint, name) if endpoint else None
        if at_head and not self._offers.same(at_head, head):
            return (at_head,)
        sure = [*self._declared(head, name), *([at_head] if at_head else []), *self._offers.of(head, name)]
        return sure or self._found(slug, head, name, self._unlisted(head, name))

    def _found(self, slug: str, head: str, name: str, model: Model | None) -> Sequence[Model]:
        """The one way there is, if there is one."""
        if model is None:
            raise self._refusals.lost(slug, head, name)
        return (model,)

    def _names(self, endpoint: Endpoint, name: str) -> bool:
        """Whether a slug that begins with an endpoint's name means it, rather than the vendor of that name."""
        own = endpoint.name in self._directory.own and not self._directory.built_in(endpoint.name)
        no_vendor = endpoint.dialect == "openrouter" or endpoint.name not in prefixes()
        return own or no_vendor or "/" in name

    def _at(self, endpoint: Endpoint, name: str) -> Model | None:
        """A model at an endpoint that the slug begins with: any at one's own, a known one at a built-in one."""
        if not self._directory.reachable(endpoint.name):
            return None
        any_name = endpoint.name in self._directory.own or endpoint.dialect == "openrouter"
        return self._shelves.of(endpoint).find(name) or (self._serve(endpoint, name) if any_name else None)

    def _unlisted(self, vendor: str, name: str) -> Model | None:
        """A model that nobody is known to have: OpenRouter is asked for any vendor's, else the vendor itself."""
        openrouter = self._directory.openrouter()
        if openrouter and not reserved(vendor, self._directory):
            return at_openrouter(openrouter, self._shelves, f"{canonical(vendor)}/{name}")
        endpoint = self._directory.endpoints.get(vendor) or self._directory.of_vendor(vendor)
        return self._unheard_of(endpoint, name) if endpoint else None

    def _unheard_of(self, endpoint: Endpoint, name: str) -> Model | None:
        """A model at the endpoint that it is said to be at, where none is known to have it.

        It may be newer than our data; a mistyped one is refused by the upstream.
        """
        known = not self._directory.reachable(endpoint.name) or any(self._knowing(name))
        return None if known else self._serve(endpoint, name)

    def _serve(self, endpoint: Endpoint, name: str) -> Model:
        """A model at an endpoint that shall serve it, with what is known of it."""
        if endpoint.dialect == "openrouter":
            named = name if "/" in name else f"openrouter/{name}"
            if named.lower().startswith("openrouter/fusion"):
                raise itself(named)
            return at_openrouter(endpoint, self._shelves, named)
        unknown = Model(f"{endpoint.name}/{name}", endpoint, name, price=FREE if endpoint.local else None)
        return self._shelves.of(endpoint).whole(name) or unknown

    def _to_latest(self, slug: str, alias: str) -> Sequence[Model]:
        """The ways to the newest of a family, as its vendor, OpenRouter's own alias or an aggregator has it."""
        family = family_of(alias)
        openrouter = self._directory.openrouter()
        if family is None:
            if openrouter is None:
                raise self._refusals.invalid(slug)
            return (routed(openrouter, None, alias),)
        own = [each for each in self._directory.owners(family.vendor) if self._directory.reachable(each.name)]
        found = first(newest(self._shelves.of(endpoint).models, family) for endpoint in own)
        if found is None and openrouter:
            known = newest(self._shelves.of(openrouter).models, family)
            return (routed(openrouter, known, alias), *(self._same_as(known, family.vendor) if known else ()))
        others = (newest(self._shelves.of(each).models, family) for each in self._directory.aggregators())
        found = found or first(others)
        if found is None:
            raise self._refusals.lost(slug, family.vendor, "")
        return (*self._declared(family.vendor, found.name), found, *self._same_as(found, family.vendor))

    def _to_bare(self, slug: str, name: str) -> Sequence[Model]:
        """The ways to a name alone, where only one endpoint has it. Aggregators are asked last."""
        mine = self._callable([model for model in self._own.values() if bare(model.name) == bare(name)])
        vendors = (self._shelves.of(endpoint).find(name) for endpoint in self._directory.vendors())
        offers = (self._shelves.of(endpoint).find(name) for endpoint in self._directory.aggregators())
        found = mine or list(filter(None, vendors)) or list(filter(None, offers))
        if not found:
            raise self._refusals.lost(slug, "", name)
        if len(found) > 1:
            raise ambiguous(slug, found)
        vendor = found[0].slug.partition("/")[0]
        return found if mine or vendor not in prefixes() else (found[0], *self._same_as(found[0], vendor))

    def _same_as(self, model: Model, vendor: str) -> Sequence[Model]:
        """The other ways to a vendor's model that is known by name at one endpoint."""
        return list(self._offers.of(vendor, model.name.rpartition("/")[2]))

    def _declared(self, vendor: str, name: str) -> list[Model]:
        """Models of one's own that are said to be this one."""
        return self._callable(self._twins.get(kin(f"{vendor}/{name}"), ())) if self._twins else []

    def _callable(self, models: Iterable[Model]) -> list[Model]:
        """Those at endpoints that can be called."""
        return [model for model in models if self._directory.reachable(model.endpoint.name)]


def one_each(ways: Sequence[Model]) -> tuple[Model, ...]:
    """The first way at each endpoint."""
    firsts: dict[str, Model] = {}
    for model in ways:
        firsts.setdefault(model.endpoint.name, model)
    return tuple(firsts.values())


def reserved(head: str, directory: Directory) -> bool:
    """Whether a slug begins with the name of an endpoint that is no vendor's, so that OpenRouter would not know it."""
    return (head in directory.endpoints or head in LOCAL_SERVERS) and head not in prefixes()
