"""`fuseline presets`: the named panels, and who would sit on each now."""

import sys
from pathlib import Path

import anyio

from fuseline.catalog import facts
from fuseline.catalog.catalog import Catalog
from fuseline.catalog.presets import Preset, shipped
from fuseline.doors.cli import codes
from fuseline.doors.cli.objects import print_json
from fuseline.doors.cli.terminal import one_line, say
from fuseline.settings.settings import load
from fuseline.types.errors import NothingToCall
from fuseline.types.json import Json

UNREACHABLE = "No model can be called now; set a key, or try `fuseline demo`."


def run(*, as_json: bool, config: Path | None) -> int:
    """List the presets of the settings file and those that ship."""
    settings = load(config)
    catalog = anyio.run(Catalog.open, settings)
    listed = [found(catalog, name) for name in sorted({*settings.presets, *facts.presets().presets})]
    if as_json:
        print_json([preset_object(preset, warning, settings.fusion.preset) for preset, warning in listed])
        return codes.ANSWERED
    for preset, warning in listed:
        mark = " (the default)" if preset.name == settings.fusion.preset else ""
        say(sys.stdout, f"{one_line(preset.name)}{mark}: {', '.join(seat.model for seat in preset.seats)}")
        say(
            sys.stdout, f"  analyst {', '.join(preset.analysts)}; writer {', '.join(preset.writers or preset.analysts)}"
        )
        if warning:
            say(sys.stdout, f"  {one_line(warning)}")
    return codes.ANSWERED


def found(catalog: Catalog, name: str) -> tuple[Preset, str]:
    """A preset as it would sit now, with what should be known of it; as it ships where nothing can be called."""
    try:
        preset = catalog.preset(name)
    except NothingToCall:
        return shipped(name), UNREACHABLE
    return preset, preset.warning


def preset_object(preset: Preset, warning: str, default: str) -> Json:
    """A preset for scripts."""
    return {
        "name": preset.name,
        "default": preset.name == default,
        "panel": [seat.model for seat in preset.seats],
        "analysts": list(preset.analysts),
        "writers": list(preset.writers or preset.analysts),
        "warning": warning or None,
    }
