"""What to say when a slug leads nowhere: that it means nothing, or which key it lacks."""

from collections.abc import Iterable, Iterator

from fuseline.catalog import facts
from fuseline.catalog.endpoints import Directory, prefixes
from fuseline.catalog.shelf import Shelves
from fuseline.types.errors import ModelNotFound
from fuseline.types.models import Endpoint, Model

LOCAL_SERVERS = frozenset({"llamacpp", "lmstudio", "ollama", "vllm"})


def invalid(slug: str) -> ModelNotFound:
    """The error for a slug that means nothing."""
    return ModelNotFound(f"{slug[:160]} is not a valid model ID")


def itself(slug: str) -> ModelNotFound:
    """The error for OpenRouter's own fusion, which would call panels inside of panels."""
    return ModelNotFound(f"{slug} is fusion itself and cannot be called as one of its models")


def keyless(slug: str, endpoints: Iterable[Endpoint]) -> ModelNotFound:
    """The error for a model whose endpoints all lack a key."""
    keys = dict.fromkeys(endpoint.api_key_env[0] for endpoint in endpoints if endpoint.api_key_env)
    return ModelNotFound(f"{slug} cannot be reached: set {choice(list(keys)[:3])}")


def ambiguous(slug: str, models: Iterable[Model]) -> ModelNotFound:
    """The error for a name without a vendor that several endpoints know."""
    return ModelNotFound(f"{slug} is served by several endpoints: ask for {choice(model.slug for model in models)}")


def lost(slug: str, vendor: str, name: str, directory: Directory, shelves: Shelves) -> ModelNotFound:
    """The error for a slug that no callable endpoint serves."""
    if vendor in LOCAL_SERVERS and vendor not in directory.own:
        return ModelNotFound(f"{slug} cannot be reached: no {vendor} server answers on this machine")
    named = directory.endpoints.get(vendor) or directory.of_vendor(vendor)
    openrouter = directory.endpoints["openrouter"] if vendor in prefixes() else None
    able = [each for each in (named, openrouter, *knowing(name, directory, shelves)) if each]
    missing = [endpoint for endpoint in able if not directory.reachable(endpoint.name)]
    return keyless(slug, missing) if missing else invalid(slug)


def knowing(name: str, directory: Directory, shelves: Shelves) -> Iterator[Endpoint]:
    """The built-in endpoints, callable or not, that have a model of this name."""
    for endpoint_name in facts.endpoints():
        endpoint = directory.endpoints[endpoint_name]
        if shelves.of(endpoint).find(name):
            yield endpoint


def choice(words: Iterable[str]) -> str:
    """Words as a choice in a sentence."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
