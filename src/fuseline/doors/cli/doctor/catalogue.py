"""What there is to call: how old the data is, whether each preset can sit, and which panel would by default."""

from collections.abc import Iterator, Mapping
from datetime import date

from fuseline.catalog import facts
from fuseline.catalog.catalog import Catalog
from fuseline.catalog.presets import Preset, configured, shipped
from fuseline.doors.cli.doctor.checks import Check
from fuseline.doors.cli.words import count
from fuseline.settings.settings import Settings
from fuseline.types.errors import ModelNotFound, NothingToCall
from fuseline.types.models import Model

TIERS: tuple[facts.Tier, ...] = ("high", "budget", "fast")
OLD_DAYS = 120
REFRESH = "fuseline models --refresh"


def data(today: date, fetched: Mapping[str, str]) -> Check:
    """How much is known of models, and as of when: what ships, and what endpoints said when they were asked."""
    shipped = facts.models().date
    total = sum(len(facts.rows(name)) for name in facts.endpoints())
    detail = f"{total:,} models at {len(facts.endpoints())} endpoints, as of {shipped}, {age(shipped, today)} days ago"
    lists = [f"{name} {day}" for name, day in fetched.items() if day]
    if lists:
        detail = f"{detail}; asked since: {', '.join(lists)}"
    if all(age(day or shipped, today) <= OLD_DAYS for day in fetched.values() or [shipped]):
        return Check("catalogue", "data", "ok", detail)
    return Check("catalogue", "data", "warn", detail, REFRESH if fetched else f"set a key, then {REFRESH}")


def age(day: str, today: date) -> int:
    """How many days ago that was."""
    return (today - date.fromisoformat(day)).days


def reach(catalog: Catalog) -> Check:
    """Whether any model can be called at all."""
    try:
        catalog.default_panel()
    except NothingToCall as error:
        sentence, _, fix = error.message.partition(". ")
        return Check("catalogue", "reach", "fail", sentence, fix, bare=True)
    reachable = catalog.reachable()
    where = count(len({model.endpoint.name for model in reachable}), "endpoint")
    return Check("catalogue", "reach", "ok", f"{count(len(reachable), 'model')} at {where} can be called")


def presets(settings: Settings, catalog: Catalog) -> Iterator[Check]:
    """Whether each preset can sit as it stands, and what it costs is known."""
    for name in sorted({*settings.presets, *facts.presets().presets}):
        own = settings.presets.get(name)
        preset = configured(name, own) if own else shipped(name)
        yield seated(catalog, preset, own=own is not None)


def seated(catalog: Catalog, preset: Preset, *, own: bool) -> Check:
    """Whether one preset can sit. One that ships gives way to the default panel of its tier; one's own fails."""
    section, name = "presets", preset.name
    missing = {slug: why for slug in preset.models if (why := lacking(catalog, slug))}
    if missing:
        sentence, _, key = next(iter(missing.values())).partition(": ")
        more = f", nor can {len(missing) - 1} more" if len(missing) > 1 else ""
        if own:
            fix = key or f"correct [presets.{name}]; `fuseline models` lists what can be called"
            return Check(section, name, "fail", f"{sentence}{more}", fix)
        instead = ", ".join(seat.model for seat in catalog.preset(name).seats)
        return Check(section, name, "warn", f"{sentence}{more}: its panel is {instead}", key or "fuseline models")
    unpriced = [slug for slug in preset.models if is_unpriced(catalog.resolve(slug))]
    if unpriced:
        fix = f'set price_in and price_out in [models."{unpriced[0]}"]'
        return Check(section, name, "warn", f"what {', '.join(unpriced)} costs is not known", fix)
    return Check(section, name, "ok", f"{', '.join(seat.model for seat in preset.seats)}; prices known")


def lacking(catalog: Catalog, slug: str) -> str:
    """Why a model cannot be called; empty where it can."""
    try:
        catalog.resolve(slug)
    except ModelNotFound as error:
        return error.message
    return ""


def is_unpriced(model: Model) -> bool:
    """Whether nobody knows what a model costs, neither before a call nor from its reply."""
    return model.price is None and not model.endpoint.quirks.reports_cost


def panels(catalog: Catalog) -> Iterator[Check]:
    """The default panel of each tier, with the reasons for it."""
    for tier in TIERS:
        panel = catalog.default_panel(tier)
        preset = panel.preset
        seats = ", ".join(seat.model for seat in preset.seats)
        detail = f"{seats}; {preset.analysts[0]} compares, {preset.writers[0]} writes"
        yield Check("default panel", tier, "ok", detail, notes=panel.reasons)


def wanted(settings: Settings, catalog: Catalog) -> dict[str, set[str]]:
    """What presets and one's own tables ask of each endpoint, by the upstream's names; only what can be called."""
    if reach(catalog).bare:
        return {}
    names = {*settings.presets, *facts.presets().presets}
    preset_models = (slug for name in names for slug in catalog.preset(name).models)
    found: dict[str, set[str]] = {}
    for slug in (*preset_models, *settings.models):
        if not lacking(catalog, slug):
            model = catalog.resolve(slug)
            found.setdefault(model.endpoint.name, set()).add(model.name)
    return found
