"""`fuseline models`: what can be called now, what is known of beside, and the panels that are made of it."""

import sys
from collections.abc import Sequence
from pathlib import Path

import anyio

from fuseline.catalog.catalog import Catalog
from fuseline.catalog.defaults import DefaultPanel
from fuseline.catalog.facts import Tier
from fuseline.doors.cli import codes
from fuseline.doors.cli.objects import print_json
from fuseline.doors.cli.refresh import refresh
from fuseline.doors.cli.terminal import one_line, say
from fuseline.doors.cli.words import aligned
from fuseline.settings.settings import load
from fuseline.types.errors import InvalidRequest
from fuseline.types.json import Json
from fuseline.types.models import Model
from fuseline.types.money import NANO, dollars

TIERS: tuple[Tier, ...] = ("high", "budget", "fast")
HEADINGS = ("MODEL", "ENDPOINT", "CONTEXT", "OUT", "$/M IN", "$/M OUT", "$/M CACHED", "TAKES")
FIGURES = frozenset({2, 3, 4, 5, 6})


def run(
    *,
    names: Sequence[str],
    default: bool,
    search: str | None,
    everything: bool,
    renew: bool,
    as_json: bool,
    config: Path | None,
) -> int:
    """List models, search them, fetch the endpoints' own lists, or show the default panels.

    :raises InvalidRequest: when options contradict each other.
    :raises NothingToCall: when there is nothing to call, and what can be called was asked for.
    """
    if names and not renew:
        raise InvalidRequest("endpoints are named for --refresh alone; to look for models there is --search")
    if sum((default, search is not None or everything, renew)) > 1:
        raise InvalidRequest("--default, --refresh and a search are three different questions: ask one of them")
    if renew:
        return refresh(names, as_json=as_json, config=config)
    catalog = anyio.run(Catalog.open, load(config))
    if search is not None or everything:
        return show_every(catalog, (search or "").lower().split(), as_json)
    panels: dict[Tier, DefaultPanel] = {tier: catalog.default_panel(tier) for tier in TIERS}
    if default:
        show_panels(panels, as_json)
    else:
        show_models(catalog, catalog.reachable(), as_json)
    return codes.ANSWERED


def show_models(catalog: Catalog, models: Sequence[Model], as_json: bool) -> None:
    """Print a line for each model that can be called."""
    if as_json:
        print_json([model_object(model) for model in models])
        return
    for line in aligned([HEADINGS, *(model_row(model) for model in models)], FIGURES):
        say(sys.stdout, line)
    say(sys.stderr, dates(catalog))


def show_every(catalog: Catalog, words: Sequence[str], as_json: bool) -> int:
    """Print a line for each model that is known, with which variable opens it, if all words are somewhere in it."""
    models = [model for model in catalog.every() if all(word in searched(model) for word in words)]
    if as_json:
        print_json([{**model_object(model), "opened_by": catalog.opened_by(model) or None} for model in models])
    elif models:
        rows = [(*model_row(model), catalog.opened_by(model) or "yes") for model in models]
        for line in aligned([(*HEADINGS, "REACHABLE"), *rows], FIGURES):
            say(sys.stdout, line)
        say(sys.stderr, dates(catalog))
    else:
        say(sys.stderr, "no model is known that has all these words in it")
    return codes.ANSWERED if models else codes.FAILED


def searched(model: Model) -> str:
    """Where words are looked for: slug, name, family, and how the endpoint is called."""
    endpoint = model.endpoint
    return " ".join((model.slug, model.name, model.family, endpoint.name, endpoint.title)).lower()


def dates(catalog: Catalog) -> str:
    """How old what is listed is."""
    built_in, fetched = catalog.dates()
    told = [f"built-in data of {built_in}", *(f"{one_line(name)} as of {date}" for name, date in fetched.items())]
    return "; ".join(told)


def model_row(model: Model) -> Sequence[str]:
    """The columns of a model; what nobody knows is a question mark."""
    price = model.price
    return (
        one_line(model.slug),
        one_line(model.endpoint.title or model.endpoint.name),
        tokens(model.context),
        tokens(model.max_output),
        per_million(price.input) if price else "?",
        per_million(price.output) if price else "?",
        per_million(price.cached) if price and price.cached is not None else "",
        ",".join(("text", *sorted(model.takes))),
    )


def tokens(number: int | None) -> str:
    """A number of tokens."""
    return f"{number:,}" if number else "?"


def per_million(nano: int) -> str:
    """A price in dollars, with two decimals or as many as it needs."""
    whole, _, rest = f"{nano / NANO:.6f}".partition(".")
    return f"{whole}.{rest.rstrip('0').ljust(2, '0')}"


def model_object(model: Model) -> dict[str, Json]:
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
        "takes": ["text", *sorted(model.takes)],
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
