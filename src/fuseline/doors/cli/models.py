"""`fuseline models`: what can be called now, and the panels that are made of it."""

import sys
from collections.abc import Sequence
from pathlib import Path

import anyio

from fuseline.assembly import open_catalog
from fuseline.catalog.catalog import Catalog
from fuseline.catalog.defaults import DefaultPanel
from fuseline.catalog.facts import Tier
from fuseline.doors.cli import codes
from fuseline.doors.cli.objects import print_json
from fuseline.doors.cli.terminal import one_line, say
from fuseline.doors.cli.words import aligned
from fuseline.settings import load
from fuseline.types.json import Json
from fuseline.types.models import Model
from fuseline.types.money import NANO, dollars

TIERS: tuple[Tier, ...] = ("high", "budget", "fast")
HEADINGS = ("MODEL", "ENDPOINT", "CONTEXT", "$/M IN", "$/M OUT", "$/M CACHED")


def run(*, default: bool, as_json: bool, config: Path | None) -> int:
    """List models, or the default panels.

    :raises NothingToCall: when there is none.
    """
    catalog = anyio.run(open_catalog, load(config))
    panels: dict[Tier, DefaultPanel] = {tier: catalog.default_panel(tier) for tier in TIERS}
    if default:
        show_panels(panels, as_json)
    else:
        show_models(catalog, as_json)
    return codes.ANSWERED


def show_models(catalog: Catalog, as_json: bool) -> None:
    """Print a line for each model."""
    models = catalog.reachable()
    if as_json:
        print_json([model_object(model) for model in models])
        return
    for line in aligned([HEADINGS, *(model_row(model) for model in models)], {2, 3, 4, 5}):
        say(sys.stdout, line)


def model_row(model: Model) -> Sequence[str]:
    """The columns of a model; a price that nobody knows is a question mark."""
    price = model.price
    return (
        one_line(model.slug),
        one_line(model.endpoint.title or model.endpoint.name),
        f"{model.context:,}" if model.context else "?",
        per_million(price.input) if price else "?",
        per_million(price.output) if price else "?",
        per_million(price.cached) if price and price.cached is not None else "",
    )


def per_million(nano: int) -> str:
    """A price in dollars, with two decimals or as many as it needs."""
    whole, _, rest = f"{nano / NANO:.6f}".partition(".")
    return f"{whole}.{rest.rstrip('0').ljust(2, '0')}"


def model_object(model: Model) -> Json:
    """A model for scripts. Prices are US dollars per million tokens; `null` where nobody knows."""
    price = model.price
    return {
        "id": model.slug,
        "endpoint": model.endpoint.name,
        "local": model.endpoint.local,
        "context": model.context,
        "max_output": model.max_output,
        "price_in": dollars(price.input) if price else None,
        "price_out": dollars(price.output) if price else None,
        "price_cached": dollars(price.cached) if price and price.cached is not None else None,
    }


def show_panels(panels: dict[Tier, DefaultPanel], as_json: bool) -> None:
    """Print the panel of each tier with its reasons."""
    if as_json:
        print_json({tier: panel_object(panel) for tier, panel in panels.items()})
        return
    for tier, panel in panels.items():
        say(sys.stdout, f"{tier}: {', '.join(seat.model for seat in panel.preset.seats)}")
        say(sys.stdout, f"  analyst {panel.preset.analysts[0]}, writer {panel.preset.writers[0]}")
        for reason in panel.reasons:
            say(sys.stdout, f"  - {one_line(reason)}")


def panel_object(panel: DefaultPanel) -> Json:
    """A default panel for scripts."""
    return {
        "panel": [seat.model for seat in panel.preset.seats],
        "analyst": panel.preset.analysts[0],
        "writer": panel.preset.writers[0],
        "reasons": list(panel.reasons),
    }
