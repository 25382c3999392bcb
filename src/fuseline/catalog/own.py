"""Models of one's own: those of the settings file, and those that were found on this machine."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fuseline.catalog.endpoints import Directory, canonical
from fuseline.catalog.names import bare
from fuseline.catalog.prices import per_million
from fuseline.catalog.shelf import Shelves
from fuseline.settings.sections import ModelSettings
from fuseline.settings.settings import Settings
from fuseline.types.errors import BadConfiguration
from fuseline.types.models import Model
from fuseline.types.money import FREE, Price


def own_models(
    settings: Settings, directory: Directory, shelves: Shelves, local: Sequence[Model]
) -> Mapping[str, Model]:
    """The models of one's own by slug, those of the settings file first.

    :raises BadConfiguration: when a model names an endpoint that there is not.
    """
    stated = {slug: stated_model(slug, table, directory, shelves) for slug, table in settings.models.items()}
    found = {model.slug: adopted(model, directory) for model in local if still_there(model, directory)}
    return {**stated, **{slug: model for slug, model in found.items() if slug not in stated}}


def stated_model(slug: str, table: ModelSettings, directory: Directory, shelves: Shelves) -> Model:
    """A model of the settings file. What its table leaves open is taken from the built-in model of that name."""
    endpoint = directory.endpoints.get(table.endpoint)
    if endpoint is None:
        raise BadConfiguration(f"models.{slug}.endpoint: there is no endpoint {table.endpoint}")
    known = shelves.of(endpoint).whole(table.name) or Model(slug, endpoint, table.name)
    return replace(
        known,
        slug=slug,
        name=table.name,
        context=table.context or known.context,
        max_output=table.max_output or known.max_output,
        price=price(slug, table) or known.price or (FREE if endpoint.local else None),
        takes=frozenset(table.takes) if "takes" in table.model_fields_set else known.takes,
        calls_tools=table.tools if "tools" in table.model_fields_set else known.calls_tools,
    )


def twins_of(settings: Settings, own: Mapping[str, Model]) -> Mapping[str, tuple[Model, ...]]:
    """The models of the settings file that say which model they are, by that one, in the file's order."""
    twins: dict[str, tuple[Model, ...]] = {}
    for slug, table in settings.models.items():
        if table.same_as:
            twins[kin(table.same_as)] = (*twins.get(kin(table.same_as), ()), own[slug])
    return twins


def kin(slug: str) -> str:
    """A vendor's model in the one spelling in which it is looked up."""
    vendor, _, name = slug.rpartition("/")
    return f"{canonical(vendor.lower())}/{bare(name)}"


def price(slug: str, table: ModelSettings) -> Price | None:
    """The price that the settings file states, if it does.

    :raises BadConfiguration: when it states what no model costs.
    """
    try:
        return per_million(table.price_in, table.price_out, table.price_cached, table.price_written)
    except ValueError as error:
        raise BadConfiguration(f"models.{slug}: {error}") from None


def still_there(model: Model, directory: Directory) -> bool:
    """Whether the settings file leaves a local model's endpoint where it was found."""
    return directory.endpoints[model.endpoint.name].base_url == model.endpoint.base_url


def adopted(model: Model, directory: Directory) -> Model:
    """A local model at the endpoint that goes by that name."""
    return replace(model, endpoint=directory.endpoints[model.endpoint.name])
