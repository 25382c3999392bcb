"""Which endpoints there are, built in or of one's own, and which can be called with the keys that are set."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from urllib.parse import urlsplit

from fuseline.catalog import facts
from fuseline.catalog.keys import Keys
from fuseline.settings.sections import EndpointSettings
from fuseline.settings.settings import Settings
from fuseline.types.models import PLAIN, DataPolicy, Endpoint, Model

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
LEFT_OPEN = re.compile(r"\{(\w+)\}")
"""What stands in an address for a variable of the environment."""
PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""What such a variable may hold: part of a host's name or one step of a path."""


@dataclass(frozen=True, slots=True)
class Directory:
    """The endpoints by name: one's own, then built-in vendors, then aggregators, each as they are preferred."""

    endpoints: Mapping[str, Endpoint]
    keys: Keys
    own: frozenset[str]
    """Endpoints of the settings file and on this machine: always callable, with a key or without."""

    def reachable(self, name: str) -> bool:
        """Whether this endpoint can be called: it is one's own, or a key for it is set and its address is whole."""
        if name in self.own or name not in self.endpoints:
            return name in self.own
        return not lacking(self.endpoints[name]) and self.keys.opens(self.endpoints[name])

    def built_in(self, name: str) -> bool:
        """Whether an endpoint of this name ships with the catalogue, even where one's own has replaced it."""
        return name in facts.endpoints()

    def strangers(self) -> Iterator[Endpoint]:
        """One's own endpoints that replace no built-in one."""
        return (self.endpoints[name] for name in self.endpoints if name in self.own and not self.built_in(name))

    def vendors(self) -> Iterator[Endpoint]:
        """Callable endpoints that serve their own models."""
        return self._callable(aggregator=False)

    def aggregators(self) -> Iterator[Endpoint]:
        """Callable built-in endpoints that serve the models of many, OpenRouter first."""
        return self._callable(aggregator=True)

    def owners(self, vendor: str) -> Iterator[Endpoint]:
        """The endpoints that own a prefix, callable or not, in the order of preference."""
        return (self.endpoints[name] for name, fact in facts.endpoints().items() if vendor in fact.vendors)

    def of_vendor(self, vendor: str) -> Endpoint | None:
        """The first endpoint that owns a prefix, callable or not."""
        return next(self.owners(vendor), None)

    def openrouter(self) -> Endpoint | None:
        """OpenRouter, where it can be called."""
        return next((endpoint for endpoint in self.aggregators() if endpoint.dialect == "openrouter"), None)

    def opens(self, name: str) -> str:
        """The variable that would open an endpoint, or several; empty for one that is open, or wants no key."""
        return "" if self.reachable(name) else opening(self.endpoints[name])

    def _callable(self, *, aggregator: bool) -> Iterator[Endpoint]:
        for name, fact in facts.endpoints().items():
            if fact.aggregator is aggregator and self.reachable(name):
                yield self.endpoints[name]


def canonical(vendor: str) -> str:
    """A vendor's prefix as OpenRouter spells it; the same word where it is not known."""
    return spellings().get(vendor, vendor)


@cache
def spellings() -> Mapping[str, str]:
    """OpenRouter's spelling of each vendor's prefix that is known by another."""
    shipped = (vendors for fact in facts.endpoints().values() if (vendors := fact.vendors))
    return {**facts.read_toml("vendors.toml"), **{each: vendors[0] for vendors in shipped for each in vendors}}


def spelt(vendor: str) -> list[str]:
    """Every spelling of a vendor's prefix, OpenRouter's first."""
    known = canonical(vendor)
    return list(dict.fromkeys([known, *(each for each, main in spellings().items() if main == known)]))


@cache
def prefixes() -> frozenset[str]:
    """All vendors' prefixes: those that stand before models at OpenRouter, and their other spellings."""
    return frozenset(spellings()) | {row.name.partition("/")[0] for row in facts.rows("openrouter")}


def open_directory(settings: Settings, environ: Mapping[str, str], local: Sequence[Model]) -> Directory:
    """Put the endpoints together. Those of the settings file win over local ones, and both over built-in ones.

    :raises BadConfiguration: when a key of any of them is not as it should be.
    """
    own = {model.endpoint.name: model.endpoint for model in local}
    own |= {name: configured(name, table) for name, table in settings.endpoints.items()}
    built_in = {name: shipped(name, fact, environ) for name, fact in facts.endpoints().items()}
    endpoints, keys = {**own, **built_in, **own}, Keys(settings, environ)
    for name, endpoint in endpoints.items():
        keys.check(endpoint) if name in own else keys.of(endpoint)
    return Directory(endpoints, keys, frozenset(own))


def lacking(endpoint: Endpoint) -> list[str]:
    """The variables that an endpoint's address still stands open for."""
    return list(dict.fromkeys(LEFT_OPEN.findall(endpoint.base_url)))


def opening(endpoint: Endpoint) -> str:
    """The variables that would open an endpoint, in a sentence; empty for one that wants none."""
    return " and ".join((*endpoint.api_key_env[:1], *lacking(endpoint)))


def filled(base_url: str, environ: Mapping[str, str]) -> str:
    """An address with the variables that it names, but for those that are not set, or hold no part of an address."""

    def value(found: re.Match[str]) -> str:
        word = environ.get(found[1], "").strip().removeprefix("https://").rstrip("/")
        return word if PART.fullmatch(word) else found[0]

    return LEFT_OPEN.sub(value, base_url)


def shipped(name: str, fact: facts.EndpointFacts, environ: Mapping[str, str]) -> Endpoint:
    """A built-in endpoint."""
    return Endpoint(
        name,
        filled(fact.base_url, environ),
        fact.wire,
        fact.api_key_env,
        fact.title,
        fact.dialect,
        auth=fact.auth,
        headers=fact.headers,
        quirks=fact.quirks,
        policy=fact.policy,
        connections=fact.connections,
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
        (table.base_url or f"{table.wire}://{name}").rstrip("/"),  # a name in place of an address that only it knows
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
        insecure=table.insecure,
    )
