"""Gemini requests, written to upstreams."""

from collections.abc import Mapping, Sequence
from itertools import chain

from pydantic_core import to_json

from fuseline.types.json import Json, JsonObject, object_of
from fuseline.types.messages import Message, user
from fuseline.types.models import Model
from fuseline.types.requests import FunctionTool, Named, Request, ToolChoice
from fuseline.wires.faults import SEARCH
from fuseline.wires.gemini.contents import Manner, write_contents
from fuseline.wires.gemini.signatures import PLACEHOLDER
from fuseline.wires.native import OwnSearch, own_search, rules_of
from fuseline.wires.reasoning import NONE, budget_of, effort_of, nearest_effort, off

INSTRUCTION, TOOLS, PENALTY = "systemInstruction", "tools", "penalty"
SIGNATURE, EXCUSE, ID = "thoughtSignature", "placeholder", "callId"
PARAMETERS, FORM, SCHEMA = "parametersJsonSchema", "responseMimeType", "responseJsonSchema"
SAMPLING: Mapping[str, str] = {"top_p": "topP", "top_k": "topK", "seed": "seed"}
"""Parameters of chat completions that this protocol has, and what it calls them."""
PENALTIES: Mapping[str, str] = {"presence_penalty": "presencePenalty", "frequency_penalty": "frequencyPenalty"}
"""Those of them that an upstream refuses together."""
OPTIONAL = frozenset({"temperature", "stopSequences", "thinkingConfig", "serviceTier", *SAMPLING.values()})
"""Fields without which a call still makes sense, so that an upstream may refuse them, and which stand for nothing
else. What else may be refused: the constants above."""
INSTRUCTING = ("system", "developer")
TIERS = ("flex", "priority")
LEVELS = frozenset({"low", "medium", "high"})
"""The words for how much to think that most models with words for it take, for one whose words nobody knows."""
BUDGETS = (512, 24_576)
"""Budgets that every model with a budget takes, where it may think:
https://ai.google.dev/gemini-api/docs/thinking, November 2026."""
LIMIT = 65_536
"""Tokens of output where neither the request nor the catalogue says how many; only a share of it is ever used."""
SEARCHES: JsonObject = {"googleSearch": {}}
MODES = {"auto": "AUTO", "required": "ANY", "none": "NONE"}


def write_request(request: Request, model: Model, without: frozenset[str]) -> bytes:
    """The body of a call to an upstream; that it is streamed, its path says."""
    return to_json(request_body(request, model, without))


def optional(request: Request, model: Model, without: frozenset[str]) -> frozenset[str]:
    """The optional parameters that the body of this call carries."""
    body = request_body(request, model, without)
    config = object_of(body.get("generationConfig"))
    parts = [part for turn in contents_of(body) for part in turn]
    signatures = {str(part["thoughtSignature"]) for part in parts if "thoughtSignature" in part}
    calls = [object_of(part.get("functionCall") or part.get("functionResponse")) for part in parts]
    carried = {
        PENALTY: not config.keys().isdisjoint(PENALTIES.values()),
        SIGNATURE: not signatures <= {PLACEHOLDER},
        EXCUSE: PLACEHOLDER in signatures,
        ID: any("id" in call for call in calls),
        SEARCH: body.get(TOOLS) == [SEARCHES],
        PARAMETERS: TOOLS in body and body[TOOLS] != [SEARCHES] and PARAMETERS not in without,
        **{name: name in config for name in (FORM, SCHEMA)},
        **{name: name in body for name in (INSTRUCTION, TOOLS)},
    }
    fields = OPTIONAL.intersection(chain(config, body))
    return fields | {name for name, there in carried.items() if there}


def contents_of(body: Mapping[str, Json]) -> list[list[dict[str, Json]]]:
    """The parts of each turn of a body that was written here."""
    contents = body["contents"]
    turns = [object_of(turn).get("parts", []) for turn in contents] if isinstance(contents, list) else []
    return [[object_of(part) for part in turn] for turn in turns]


def request_body(request: Request, model: Model, without: frozenset[str]) -> dict[str, Json]:
    """The same as an object, less the parameters that this upstream refuses."""
    instructions, said = parted(request.messages)
    if instructions and INSTRUCTION in without:
        instructions, said = "", [user(instructions), *said]
    excused = EXCUSE not in without and not model.budget and model.reasons is not False
    manner = Manner(SIGNATURE not in without, excused, ID not in without)
    functions = request.functions if TOOLS not in without else ()
    search = writes_search(request, model, without) if functions else None
    tier = request.policy.get("service_tier")
    given: dict[str, Json] = {
        INSTRUCTION: {"parts": [{"text": instructions}]} if instructions else None,
        "generationConfig": write_config(request, model, without) or None,
        TOOLS: write_tools(functions, search, without) or None,
        "toolConfig": write_choice(request.tool_choice) if functions and not search else None,
        "serviceTier": tier if tier in TIERS and "serviceTier" not in without else None,
    }
    body: dict[str, Json] = {"contents": write_contents(said, manner)}
    return body | {name: value for name, value in given.items() if value is not None}


