"""The look-ups of panels: every preset by name, with who sits, compares and writes in it now."""

import time
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from fuseline.assembly import House
from fuseline.catalog import facts
from fuseline.catalog.presets import current_name
from fuseline.doors.http.lookups.generation import timestamp
from fuseline.doors.http.lookups.shapes import DIGITS, MOST, Query, Shown, read_query, reply
from fuseline.types.errors import InvalidRequest, NotFound, NothingToCall

READ_AT = timestamp(time.time())
"""When this process began: presets are read with the settings, and have no other date."""


class PresetsQuery(Query):
    """Which presets shall be listed."""

    offset: Annotated[int, Field(ge=0, le=MOST), DIGITS] = 0
    """How many to pass over."""
    limit: Annotated[int, Field(ge=1, le=1000), DIGITS] | None = None
    """How many to send; all of them where it is absent."""


class PresetRow(Shown):
    """A preset of fusion in the vendor's shape, and what it is made of."""

    id: str
    slug: str
    name: str
    description: str | None
    """What a run with it will warn of; null where nothing."""
    status: Literal["active"] = "active"
    status_updated_at: None = None
    created_at: str
    updated_at: str
    creator_user_id: None = None
    workspace_id: None = None
    designated_version_id: str
    panel: list[str]
    """Who sits; empty where there is nothing to call."""
    analyst: list[str]
    """Who compares, and who takes over."""
    writer: list[str]
    """Who writes, and who takes over; empty where the analyst does."""


class PresetVersion(Shown):
    """What the preset stands for in a request."""

    id: str
    preset_id: str
    version: Literal[1] = 1
    config: dict[str, Any]
    system_prompt: None = None
    creator_id: str = ""
    created_at: str
    updated_at: str


class FullPreset(PresetRow):
    """The same with what it stands for in a request."""

    designated_version: PresetVersion


class PresetsReply(Shown):
    """A page of presets."""

    data: list[PresetRow]
    total_count: int


class PresetReply(Shown):
    """One preset."""

    data: FullPreset


async def list_presets(house: House, request: HTTPRequest) -> Response:
    """List the presets of fusion: those of the settings file, and those that are built in."""
    query, names = read_query(PresetsQuery, request), preset_names(house)
    shown = names[query.offset :][: query.limit]
    return reply(PresetsReply(data=[preset_row(house, name) for name in shown], total_count=len(names)))


async def get_preset(house: House, request: HTTPRequest) -> Response:
    """Tell who sits, compares and writes in a preset; a name of former days is followed."""
    asked = str(request.path_params["slug"])
    try:
        name = current_name(asked, house.settings.presets)
    except InvalidRequest as error:
        raise NotFound(error.message, "slug") from None
    row = preset_row(house, name)
    config = {"model": "openrouter/fusion", "plugins": [{"id": "fusion", "preset": name}]}
    version = PresetVersion(
        id=row.designated_version_id, preset_id=name, config=config, created_at=READ_AT, updated_at=READ_AT
    )
    return reply(PresetReply(data=FullPreset.model_validate({**dict(row), "designated_version": version})))


def preset_names(house: House) -> Sequence[str]:
    """Every preset's name, in order."""
    return sorted({*house.settings.presets, *facts.presets().presets})


def preset_row(house: House, name: str) -> PresetRow:
    """A preset as it would be convened now."""
    try:
        preset = house.catalog.preset(name)
    except NothingToCall as error:
        return row_for(name, error.message, [], [], [])
    seats = [seat.model for seat in preset.seats]
    return row_for(name, preset.warning, seats, list(preset.analysts), list(preset.writers))


def row_for(name: str, warning: str, panel: list[str], analyst: list[str], writer: list[str]) -> PresetRow:
    """A row of the list."""
    return PresetRow(
        id=name,
        slug=name,
        name=name,
        description=warning or None,
        created_at=READ_AT,
        updated_at=READ_AT,
        designated_version_id=f"{name}@1",
        panel=panel,
        analyst=analyst,
        writer=writer,
    )
