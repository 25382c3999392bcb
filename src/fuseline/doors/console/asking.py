"""What is asked on the page, made into requests: a new run, or one over answers that are there."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr

from fuseline.catalog.catalog import Catalog
from fuseline.doors.console.finding import Found
from fuseline.doors.console.repeating import Asked, first_of, repeated
from fuseline.doors.console.views import CUT_OFF
from fuseline.planner.terms import ALIASES, alias_of
from fuseline.settings.settings import Settings
from fuseline.types.deliberation import PanelAnswer, Seat
from fuseline.types.errors import InvalidRequest
from fuseline.types.json import Json, JsonObject, list_of, object_of
from fuseline.types.messages import Message, system, user
from fuseline.types.quick import replace
from fuseline.types.requests import Plugin, Request
from fuseline.wires.report import writer_of
from fuseline.wires.shapes import Closed, Number

MODEL = "fuseline/fusion"
GOES_ON = "the run is still under way: stop it, or wait for its end"
UNKEPT = "what the panel said is not kept (`store.content` is off)"
KEPT = ("preset", "max_cost", "max_completion_tokens", "deadline_s", "repair", "collections")
"""What was wished for a run and holds for another answer from its panel, too."""
Slug = Annotated[StrictStr, Field(min_length=1, max_length=128)]
Dollars = Annotated[Number, Field(gt=0, le=1_000_000)]
Seconds = Annotated[Number, Field(gt=0, le=3600)]
Tokens = Annotated[StrictInt, Field(ge=1, le=10_000_000)]
Collections = Annotated[list[Annotated[StrictStr, Field(min_length=1, max_length=100)]], Field(max_length=16)]


class GivenBody(Closed):
    """Answers of an earlier run that are taken as they are."""

    run: Slug
    seats: Annotated[list[Annotated[StrictInt, Field(ge=0, lt=8)]], Field(max_length=8)]
    """The others are asked."""


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
    max_tokens: Tokens | None = None
    """What each seat and the analyst may write."""
    deadline_s: Seconds | None = None
    stop_after_panel: StrictBool = False
    repair: StrictBool | None = None
    """The server's own where it is absent."""
    collections: Collections | None = None
    like: Annotated[StrictStr, Field(max_length=128)] = ""
    """A run whose conversation and settings apply wherever there is no word for them here."""
    given: GivenBody | None = None


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


def request_of(wish: WishBody, settings: Settings, catalog: Catalog, like: Asked | None = None) -> Request:
    """The request of a wish. `like` is how the run was asked that it names.

    :raises InvalidRequest: when nothing is asked, or there is no such preset.
    """
    if not wish.prompt.strip():
        raise InvalidRequest("there is no question", "prompt")
    if like is not None:
        wished = {**parameters_of(wish, wish.preset), **seated_like(wish, like, settings, catalog)}
        return repeated(like, like.conversation(wish.prompt, wish.system), wished)
    preset = wish.preset or settings.fusion.preset
    writer = wish.writer or (preset_writer(preset, catalog) if wish.analyst and not wish.panel else "")
    parameters = {**parameters_of(wish, preset), "writer": writer or None}
    opening = (system(wish.system),) if wish.system.strip() else ()
    return asked((*opening, user(wish.prompt)), parameters)


def parameters_of(wish: WishBody, preset: str) -> dict[str, Json]:
    """The parameters of fusion that a wish has words for."""
    return {
        "preset": wish.preset or (None if wish.panel else preset or None),
        "analysis_models": wish.panel,
        "model": wish.analyst or None,
        "writer": wish.writer or None,
        "tools": [] if wish.tools == "off" else None,
        "max_cost": wish.max_cost,
        "max_completion_tokens": wish.max_tokens,
        "deadline_s": wish.deadline_s,
        "panel_only": wish.stop_after_panel or None,
        "repair": None if wish.repair is None else "on" if wish.repair else "off",
        "collections": wish.collections,
        "given": wish.given.model_dump() if wish.given else None,
    }


def seated_like(wish: WishBody, like: Asked, settings: Settings, catalog: Catalog) -> dict[str, Json]:
    """What a run had asked for in more words than a wish has, as far as the wish wants the same."""
    was = like.parameters
    told: dict[str, Json] = {"analysis_models": panel_like(wish, like, settings, catalog)}
    if wish.writer and wish.writer == first_of(was.get("writer")):
        told["writer"] = was.get("writer")
    if wish.tools == "on" and was.get("tools"):
        told["tools"] = was.get("tools")
    if wish.given:
        told |= {"quorum": None, "grace_s": None}  # the answers that are given would be enough of it
    return told


