"""One short call of an endpoint, through the gateway like any other: it is written down, and it costs money."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fuseline.assembly import House
from fuseline.catalog.catalog import Catalog
from fuseline.catalog.names import SLUG, chats
from fuseline.doors.cli.doctor.checks import Check, span
from fuseline.doors.cli.doctor.subjects import Subject
from fuseline.doors.cli.words import count, money
from fuseline.settings.settings import Settings
from fuseline.types.errors import FuselineError, ModelNotFound, RunFailed
from fuseline.types.events import Event, TextDelta
from fuseline.types.json import Json, JsonObject
from fuseline.types.messages import user
from fuseline.types.models import Model
from fuseline.types.money import dollars
from fuseline.types.requests import Request
from fuseline.types.runs import Call, Run

QUESTION = 'Reply with {"ok": true} and nothing else.'
SHAPE: JsonObject = {
    "type": "json_schema",
    "json_schema": {
        "name": "reply",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"ok": {"type": "boolean"}},
            "required": ["ok"],
            "additionalProperties": False,
        },
    },
}
TOKENS = 16
"""The least that every vendor accepts for the length of an answer, and enough for this one."""
CALL_S = 30.0
"""Seconds for a call; a model that is slower than that is no use on a panel either."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one call."""

    slug: str
    run: Run | None = None
    """`None` where none was begun."""
    error: FuselineError | None = None
    pieces: int = 0
    """In how many reads its text came; one says nothing of streaming."""
    refused: frozenset[str] = frozenset()
    """Optional parameters that it did not take, so that it was asked again without them."""

    @property
    def call(self) -> Call | None:
        """The last call that was made, which is the one that counts."""
        return self.run.calls[-1] if self.run and self.run.calls else None

    @property
    def silent(self) -> bool:
        """Whether it thought until its tokens were spent, which is an answer for our purpose."""
        return isinstance(self.error, RunFailed) and self.error.reason == "no_visible_output"

    @property
    def answered(self) -> bool:
        """Whether the endpoint did what it was asked for."""
        return self.error is None or self.silent

    @property
    def in_shape(self) -> bool:
        """Whether the answer is as the schema wants it."""
        text = self.run.reply.text if self.run and self.run.reply else ""
        try:
            return json.loads(text) in ({"ok": True}, {"ok": False})
        except ValueError:
            return False


def hasty(settings: Settings) -> Settings:
    """The same settings, with less patience."""
    return settings.model_copy(update={"clocks": settings.clocks.model_copy(update={"run_s": CALL_S})})


def cheapest(subject: Subject, catalog: Catalog, listed: frozenset[str] | None) -> str:
    """The slug of the cheapest model there that chats, of those that it lists where it lists any; empty for none."""
    name = subject.endpoint.name
    own = (model for model in catalog.reachable() if model.endpoint.name == name)
    known = {model.name: model for model in (*own, *subject.known) if chats(model.name)}
    offered = [model for model in known.values() if model.name in listed] if listed else []
    for model in sorted(offered or known.values(), key=expense):
        slug = slug_at(catalog, name, model.name, model.slug)
        if slug:
            return slug
    unknown = sorted(each for each in listed or () if chats(each) and SLUG.fullmatch(f"{name}/{each}"))
    return next(filter(None, (slug_at(catalog, name, each) for each in unknown)), "")


def expense(model: Model) -> tuple[bool, bool, bool, int, str]:
    """The order in which models are tried: those that answer at once, and whose price is known and not none."""
    cost = model.price.cost(TOKENS, TOKENS) if model.price else 0
    given_away = not cost and not model.endpoint.local
    return model.deprecated or bool(model.reasons), model.price is None, given_away, cost, model.name


def slug_at(catalog: Catalog, endpoint: str, name: str, slug: str = "") -> str:
    """A slug that leads to this model at this endpoint and no other; empty where none does."""
    for asked in filter(None, (slug, f"{endpoint}/{name}", f"{endpoint}:{name}")):
        try:
            found = catalog.resolve(asked)
        except ModelNotFound:
            continue
        if (found.endpoint.name, found.name) == (endpoint, name):
            return asked
    return ""


async def call(house: House, slug: str) -> Trial:
    """Have a model say two words."""
    model, pieces = house.catalog.resolve(slug), 0

    async def hear(event: Event) -> None:
        nonlocal pieces
        pieces += isinstance(event, TextDelta)

    asked = Request(slug, (user(QUESTION),), max_tokens=TOKENS, temperature=0, response_format=SHAPE)
    run, error = None, None
    try:
        run = await house.gateway.ask(asked, hear)
    except FuselineError as failed:
        run, error = failed.run, failed
    refused = house.switchboard.line(model.endpoint).refused.get(model.name, frozenset())
    return Trial(slug, run, error, pieces, refused)


def told(subject: Subject, trial: Trial | None) -> Check:
    """What a call brought, in words."""
    section, name = subject.section, "call"
    if trial is None:
        fix = f'name one in the settings file, with endpoint = "{subject.endpoint.name}"'
        return Check(section, name, "warn", "no model is known there that could be called", fix)
    notes = (f"run {trial.run.id}: fuseline runs show {trial.run.id}",) if trial.run else ()
    if not trial.answered:
        fix = "fuseline models" if trial.run is None else f"fuseline runs show {trial.run.id}"
        return Check(section, name, "fail", f"{trial.slug}: {trial.error}", fix)
    made = trial.call
    took = made.duration_s if made else None
    detail = f"{trial.slug}: {', '.join(figures(trial))}"
    return Check(section, name, "ok", detail, ms=round(took * 1000, 1) if took else None, notes=notes)


def figures(trial: Trial) -> Iterator[str]:
    """What there is to say of a call that went well."""
    made = trial.call
    if made and made.ttft_s is not None:
        yield f"first token after {span(made.ttft_s)}"
    if trial.silent:
        yield f"only thoughts in {TOKENS} tokens"
    else:
        yield f"streamed in {trial.pieces} pieces" if trial.pieces > 1 else "in one piece"
        yield "schema held" if trial.in_shape else "schema not held"
    if trial.refused:
        yield f"refused {', '.join(sorted(trial.refused))}"
    if made:
        yield "usage counted" if made.certainty == "exact" else "usage not told, so estimated"
        yield money(made.cost) if made.cost_source != "unknown" else "cost unknown"


def total(trials: Iterable[Trial]) -> Check:
    """What all calls cost together."""
    runs = [trial.run for trial in trials if trial.run]
    known = all(run.cost_known for run in runs)
    cost = money(sum(run.cost for run in runs)) + ("" if known else " and what is not known")
    return Check("live", "cost", "ok", f"{count(len(runs), 'run')} cost {cost}")


def trial_object(trial: Trial) -> dict[str, Json]:
    """A call for scripts."""
    made = trial.call
    return {
        "model": trial.slug,
        "run": trial.run.id if trial.run else None,
        "answered": trial.answered,
        "ttft_ms": round(made.ttft_s * 1000, 1) if made and made.ttft_s is not None else None,
        "pieces": trial.pieces,
        "schema_held": trial.in_shape if trial.answered and not trial.silent else None,
        "refused": sorted(trial.refused),
        "usage": made.certainty if made and made.settled else None,
        "cost": dollars(trial.run.cost) if trial.run else None,
        "cost_known": trial.run.cost_known if trial.run else None,
    }
