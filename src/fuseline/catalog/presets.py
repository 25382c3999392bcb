"""Named panels: those of the settings file, and those that ship with the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass

from fuseline.catalog import facts
from fuseline.settings.sections import PresetSettings, SeatSettings
from fuseline.types.deliberation import Seat
from fuseline.types.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Preset:
    """A panel with who compares and who writes, each with its substitutes in order."""

    name: str
    seats: tuple[Seat, ...]
    analysts: tuple[str, ...]
    writers: tuple[str, ...] = ()
    """Empty where the planner shall choose."""
    tools: tuple[str, ...] | None = None
    """Server tools of its seats; `None` where those of every preset are meant."""
    collections: tuple[str, ...] | None = None
    """Private documents that its seats may search; `None` as for tools."""
    warning: str = ""
    """What the client should know of how this preset came about."""

    @property
    def models(self) -> tuple[str, ...]:
        """Every slug it names, once."""
        return tuple(dict.fromkeys((*(seat.model for seat in self.seats), *self.analysts, *self.writers)))


def configured(name: str, table: PresetSettings) -> Preset:
    """A preset of the settings file. Without an analyst, the first seat's model is the analyst."""
    seats = tuple(seated(seat) for seat in table.panel)
    analysts = several(table.analyst) or (seats[0].model,)
    return Preset(name, seats, analysts, several(table.writer), table.tools, table.collections)


def seated(seat: str | SeatSettings) -> Seat:
    """A seat as the settings file gives it: a slug, or a table with wishes of its own."""
    if isinstance(seat, str):
        return Seat(seat)
    return Seat(seat.model, seat.instructions, seat.temperature, max_completion_tokens=seat.max_completion_tokens)


def several(models: str | tuple[str, ...]) -> tuple[str, ...]:
    """One slug or several as several."""
    return (models,) if isinstance(models, str) else models


def shipped(name: str) -> Preset:
    """A preset that ships with the catalogue."""
    fact = facts.presets().presets[name]
    return Preset(name, tuple(Seat(model) for model in fact.panel), (fact.analyst,), (fact.writer,))


def current_name(name: str, own: Mapping[str, PresetSettings]) -> str:
    """What a preset is called today.

    :raises InvalidRequest: when there is none of that name; the message lists those that there are.
    """
    now = name if name in own else facts.presets().retired.get(name, name)
    names = sorted({*own, *facts.presets().presets})
    if now not in names:
        raise InvalidRequest(f"there is no preset {name[:80]}; there are {', '.join(names)}", "preset")
    return now
