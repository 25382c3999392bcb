"""Responses requests, read from clients."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from fuseline.types.errors import InvalidRequest
from fuseline.types.json import Json
from fuseline.types.messages import Message, system
from fuseline.types.requests import FunctionTool, Named, Request, ServerTool, ToolChoice
from fuseline.wires.lookups import declared, read_tool
from fuseline.wires.responses.body import (
    OPENAI_TOOLS,
    POLICY,
    SAMPLING,
    ChoiceBody,
    FormatBody,
    FunctionBody,
    ResponsesBody,
    TextBody,
    ToolBody,
)
from fuseline.wires.responses.history import read_input, shaped
from fuseline.wires.shapes import ReasoningBody, chosen, invalid, read_stop_rules
from fuseline.wires.strict import read_json
from fuseline.wires.wishes import fears_errors, read_depth, wants_metadata

MOST_STEPS = 30


def read_request(body: bytes, headers: Mapping[str, str]) -> Request:
    """Read and check a client's request."""
    value = read_json(body)
    try:
        fields = ResponsesBody.model_validate(value)
    except ValidationError as error:
        raise invalid(error) from None
    refuse_state(fields)
    models = [*([fields.model] if fields.model else []), *(fields.models or [])]
    if not models or not models[0]:
        raise InvalidRequest("model is required", "model")
    functions, server_tools = tuple(read_functions(fields)), tuple(read_server_tools(fields))
    return Request(
        model=models[0],
        messages=read_messages(fields),
        functions=functions,
        server_tools=server_tools,
        plugins=tuple(plugin.read() for plugin in fields.plugins or []),
        tool_choice=read_choice(fields.tool_choice, server_tools),
        max_tokens=fields.max_output_tokens,
        temperature=fields.temperature,
        reasoning=read_reasoning(fields.reasoning),
        response_format=read_format(fields.text),
        fallbacks=tuple(models[1:]),
        max_steps=min(fields.max_tool_calls or MOST_STEPS, MOST_STEPS),
        stop_rules=read_stop_rules(fields.stop_server_tools_when or []),
        depth=read_depth(headers),
        streaming=bool(fields.stream),
        include_fusion=bool(fields.stream),
        include_metadata=wants_metadata(headers),
        error_ends_stream=fears_errors(headers),
        policy=chosen(fields, POLICY),
        extra=read_extra(fields),
        echo=read_echo(fields),
    )


def refuse_state(fields: ResponsesBody) -> None:
    """Refuse what would need a memory of earlier responses: there is none here."""
    if fields.store:
        raise InvalidRequest("store must be false: responses are not kept for later requests", "store")
    for name in ("previous_response_id", "conversation"):
        if getattr(fields, name) is not None:
            raise InvalidRequest(f"{name} must be null: send the whole conversation in input", name)


def read_messages(fields: ResponsesBody) -> tuple[Message, ...]:
    """The conversation, the instructions in front."""
    said = read_input(fields.input)
    return (system(fields.instructions), *said) if fields.instructions else said


def read_functions(fields: ResponsesBody) -> Iterable[FunctionTool]:
    """The functions of the client's, less those that its tool choice does not allow."""
    allowed = allowed_names(fields.tool_choice)
    for index, tool in enumerate(fields.tools or []):
        if tool.type == "function":
            declared = shaped(FunctionBody, tool.model_dump(exclude_none=True), f"tools[{index}]")
            if allowed is None or declared.name in allowed:
                strict: dict[str, Json] = {} if declared.strict is None else {"strict": declared.strict}
                yield FunctionTool(declared.name, declared.description or "", declared.parameters or {}, strict)


def read_server_tools(fields: ResponsesBody) -> Iterable[ServerTool]:
    """All other tools; which of them the gateway runs is decided where they are known."""
    allowed = allowed_names(fields.tool_choice)
    for tool in fields.tools or []:
        if tool.type != "function" and (allowed is None or tool.type in allowed):
            yield read_tool(tool.type, tool.parameters, tool.model_extra)


