"""A run as it was asked, in the form in which it can be asked again; and what of it that form has no words for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fuseline.doors.console.recalled import SPEAKING, messages_of, plugin_of
from fuseline.planner.terms import alias_of
from fuseline.tools.toolbox import FUSION
from fuseline.types.json import Json, JsonObject, list_of, object_of
from fuseline.types.messages import Message, in_turn, user
from fuseline.types.quick import replace
from fuseline.types.requests import Named, Plugin, Request, ServerTool, ToolChoice
from fuseline.types.runs import Run

WORDS = {
    "preset": "preset",
    "model": "analyst",
    "max_cost": "max_cost",
    "max_completion_tokens": "max_tokens",
    "deadline_s": "deadline_s",
    "collections": "collections",
}
"""Parameters of fusion that a wish has a word for, and says as they are."""
SAID = frozenset((*WORDS, "analysis_models", "writer", "tools", "panel_only", "repair"))
OURS = frozenset(("id", "enabled", "expose", "given"))
"""What the console, or the form of a plugin, adds to the parameters."""
KEPT = ("model", "messages", "plugins", "tools", "functions", "stream", "set", "policy")
"""What is kept of every request; whatever else there is belongs to the model that answers."""
NOT_KEPT = "What was asked is not kept on this server (`store.content` is off), so it cannot be asked again."


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it was kept."""

    model: str
    messages: tuple[Message, ...]
    parameters: JsonObject
    """Those of fusion, whichever way they came."""
    fused: bool
    """Whether fusion was on the table at all."""
    panel: tuple[str, ...] = ()
    """Who was seated in the end."""
    plugins: tuple[Plugin, ...] = ()
    """Beside fusion."""
    tools: tuple[ServerTool, ...] = ()
    """Beside fusion."""
    settings: JsonObject = field(default_factory=dict[str, Json])
    """Limits and wishes for the one who answers."""
    policy: JsonObject = field(default_factory=dict[str, Json])
    extra: JsonObject = field(default_factory=dict[str, Json])

    @property
    def place(self) -> int | None:
        """Where the question stands: the first that the user said in the last turn."""
        turn = max((at for at, one in enumerate(self.messages) if one.role == "assistant"), default=-1)
        return next((at for at, one in enumerate(self.messages) if at > turn and one.role == "user"), None)

    @property
    def instructions(self) -> Message | None:
        """What stands before everything else."""
        first = next(iter(self.messages), None)
        return first if first and first.role in ("system", "developer") else None

    def conversation(self, prompt: str, system: str) -> tuple[Message, ...]:
        """The conversation with another question and other instructions, where they are others."""
        said, place, first = list(self.messages), self.place, self.instructions
        if place is not None and said[place].text != prompt:
            said[place] = user(prompt)
        opening = [replace(first or Message("system"), content=system)] if system.strip() else []
        return in_turn([*opening, *(said[1:] if first else said)])


def read_asked(kept: Mapping[str, Any], panel: Sequence[str] = ()) -> Asked:
    """A request from what was kept of it."""
    plugins = [object_of(one) for one in list_of(kept.get("plugins"))]
    tools = [object_of(one) for one in list_of(kept.get("tools"))]
    fusion = [object_of(one.get("parameters")) for one in tools if one.get("type") in FUSION]
    parameters = dict[str, Json](plugin_of(kept))
    for one in fusion:
        parameters |= one
    model = str(kept.get("model", ""))
    return Asked(
        model,
        messages_of(kept),
        parameters,
        bool(alias_of(model) or fusion or any(one.get("id") == "fusion" for one in plugins)),
        tuple(panel),
        tuple(plugin(one) for one in plugins if one.get("id") != "fusion"),
        tuple(
            ServerTool(str(one["type"]), object_of(one.get("parameters"))) for one in tools if one["type"] not in FUSION
        ),
        object_of(kept.get("set")),
        object_of(kept.get("policy")),
        {name: value for name, value in kept.items() if name not in KEPT},
    )


def plugin(kept: Mapping[str, Any]) -> Plugin:
    """A plugin as it was asked for."""
    rest = {name: value for name, value in kept.items() if name not in ("id", "enabled")}
    return Plugin(str(kept.get("id", "")), bool(kept.get("enabled", True)), rest)


def repeated(like: Asked, messages: Sequence[Message], wished: JsonObject) -> Request:
    """The request of a run once more, with these parameters in place of those that a wish has words for."""
    rest = {name: value for name, value in like.parameters.items() if name not in SAID | OURS}
    said = {name: value for name, value in {**rest, **wished}.items() if value is not None}
    enabled = like.parameters.get("enabled") is not False
    fusion = (Plugin("fusion", enabled, {**said, "expose": "full"}),) if like.fused or said else ()
    settings: Mapping[str, Any] = like.settings
    return Request(
        like.model,
        tuple(messages),
        server_tools=like.tools,
        plugins=(*fusion, *like.plugins),
        tool_choice=choice_of(settings.get("tool_choice")),
        max_tokens=settings.get("max_tokens"),
        temperature=settings.get("temperature"),
        reasoning=settings.get("reasoning"),
        response_format=settings.get("response_format"),
        fallbacks=tuple(list_of(settings.get("fallbacks"))),
        streaming=True,
        policy=like.policy,
        extra=like.extra,
    )