def parted(messages: Sequence[Message]) -> tuple[str, Sequence[Message]]:
    """All instructions of a conversation, which here have one place beside it, and the conversation.

    Instructions alone are the conversation: there must be one.
    """
    told = [message.text for message in messages if message.role in INSTRUCTING]
    instructions = "\n\n".join(text for text in told if text.strip())
    said = [message for message in messages if message.role not in INSTRUCTING]
    return (instructions, said) if said else ("", [user(instructions)])


def write_config(request: Request, model: Model, without: frozenset[str]) -> dict[str, Json]:
    """How the answer shall be made."""
    extra = request.extra
    given: dict[str, Json] = {
        "maxOutputTokens": output_limit(request, model),
        "temperature": request.temperature if model.temperature else None,
        **{name: extra.get(ours) for ours, name in SAMPLING.items()},
        **{name: extra.get(ours) for ours, name in PENALTIES.items() if PENALTY not in without},
        "stopSequences": write_stops(extra.get("stop")),
        "thinkingConfig": write_thinking(request, model),
        **write_form(request.response_format or {}, model),
    }
    if given["topK"] == 0:
        del given["topK"]  # elsewhere zero means all tokens; here there must be at least one
    if FORM in without:
        given.pop(SCHEMA, None)
    return {name: value for name, value in given.items() if value is not None and name not in without}


def output_limit(request: Request, model: Model) -> int | None:
    """How long the answer may be, thoughts included. More than the model can say is refused, so it is not asked for."""
    asked = request.max_tokens
    return min(asked, model.max_output) if asked and model.max_output else asked


def write_stops(stop: Json) -> Json:
    """Where to stop; chat completions say one sequence by itself."""
    return [stop] if isinstance(stop, str) else stop


def write_thinking(request: Request, model: Model) -> JsonObject | None:
    """How much to think, as a number of tokens or as a word, and whether to tell of it."""
    reasoning = request.reasoning
    if not reasoning or model.reasons is False:
        return None
    amount = write_budget(request, model) if model.budget else write_level(reasoning, model)
    shown = {} if off(reasoning) else {"includeThoughts": reasoning.get("exclude") is not True}
    return {**amount, **shown} or None


def write_budget(request: Request, model: Model) -> dict[str, Json]:
    """How much to think, as a number of tokens; zero for not at all."""
    limit = output_limit(request, model) or model.max_output or LIMIT
    budget = budget_of(request.reasoning, limit)
    if budget is None:
        return {}
    least, most = BUDGETS
    return {"thinkingBudget": min(max(budget, least), most) if budget else 0}


def write_level(reasoning: JsonObject, model: Model) -> dict[str, Json]:
    """How much to think, as a word; models that are told by words cannot be told not to."""
    effort = effort_of(reasoning)
    known = (model.efforts or LEVELS) - {NONE}
    return {} if effort is None else {"thinkingLevel": nearest_effort(effort, known).upper()}


def write_form(form: JsonObject, model: Model) -> dict[str, Json]:
    """The form that the answer has to take: JSON of any kind, or of a schema where the model can be held to one."""
    if form.get("type") not in ("json_object", "json_schema"):
        return {}
    schema = object_of(form.get("json_schema")).get("schema")
    held = schema is not None and model.endpoint.quirks.schemas and model.schemas is not False
    return {FORM: "application/json", **({SCHEMA: schema} if held else {})}


def write_function(tool: FunctionTool, without: frozenset[str]) -> JsonObject:
    """The declaration of a function; one that takes nothing has no schema."""
    described: dict[str, Json] = {"description": tool.description} if tool.description else {}
    field = "parameters" if PARAMETERS in without else PARAMETERS
    schema: dict[str, Json] = {field: {"type": "object", **tool.parameters}} if tool.parameters else {}
    return {"name": tool.name, **described, **schema}


def write_tools(functions: Sequence[FunctionTool], search: OwnSearch | None, without: frozenset[str]) -> list[Json]:
    """What may be called: the vendor's own search, or functions."""
    if search:
        return [search.body]
    return [{"functionDeclarations": [write_function(tool, without) for tool in functions]}] if functions else []


def writes_search(request: Request, model: Model, without: frozenset[str]) -> OwnSearch | None:
    """The vendor's own search, where it is all that is asked for: many models take it with nothing beside it.

    See https://ai.google.dev/gemini-api/docs/google-search, November 2026.
    """
    alone = len(request.functions) == 1 and request.response_format is None
    return own_search(request, model, without, write_search) if alone else None


def write_search(wishes: JsonObject) -> JsonObject | None:
    """Its declaration; `None` where there are rules on where to search, for which it has no words."""
    rules = rules_of(wishes)
    return None if rules.allowed or rules.excluded else SEARCHES


def write_choice(choice: ToolChoice | None) -> JsonObject | None:
    """The tool choice; one that names a function permits that one alone, and demands a call."""
    if choice is None:
        return None
    if isinstance(choice, Named):
        return {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": [choice.name]}}
    return {"functionCallingConfig": {"mode": MODES[choice]}}