def panel_like(wish: WishBody, like: Asked, settings: Settings, catalog: Catalog) -> Json:
    """The panel with what a run had wished for its seats; `None` where it is left to a preset that seats the same."""
    was: Json = like.parameters.get("analysis_models")
    name = wish.preset or ALIASES.get(alias_of(like.model), "") or settings.fusion.preset
    if wish.panel is not None:
        seats = list_of(was) or ([entry(seat) for seat in catalog.preset(name).seats] if wish.given else [])
        swapped = wish.given is not None
        return seated(wish.panel, seats, swapped=swapped) if len(seats) == len(wish.panel) else wish.panel
    same = like.fused and wish.preset == (like.parameters.get("preset") or "")
    if not same or like.panel in ((), tuple(seat.model for seat in catalog.preset(name).seats)):
        return None
    return list(like.panel)  # the preset seats others today


def seated(panel: Sequence[str], seats: Sequence[Any], *, swapped: bool) -> list[Json]:
    """The models of a panel with the wishes for their seats; another model inherits them where it was `swapped` in."""
    wishes = [object_of(one) for one in seats]
    pairs = zip(panel, wishes, strict=True)
    return [{**one, "model": slug} if one and (swapped or one["model"] == slug) else slug for slug, one in pairs]


def entry(seat: Seat) -> Json:
    """A seat of a preset as a request would name it."""
    wishes = {name: value for name, value in asdict(seat).items() if value not in (None, "")}
    return wishes if len(wishes) > 1 else seat.model


def given_of(wish: WishBody, found: Found) -> tuple[PanelAnswer | None, ...]:
    """The answers that a wish takes from a run, one for each seat; `None` for a seat that is asked.

    :raises InvalidRequest: when the run goes on, or there is nothing to take.
    """
    run, panel, seats = found.shown.run, found.shown.panel, wish.given.seats if wish.given else ()
    if run.status == "running":
        raise InvalidRequest(GOES_ON, status=409)
    strange = [seat for seat in seats if seat >= len(panel)]
    if strange:
        raise InvalidRequest(f"the run has no seat {strange[0]}", "given")
    heard = {answer.seat: answer for answer in (run.report.answers if run.report else ())}
    cut_off = {seat: PanelAnswer(seat, slug, error=CUT_OFF, reason="cancelled") for seat, slug in enumerate(panel)}
    answers = {**cut_off, **heard}
    return tuple(taken(answers[seat]) if seat in seats else None for seat in range(len(panel)))


def taken(answer: PanelAnswer) -> PanelAnswer:
    """An answer that can be given, or the word that there is none."""
    if not answer.failed and not answer.content:
        raise InvalidRequest(UNKEPT)
    return answer


def preset_writer(preset: Json, catalog: Catalog) -> str:
    """Who writes in a preset, so that it can be said: an analyst who is named would write as well."""
    writers = catalog.preset(preset).writers if isinstance(preset, str) else ()
    return next(iter(writers), "")


def preset_of(wish: WishBody, settings: Settings, catalog: Catalog) -> str:
    """The preset that a wish is of; empty where its panel is another."""
    name = wish.preset or ("" if wish.like else settings.fusion.preset)
    if not name:
        return ""
    seats = [seat.model for seat in catalog.preset(name).seats] if wish.panel else None
    return name if wish.panel in (None, seats) else ""


def refusion_of(body: RefusionBody, found: Found, catalog: Catalog) -> tuple[Request, tuple[PanelAnswer, ...]]:
    """The request for another answer from the same panel, and what the panel said.

    :raises InvalidRequest: when there is nothing to write from, or a seat is named that did not answer.
    """
    run, parameters = found.shown.run, found.parameters
    if run.status == "running":
        raise InvalidRequest(GOES_ON, status=409)
    given = kept(body, run.report.heard if run.report else ())
    if not found.messages:
        raise InvalidRequest("what was asked is not kept (`store.content` is off), so it cannot be answered again")
    analyst = body.analyst or parameters.get("model") or (run.report.analyst if run.report else "")
    writer = body.writer or parameters.get("writer") or writer_of(run.calls)
    wished: dict[str, Json] = {
        **{name: parameters.get(name) for name in KEPT},
        "analysis_models": [answer.model for answer in given],
        "model": analyst or None,
        "writer": writer or (preset_writer(parameters.get("preset"), catalog) if analyst else "") or None,
        "given": {"run": run.id, "seats": [answer.seat for answer in given]},
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
        raise InvalidRequest(UNKEPT)
    return answer if text is None else replace(answer, content=text, truncated=False)


def asked(messages: Sequence[Message], parameters: JsonObject) -> Request:
    """A request to fusion with these parameters, as far as they say anything. All of the run is wanted back."""
    said = {name: value for name, value in parameters.items() if value is not None}
    plugin = Plugin("fusion", parameters={**said, "expose": "full"})
    return Request(MODEL, tuple(messages), plugins=(plugin,), streaming=True)
