"""Which endpoints there are, built in or of one's own, and which can be called with the keys that are set."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import urlsplit

from fuseline.catalog import facts
from fuseline.settings import EndpointSettings, Settings
from fuseline.types.models import PLAIN, DataPolicy, Endpoint, Model

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Directory:
    """The endpoints by name: one's own, then built-in vendors, then aggregators, each as they are preferred."""

    endpoints: Mapping[str, Endpoint]
    environ: Mapping[str, str]
    own: frozenset[str]
    """Endpoints of the settings file and on this machine: always callable, with a key or without."""

    def reachable(self, name: str) -> bool:
        """Whether this endpoint can be called: it is one's own, or a key for it is set."""
        keys = self.endpoints[name].api_key_env if name in self.endpoints else ()
        return name in self.own or any(self.environ.get(key, "").strip() for key in keys)

    def vendors(self) -> Iterator[Endpoint]:
        """Callable endpoints that serve their own models."""
        return self._callable(aggregator=False)

    def aggregators(self) -> Iterator[Endpoint]:
        """Callable built-in endpoints that serve the models of many, OpenRouter first."""
        return self._callable(aggregator=True)

    def of_vendor(self, vendor: str) -> Endpoint | None:
        """The endpoint that owns a prefix, callable or not."""
        return next((self.endpoints[name] for name, fact in facts.endpoints().items() if vendor in fact.vendors), None)

    def openrouter(self) -> Endpoint | None:
        """OpenRouter, where it can be called."""
        return next((endpoint for endpoint in self.aggregators() if endpoint.dialect == "openrouter"), None)

    def _callable(self, *, aggregator: bool) -> Iterator[Endpoint]:
        for name, fact in facts.endpoints().items():
            if fact.aggregator is aggregator and self.reachable(name):
                yield self.endpoints[name]


def canonical(vendor: str) -> str:
    """A vendor's prefix as OpenRouter spells it; the same word where it is not known."""
    owners = (fact.vendors for fact in facts.endpoints().values() if vendor in fact.vendors)
    return next(owners, (vendor,))[0]


@cache
def prefixes() -> frozenset[str]:
    """All vendors' prefixes: those that stand before models at OpenRouter, and their other spellings."""
    spelt = (vendor for fact in facts.endpoints().values() for vendor in fact.vendors)
    return frozenset(spelt) | {row.name.partition("/")[0] for row in facts.models().endpoints["openrouter"]}


def open_directory(settings: Settings, environ: Mapping[str, str], local: Sequence[Model]) -> Directory:
    """Put the endpoints together. Those of the settings file win over local ones, and both over built-in ones."""
    own = {model.endpoint.name: model.endpoint for model in local}
    own |= {name: configured(name, table) for name, table in settings.endpoints.items()}
    built_in = {name: shipped(name, fact) for name, fact in facts.endpoints().items()}
    return Directory({**own, **built_in, **own}, environ, frozenset(own))


def shipped(name: str, fact: facts.EndpointFacts) -> Endpoint:
    """A built-in endpoint."""
    return Endpoint(
        name,
        fact.base_url,
        fact.wire,
        fact.api_key_env,
        fact.title,
        fact.dialect,
        auth=fact.auth,
        headers=fact.headers,
        quirks=fact.quirks,
        policy=fact.policy,
    )


def configured(name: str, table: EndpointSettings) -> Endpoint:
    """An endpoint of the settings file. Under the name of a built-in one it keeps that one's dialect and quirks.

    One on this machine that wants no key is taken for a model server, whose answers cost nothing; with a key it
    may be a proxy that is billed.
    """
    keys = (table.api_key_env,) if isinstance(table.api_key_env, str) else table.api_key_env
    fact = facts.endpoints().get(name)
    return Endpoint(
        name,
        table.base_url.rstrip("/"),
        table.wire,
        keys,
        table.title or (fact.title if fact else ""),
        fact.dialect if fact else "",
        local=not keys and urlsplit(table.base_url).hostname in LOOPBACK,
        auth=table.auth,
        headers=table.headers,
        quirks=replace(fact.quirks if fact else PLAIN, **table.quirks.model_dump(exclude_unset=True)),
        policy=DataPolicy(table.trains, table.retains),
        connections=table.connections,
    )