def choice_of(kept: Any) -> ToolChoice | None:
    """A choice of tools from what was kept of it."""
    named = object_of(kept).get("name")
    return Named(str(named)) if named else kept


def write_again(run: Run, kept: JsonObject, panel: Sequence[str]) -> dict[str, Json]:
    """How a run is asked again, what goes along that a wish has no words for, and why it cannot be repeated."""
    asked, reason = read_asked(kept, panel), unrepeatable(kept)
    wish = write_wish(asked) if asked.place is not None else None
    if wish is not None and not reason:
        wish["like"] = run.id
        seats = given_seats(run, asked.parameters)
        if seats:
            wish["given"] = {"run": run.id, "seats": seats}
    return {"request": wish, "carried": list(carried(asked)), "unrepeatable": reason}


def write_wish(asked: Asked) -> dict[str, Json]:
    """What a wish has words for. Who sits is named only where somebody named them."""
    said, place = asked.parameters, asked.place or 0
    wished: dict[str, Json] = {
        "prompt": asked.messages[place].text,
        "system": asked.instructions.text if asked.instructions else None,
        **{word: said.get(name) for name, word in WORDS.items()},
        "panel": slugs_of(said.get("analysis_models")),
        "writer": first_of(said.get("writer")),
        "tools": "off" if said.get("tools") == [] else "on",
        "stop_after_panel": said.get("panel_only"),
        "repair": None if said.get("repair") is None else said.get("repair") == "on",
    }
    return {name: value for name, value in wished.items() if value is not None}


def slugs_of(panel: Any) -> list[str] | None:
    """The models of a panel as it was asked for."""
    return [one if isinstance(one, str) else str(object_of(one).get("model", "")) for one in list_of(panel)] or None


def first_of(writers: Any) -> Json:
    """The writer, of one or several in order."""
    return next(iter(list_of(writers)), None) if isinstance(writers, list) else writers


def given_seats(run: Run, parameters: JsonObject) -> list[int]:
    """The seats whose answers came from another run; told by their calls where an earlier version did not note them."""
    noted = object_of(parameters.get("given"))
    if noted or run.report is None:
        return list_of(noted.get("seats"))
    called = {call.speaker.seat for call in run.calls if call.speaker.role == "panel"}
    heard = {answer.seat for answer in run.report.heard}
    return [] if run.status == "running" or called & heard or not heard else sorted(heard)


def carried(asked: Asked) -> Iterator[str]:
    """What goes along that a wish has no words for, each in a few words."""
    before = len(asked.messages[: asked.place]) - bool(asked.instructions)
    behind = len(asked.messages) - (asked.place or 0) - 1
    if not asked.messages:
        return
    if before > 0:
        yield f"{before} earlier messages" if before > 1 else "an earlier message"
    if behind > 0:
        yield f"{behind} notes beside the question" if behind > 1 else "a note beside the question"
    if not alias_of(asked.model):
        yield f"the model that was asked: {asked.model}"
    names = sorted({*asked.parameters} - SAID - OURS | {*asked.settings} | {*asked.policy} | {*asked.extra})
    if any(not isinstance(one, str) for one in list_of(asked.parameters.get("analysis_models"))):
        yield "wishes for single seats"
    if asked.parameters.get("tools"):
        yield "a choice of tools"
    if names:
        yield f"settings: {', '.join(names)}"
    yield from (f"the plugin {one.id}" for one in asked.plugins)
    yield from (f"the tool {one.type}" for one in asked.tools)


def unrepeatable(kept: Mapping[str, Any]) -> str:
    """Why a run cannot be repeated from what is kept of it; empty where it can."""
    messages = [object_of(one) for one in list_of(kept.get("messages"))]
    if not messages:
        return NOT_KEPT
    functions = list_of(kept.get("functions"))
    if functions:
        return f"It was asked with functions that only its client can run: {', '.join(map(str, functions))}."
    if any(one.get("role") not in SPEAKING for one in messages):
        return "Its conversation holds calls of functions, which are not kept."
    parts = [object_of(part) for one in messages for part in list_of(one.get("content"))]
    kinds = sorted({str(part.get("type")) for part in parts} - {"text"})
    if kinds:
        return f"It was asked with attachments, which are not kept: {', '.join(kinds)}."
    return ""