def allowed_names(choice: str | ChoiceBody | None) -> frozenset[str] | None:
    """The names and types that a choice of `allowed_tools` lists; `None` where all are allowed."""
    if not isinstance(choice, ChoiceBody) or choice.type != "allowed_tools":
        return None
    return frozenset(str(tool.get("name") or tool.get("type")) for tool in choice.tools or [])


def read_choice(choice: str | ChoiceBody | None, tools: Iterable[ServerTool]) -> ToolChoice | None:
    """The tool choice; a name is a function's, or another tool's type."""
    match choice:
        case "none" | "auto" | "required" | None:
            return choice
        case ChoiceBody(type="function", name=name):
            if not name:
                raise InvalidRequest("tool_choice.name is required", "tool_choice.name")
            return Named(name)
        case ChoiceBody(type="allowed_tools", mode=mode):
            return mode or "auto"
        case ChoiceBody(type=kind):
            return Named(declared(kind, tools))
        case _:
            raise InvalidRequest("tool_choice is none, auto, required, or names a tool", "tool_choice")


def read_reasoning(reasoning: ReasoningBody | None) -> Mapping[str, Json] | None:
    """How much to think, in those words that other wires know too."""
    given = reasoning.model_dump(exclude_none=True) if reasoning else {}
    return {name: given[name] for name in ("effort", "summary", "enabled", "max_tokens") if name in given} or None


def read_format(text: TextBody | None) -> Mapping[str, Json] | None:
    """The form of the answer, nested as chat completions have it."""
    match text.format if text else None:
        case FormatBody(type="json_object"):
            return {"type": "json_object"}
        case FormatBody(type="json_schema") as wanted:
            for name, value in (("name", wanted.name), ("schema", wanted.schema_)):
                if value is None:
                    raise InvalidRequest(f"text.format.{name} is required", f"text.format.{name}")
            schema = wanted.model_dump(by_alias=True, exclude_none=True, exclude={"type"})
            return {"type": "json_schema", "json_schema": schema}
        case _:
            return None


def read_extra(fields: ResponsesBody) -> dict[str, Json]:
    """Parameters for the outer model only, as it knows them."""
    verbosity = fields.text.verbosity if fields.text else None
    return {**chosen(fields, SAMPLING), **({"verbosity": verbosity} if verbosity else {})}


def read_echo(fields: ResponsesBody) -> dict[str, Json]:
    """What the reply says back."""
    echo = chosen(fields, ECHOED)
    echo["tools"] = echoed_tools(fields.tools or [])
    if fields.tool_choice is not None:
        echo["tool_choice"] = echoed_choice(fields.tool_choice)
    if fields.reasoning is not None:
        echo["reasoning"] = fields.reasoning.model_dump(exclude_none=True)
    if fields.text is not None:
        echo["text"] = {"format": {"type": "text"}, **fields.text.model_dump(by_alias=True, exclude_none=True)}
    if fields.service_tier in TIERS:
        echo["service_tier"] = fields.service_tier
    return echo


ECHOED = (
    "instructions", "metadata", "temperature", "top_p", "presence_penalty", "frequency_penalty", "top_logprobs",
    "max_output_tokens", "max_tool_calls", "parallel_tool_calls", "truncation", "user", "safety_identifier",
    "prompt_cache_key", "prompt_cache_options",
)  # fmt: skip
TIERS = ("auto", "default", "flex", "priority", "scale")


def echoed_tools(tools: Sequence[ToolBody]) -> list[Json]:
    """The tools that clients know; what is the gateway's own is not said back."""
    functions: dict[str, Any] = {"parameters": None, "strict": None}
    return [
        {**(functions if tool.type == "function" else {}), **tool.model_dump(exclude_none=True)}
        for tool in tools
        if tool.type in OPENAI_TOOLS
    ]


def echoed_choice(choice: str | ChoiceBody) -> Json:
    """The tool choice; the name of a tool of the gateway's comes back as `required`."""
    if isinstance(choice, str):
        return choice
    known = choice.type in ("function", "allowed_tools")
    return choice.model_dump(exclude_none=True) if known else "required"
