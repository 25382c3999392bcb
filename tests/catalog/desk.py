"""Catalogues for tests, made as the house makes them: of settings, keys that are set, and local models."""

import tomllib

from fuseline.catalog.catalog import Catalog
from fuseline.settings import Settings
from fuseline.types.models import Endpoint, Model
from fuseline.types.money import FREE


def catalog(*keys: str, config: str = "", local: tuple[Model, ...] = ()) -> Catalog:
    """A catalogue with these variables set and this settings file."""
    return Catalog.build(Settings(**tomllib.loads(config)), dict.fromkeys(keys, "secret"), local)


def ollama(*names: str) -> tuple[Model, ...]:
    """What a look at this machine would have found: an Ollama that serves these."""
    endpoint = Endpoint("ollama", "http://127.0.0.1:11434/v1", title="Ollama", local=True)
    return tuple(Model(f"ollama/{name}", endpoint, name, price=FREE) for name in names)
