"""What is asked on the page, made into requests: a new run, or one over answers that are there."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from fuseline.catalog.catalog import Catalog
from fuseline.doors.console.finding import Found
from fuseline.settings.settings import Settings
from fuseline.types.deliberation import PanelAnswer
from fuseline.types.errors import InvalidRequest
from fuseline.types.json import Json, JsonObject
from fuseline.types.messages import Message, system, user
from fuseline.types.quick import replace
from fuseline.types.requests import Plugin, Request
from fuseline.wires.report import writer_of
from fuseline.wires.shapes import Closed, Number

MODEL = "fuseline/fusion"
Slug = Annotated[StrictStr, Field(min_length=1, max_length=128)]
Dollars = Annotated[Number, Field(gt=0, le=1_000_000)]
Collections = Annotated[list[Annotated[StrictStr, Field(min_length=1, max_length=100)]], Field(max_length=16)]


class WishBody(Closed):
    """What somebody wants to know, and of whom."""

    prompt: StrictStr
    system: StrictStr = ""
    preset: StrictStr = ""
    """Empty for the server's own."""
    panel: Annotated[list[Slug], Field(min_length=1, max_length=8)] | None = None
    """The preset's where it is absent."""
    analyst: StrictStr = ""
    writer: StrictStr = ""
    tools: Literal["on", "off"] = "on"
    max_cost: Dollars | None = None
    """In dollars."""
    stop_after_panel: StrictBool = False
    repair: StrictBool | None = None
    """The server's own where it is absent."""
    collections: Collections | None = None


class RefusionBody(Closed):
    """What shall become of answers that are there."""

    writer: StrictStr = ""
    analyst: StrictStr = ""
    keep: list[StrictInt] | None = None
    """The seats whose answers are kept; all that answered where it is absent."""
    edits: Mapping[StrictStr, StrictStr] = Field(default_factory=dict[str, str])
    """What seats shall have said instead, by their numbers."""
    note: StrictStr = ""
    """What the analyst and the writer are told beside the question."""


def request_of(wish: WishBody, settings: Settings, catalog: Catalog) -> Request:
    """The request of a wish.

    :raises InvalidRequest: when nothing is asked, or there is no such preset.
    """
    if not wish.prompt.strip():
        raise InvalidRequest("there is no question", "prompt")
    preset = wish.preset or settings.fusion.preset
    writer = wish.writer or (preset_writer(preset, catalog) if wish.analyst and not wish.panel else "")
    parameters: dict[str, Json] = {
        "preset": wish.preset or (None if wish.panel else preset),
        "analysis_models": wish.panel,
        "model": wish.analyst or None,
        "writer": writer or None,
        "tools": [] if wish.tools == "off" else None,
        "max_cost": wish.max_cost,
        "panel_only": wish.stop_after_panel or None,
        "repair": None if wish.repair is None else "on" if wish.repair else "off",
        "collections": wish.collections,
    }
    opening = (system(wish.system),) if wish.system.strip() else ()
    return asked((*opening, user(wish.prompt)), parameters)


def preset_writer(preset: Json, catalog: Catalog) -> str:
    """Who writes in a preset, so that it can be said: an analyst who is named would write as well."""
    writers = catalog.preset(preset).writers if isinstance(preset, str) else ()
    return next(iter(writers), "")


def preset_of(wish: WishBody, settings: Settings, catalog: Catalog) -> str:
    """The preset that a wish is of; empty where its panel is another."""
    name = wish.preset or settings.fusion.preset
    seats = [seat.model for seat in catalog.preset(name).seats] if wish.panel else None
    return name if wish.panel in (None, seats) else ""


def refusion_of(body: RefusionBody, found: Found, catalog: Catalog) -> tuple[Request, tuple[PanelAnswer, ...]]:
    """The request for another answer from the same panel, and what the panel said.

    :raises InvalidRequest: when there is nothing to write from, or a seat is named that did not answer.
    """
    run, parameters = found.shown.run, found.parameters
    if run.status == "running":
        raise InvalidRequest("the run is still under way: stop it, or wait for its end", status=409)
    given = kept(body, run.report.heard if run.report else ())
    if not found.messages:
        raise InvalidRequest("what was asked is not kept (`store.content` is off), so it cannot be answered again")
    analyst = body.analyst or parameters.get("model") or (run.report.analyst if run.report else "")
    writer = body.writer or parameters.get("writer") or writer_of(run.calls)
    wished: dict[str, Json] = {
        **{name: parameters.get(name) for name in ("preset", "max_cost", "repair", "collections")},
        "analysis_models": [answer.model for answer in given],
        "model": analyst or None,
        "writer": writer or (preset_writer(parameters.get("preset"), catalog) if analyst else "") or None,
    }
    note = (user(body.note),) if body.note.strip() else ()
    return asked((*found.messages, *note), wished), given


def kept(body: RefusionBody, heard: Sequence[PanelAnswer]) -> tuple[PanelAnswer, ...]:
    """The answers that are wanted, as they are wanted, in the order of their seats."""
    answers = {answer.seat: answer for answer in heard}
    wanted = sorted(set(answers if body.keep is None else body.keep))
    if not wanted:
        raise InvalidRequest("there is no answer to write from", "keep")
    strange = [seat for seat in wanted if seat not in answers]
    if strange:
        raise InvalidRequest(f"seat {strange[0]} has given no answer", "keep")
    edits = edits_of(body.edits, wanted)
    return tuple(edited(replace(answers[seat], seat=i), edits.get(seat)) for i, seat in enumerate(wanted))


def edits_of(edits: Mapping[str, str], wanted: Sequence[int]) -> Mapping[int, str]:
    """The edits by the numbers of their seats."""
    names = {str(seat): seat for seat in wanted}
    for name, text in edits.items():
        if name not in names:
            raise InvalidRequest("edits: there is one for a seat whose answer is not kept", "edits")
        if not text.strip():
            raise InvalidRequest(f"seat {name} is left without a word: leave it out of `keep` instead", "edits")
    return {names[name]: text for name, text in edits.items()}


def edited(answer: PanelAnswer, text: str | None) -> PanelAnswer:
    """The answer with another text, where there is one; it is whole then."""
    if not answer.content and text is None:
        raise InvalidRequest("what the panel said is not kept (`store.content` is off)")
    return answer if text is None else replace(answer, content=text, truncated=False)


def asked(messages: Sequence[Message], parameters: JsonObject) -> Request:
    """A request to fusion with these parameters, as far as they say anything. All of the run is wanted back."""
    said = {name: value for name, value in parameters.items() if value is not None}
    plugin = Plugin("fusion", parameters={**said, "expose": "full"})
    return Request(MODEL, tuple(messages), plugins=(plugin,), streaming=True)
