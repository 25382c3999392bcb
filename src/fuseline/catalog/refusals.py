"""What to say when a slug leads nowhere: that it means nothing and what is near it, or which key it lacks."""

from collections.abc import Iterable, Sequence

from fuseline.catalog.endpoints import Directory, opening, prefixes
from fuseline.catalog.listing import Listing
from fuseline.catalog.names import OPENROUTERS, Wanted
from fuseline.catalog.nearness import nearest
from fuseline.types.errors import InvalidRequest, ModelNotFound, shown
from fuseline.types.models import Endpoint, Model

LOCAL_SERVERS = frozenset({"llamacpp", "lmstudio", "ollama", "vllm"})
SUGGESTED = 3


class Refusals:
    """Makes the errors that need to know what else there is."""

    def __init__(self, directory: Directory, listing: Listing) -> None:
        self._directory = directory
        self._listing = listing

    def invalid(self, slug: str) -> ModelNotFound:
        """The error for a slug that means nothing, with what may have been meant."""
        return self._near(slug, f"{shown(slug)} is not a valid model ID")

    def lost(self, slug: str, vendor: str, name: str) -> ModelNotFound:
        """The error for a slug that no callable endpoint serves."""
        directory = self._directory
        if vendor in LOCAL_SERVERS and vendor not in directory.own:
            return ModelNotFound(f"{slug} cannot be reached: no {vendor} server answers on this machine")
        named = directory.endpoints.get(vendor) or directory.of_vendor(vendor)
        if vendor and named is None and vendor not in prefixes():
            return self.invalid(slug)
        openrouter = directory.endpoints["openrouter"] if vendor in prefixes() else None
        knowing = list(self._listing.knowing(name))
        able = [each for each in (named, openrouter, *knowing) if each]
        missing = [endpoint for endpoint in able if not directory.reachable(endpoint.name)]
        if not missing:
            return self.invalid(slug)
        return keyless(slug, missing) if knowing or not name else self._near(slug, keyless(slug, missing).message)

    def unpriced(self, model: Model, wanted: str) -> InvalidRequest:
        """The error for a model that nobody knows the price of; one that nobody lists may be another's, misspelt."""
        told = (
            f"no price is known for {shown(model.slug)}, and unknown is not free: state price_in and price_out in "
            f'[models."{shown(model.slug)}"], or set routing.allow_unpriced'
        )
        return InvalidRequest(told) if self._listing.lists(model) else self._near(wanted, told)

    def _near(self, slug: str, message: str) -> ModelNotFound:
        """The error with what is near the slug: what can be called first, then what a key would open."""
        here = nearest(slug, self._listing.names, SUGGESTED)
        there = nearest(slug, self._listing.closed_names, SUGGESTED - len(here))
        told = [*here, *(f"{name} (with {self._listing.key_of(name)})" for name in there)]
        return ModelNotFound(f"{message}; did you mean {choice(told)}?" if told else message, nearest=tuple(here))


def itself(slug: str) -> ModelNotFound:
    """The error for OpenRouter's own fusion, which would call panels inside of panels."""
    return ModelNotFound(f"{slug} is fusion itself and cannot be called as one of its models")


def keyless(slug: str, endpoints: Iterable[Endpoint]) -> ModelNotFound:
    """The error for a model whose endpoints all lack a key."""
    keys = dict.fromkeys(opening(endpoint) for endpoint in endpoints if endpoint.api_key_env)
    return ModelNotFound(f"{slug} cannot be reached: set {choice(list(keys)[:3])}")


def ambiguous(slug: str, models: Iterable[Model]) -> ModelNotFound:
    """The error for a name without a vendor that several endpoints know."""
    return ModelNotFound(f"{slug} is served by several endpoints: ask for {choice(model.slug for model in models)}")


def unserved(slug: str, wanted: Wanted, ways: Sequence[Model]) -> ModelNotFound:
    """The error for a variant that none of the endpoints of a model can serve."""
    served = choice(dict.fromkeys(model.endpoint.name for model in ways))
    strange = sorted(wanted.variants & OPENROUTERS)
    why = (
        f"only OpenRouter can serve :{strange[0]}, and the model is asked for at {served}"
        if strange
        else f"at {served} it is not known to be free"
    )
    return ModelNotFound(f"{slug} cannot be served: {why}; leave the variant out", nearest=(wanted.base,))


def choice(words: Iterable[str]) -> str:
    """Words as a choice in a sentence."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
