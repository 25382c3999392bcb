"""Catalogues for tests, made as the house makes them: of settings, keys that are set, and local models."""

import tomllib
from collections.abc import Mapping

from fuseline.catalog import facts
from fuseline.catalog.catalog import Catalog
from fuseline.catalog.endpoints import LEFT_OPEN
from fuseline.settings.settings import Settings
from fuseline.types.models import Endpoint, Model
from fuseline.types.money import FREE


def catalog(
    *keys: str, config: str = "", local: tuple[Model, ...] = (), environ: Mapping[str, str] | None = None
) -> Catalog:
    """A catalogue with these variables set, to any value or a certain one, and this settings file."""
    known = {**dict.fromkeys(keys, "secret"), **(environ or {})}
    return Catalog.build(Settings(**tomllib.loads(config)), known, local)


def opening(endpoint: str) -> tuple[str, ...]:
    """The variables that open a built-in endpoint: its first key, and what its address needs."""
    fact = facts.endpoints()[endpoint]
    return (fact.api_key_env[0], *LEFT_OPEN.findall(fact.base_url))


def opened_by(endpoint: str) -> set[str]:
    """The endpoints that the same variables open: itself, and others of the same account."""
    variables = set(opening(endpoint))
    return {name for name in facts.endpoints() if set(opening(name)) <= variables}


def ollama(*names: str) -> tuple[Model, ...]:
    """What a look at this machine would have found: an Ollama that serves these."""
    endpoint = Endpoint("ollama", "http://127.0.0.1:11434/v1", title="Ollama", local=True)
    return tuple(Model(f"ollama/{name}", endpoint, name, price=FREE) for name in names)
