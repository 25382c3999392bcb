"""What a variant such as `:free` makes of the ways to a model: which are left, and by what name. It calls nothing."""

from dataclasses import replace

from fuseline.catalog.names import OPENROUTERS, Wanted
from fuseline.catalog.refusals import unserved
from fuseline.catalog.shelf import Shelves
from fuseline.types.models import Model


def fitting(slug: str, wanted: Wanted, ways: tuple[Model, ...], shelves: Shelves) -> tuple[Model, ...]:
    """The ways that can serve a model as it is wanted. OpenRouter gets the variant as it was written.

    :raises ModelNotFound: when none can.
    """
    if not wanted.suffix:
        return ways
    variants = wanted.variants
    able = [suffixed(model, wanted.suffix, shelves) for model in ways if honours(model, wanted)]
    if not able:
        raise unserved(slug, wanted, ways)
    if "free" in variants:
        able = [model for model in able if costs_nothing(model)] or able
    if "thinking" in variants:
        able = [model for model in able if model.reasons is not False] or able
    return tuple(able)


def honours(model: Model, wanted: Wanted) -> bool:
    """Whether an endpoint can do what the variants say."""
    variants = wanted.variants
    if model.endpoint.dialect == "openrouter" or spelt_out(model, wanted.suffix):
        return True
    return not variants & OPENROUTERS and ("free" not in variants or costs_nothing(model))


def spelt_out(model: Model, suffix: str) -> bool:
    """Whether the endpoint's own name of a model ends in the variant."""
    return model.name.lower().endswith(suffix.lower())


def costs_nothing(model: Model) -> bool:
    """Whether a model is known to cost nothing."""
    return model.price is not None and not (model.price.dearest_input or model.price.dearest_output)


def suffixed(model: Model, suffix: str, shelves: Shelves) -> Model:
    """A model with the variant in its name, where that means something. What `:free` costs there is its own."""
    if model.endpoint.dialect != "openrouter" or spelt_out(model, suffix):
        return model
    listed = shelves.of(model.endpoint).whole(model.name + suffix)
    price = None if ":free" in suffix.lower() else model.price
    return listed or replace(model, slug=model.slug + suffix, name=model.name + suffix, price=price)
