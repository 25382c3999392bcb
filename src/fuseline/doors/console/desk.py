"""What there is to ask with: presets, models with their prices, search engines, private documents."""

from collections.abc import Mapping
from functools import lru_cache

from fuseline.assembly import House
from fuseline.catalog import facts
from fuseline.catalog.catalog import Catalog
from fuseline.catalog.names import chats
from fuseline.catalog.presets import Preset, current_name
from fuseline.documents.opening import open_documents
from fuseline.doors.console.views import usd
from fuseline.doors.http.lookups.presets import preset_names
from fuseline.types.errors import NothingToCall
from fuseline.types.json import Json
from fuseline.types.models import Model

SEATS = 8
"""The most that a panel has."""
TITLES: Mapping[facts.Tier, str] = {"high": "Quality", "budget": "Budget", "fast": "Fast"}


async def desk(house: House) -> dict[str, Json]:
    """Everything that the page needs to ask."""
    return {
        "presets": presets(house),
        "models": models(house.catalog),
        "problem": problem(house.catalog),
        "engines": list(house.gateway.engines),
        "collections": await collections(house),
        "seats": SEATS,
    }


def presets(house: House) -> list[Json]:
    """Every preset that can be convened now, the server's own first."""
    own = current_name(house.settings.fusion.preset, house.settings.presets)
    names = sorted(preset_names(house), key=lambda name: name != own)
    if problem(house.catalog):
        names = [name for name in names if name in house.settings.presets]
    return [write_preset(house.catalog.preset(name), default=name == own) for name in names]


def write_preset(preset: Preset, *, default: bool) -> dict[str, Json]:
    """A preset with who sits, compares and writes in it."""
    return {
        "name": preset.name,
        "title": title_of(preset.name),
        "panel": [seat.model for seat in preset.seats],
        "analyst": preset.analysts[0],
        "writer": (preset.writers or preset.analysts)[0],
        "default": default,
        "warning": preset.warning,
    }


def title_of(name: str) -> str:
    """What people call a preset: what it is good for, or the name that somebody gave it."""
    fact = facts.presets().presets.get(name)
    return TITLES[fact.tier] if fact else name


@lru_cache(4)
def models(catalog: Catalog) -> list[Json]:
    """Every model that can be called and that converses. It is made once: a catalogue does not change."""
    return [write_model(model) for model in catalog.reachable() if chats(model.name)]


def write_model(model: Model) -> dict[str, Json]:
    """A model with its limits and what it costs, in dollars per million tokens."""
    return {
        "slug": model.slug,
        "endpoint": model.endpoint.title or model.endpoint.name,
        "context": model.context,
        "max_output": model.max_output,
        "price_in": usd(model.price.input) if model.price else None,
        "price_out": usd(model.price.output) if model.price else None,
        "tools": model.calls_tools,
        "thinks": bool(model.reasons),
    }


def problem(catalog: Catalog) -> dict[str, Json] | None:
    """Why nothing can be called, and what to do about it; `None` where something can."""
    try:
        catalog.default_panel()
    except NothingToCall as error:
        message, _, following = error.message.partition(". ")
        return {"message": f"{message}.", "next": following}
    return None


async def collections(house: House) -> list[Json]:
    """The names of all private documents that may be searched."""
    async with open_documents(house.settings.document_index) as documents:
        return list(await documents.collections()) if documents else []
