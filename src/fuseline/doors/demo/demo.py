"""`fuseline demo`: a recorded run through the whole gateway, on a server and a store that live as long as it does."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from fuseline.assembly import open_house
from fuseline.doors.cli import codes
from fuseline.doors.cli.account import Account
from fuseline.doors.cli.answer import Answer
from fuseline.doors.cli.ask import Audience, perform
from fuseline.doors.cli.base import View
from fuseline.doors.cli.columns import fits, side_by_side
from fuseline.doors.cli.lines import seat_lines
from fuseline.doors.cli.plain import PlainView
from fuseline.doors.cli.summary import closing_lines
from fuseline.doors.cli.terminal import is_live, say, talking
from fuseline.doors.cli.view import LiveView
from fuseline.doors.demo.recordings import Recording, find, recordings
from fuseline.doors.demo.upstream import recorded_upstream
from fuseline.settings.sections import (
    EndpointSettings,
    FusionSettings,
    KeysSettings,
    LocalSettings,
    ModelSettings,
    PresetSettings,
    StoreSettings,
)
from fuseline.settings.settings import Settings
from fuseline.types.errors import FuselineError
from fuseline.types.messages import user
from fuseline.types.requests import Plugin, Request

FIRST = "postgres-isolation"
PRESET = "demo"
PRICES = {
    "demo/cedar": ("3.00", "15.00"),
    "demo/juniper": ("0.30", "2.50"),
    "demo/rowan": ("1.25", "10.00"),
    "demo/alder": ("3.00", "15.00"),
    "demo/maple": ("5.00", "25.00"),
}
"""US dollars per million tokens in and out, of the order that real models cost, so that there is a cost to show."""


def run(*, question: str | None, listed: bool, speed: float, plain: bool) -> int:
    """Play a recording, or list them.

    :raises InvalidRequest: when there is no such recording.
    """
    if listed:
        for number, one in enumerate(recordings(), 1):
            say(sys.stdout, f"{number}  {one.slug}: {one.question}")
        return codes.ANSWERED
    return anyio.run(play, find(question or FIRST), speed, plain)


async def play(recording: Recording, speed: float, plain: bool) -> int:
    """Play one recording the way any question is asked."""
    request = Request(
        "fuseline/fusion", (user(recording.question),), plugins=(Plugin("fusion", parameters={"preset": PRESET}),)
    )
    open_show(recording, speed)
    with TemporaryDirectory(prefix="fuseline-demo-") as folder:
        async with recorded_upstream(speed) as url, open_house(settings_for(recording, url, Path(folder)), {}) as house:
            audience = Audience(view_for(plain), Answer(sys.stdout, streamed=True))
            return await perform(house, request, audience, close_show)


def settings_for(recording: Recording, base_url: str, folder: Path) -> Settings:
    """Settings that know the recorded upstream and nothing else: no file, no environment, no local servers."""
    panel = [seat.model for seat in recording.panel]
    preset = {"panel": panel, "analyst": recording.analyst.model, "writer": recording.writer.model}
    return Settings.model_construct(
        endpoints={"demo": EndpointSettings.model_validate({"base_url": base_url, "title": "Recorded"})},
        models={model: model_settings(model) for model in recording.models},
        presets={PRESET: PresetSettings.model_validate(preset)},
        fusion=FusionSettings.model_validate({"preset": PRESET, "tools": [], "carry_citations": False}),  # as recorded
        local=LocalSettings.model_validate({"probe": False}),
        keys=KeysSettings.model_validate({"path": folder / "keys.json"}),
        store=StoreSettings.model_validate({"path": folder / "runs.db"}),
    )


def model_settings(model: str) -> ModelSettings:
    """A recorded model, with its price."""
    price_in, price_out = PRICES[model]
    return ModelSettings.model_validate(
        {"endpoint": "demo", "name": model, "price_in": price_in, "price_out": price_out}
    )


def view_for(plain: bool) -> View:
    """Side by side where the terminal is wide enough, lines where it is not, plain text where there is none."""
    if plain or not is_live(sys.stdout):
        return PlainView(sys.stdout, whole=True)
    console = talking(sys.stdout)
    return LiveView(console, side_by_side if fits(console, 3) else seat_lines, answer_below=True)


def open_show(recording: Recording, speed: float) -> None:
    """Say what this is before it begins."""
    pace = "" if speed == 1 else f" at {speed:g} times the usual speed"
    say(sys.stdout, f"Fuseline demo: every answer below is a recording, played{pace} through the real gateway.")
    say(sys.stdout, "No key, no network, no cost: the prices are examples, and the run is kept in a temporary place.")
    say(sys.stdout, f"\n{recording.domain}: {recording.question}\n")


def close_show(account: Account | None, error: FuselineError | None) -> None:
    """Say what the run took, and once more what it was."""
    for line in closing_lines(account, kept=False) if account else ():
        say(sys.stdout, line)
    say(sys.stdout, '\nThese answers were recordings, and nothing was spent. Your own question: fuseline ask "..."')
