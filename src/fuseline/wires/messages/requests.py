"""Messages requests, read from clients."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from fuseline.types.errors import InvalidRequest
from fuseline.types.json import Json
from fuseline.types.messages import Message, system
from fuseline.types.requests import FunctionTool, Named, Request, ServerTool, ToolChoice
from fuseline.wires.lookups import declared, read_tool
from fuseline.wires.messages.body import ChoiceBody, MessagesBody, ToolBody
from fuseline.wires.messages.turns import read_message, read_part
from fuseline.wires.shapes import invalid, read_stop_rules
from fuseline.wires.strict import read_json
from fuseline.wires.wishes import read_depth, wants_events, wants_metadata

FUNCTION = (None, "custom")
"""The types of a tool that the client runs."""
OURS = ("openrouter:", "fuseline:")
NAME = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
CHOICES: Mapping[str, ToolChoice] = {"auto": "auto", "any": "required", "none": "none"}


def read_request(body: bytes, headers: Mapping[str, str]) -> Request:
    """Read and check a client's request."""
    value = read_json(body)
    try:
        fields = MessagesBody.model_validate(value)
    except ValidationError as error:
        raise invalid(error) from None
    models = read_models(fields)
    tools = fields.tools or []
    functions = tuple(read_function(tool, index) for index, tool in enumerate(tools) if tool.type in FUNCTION)
    server_tools = tuple(read_server_tools(tools))
    events = wants_events(headers)
    return Request(
        model=models[0],
        messages=read_conversation(fields),
        functions=functions,
        server_tools=server_tools,
        plugins=tuple(plugin.read() for plugin in fields.plugins or []),
        tool_choice=read_choice(fields.tool_choice, tools, server_tools),
        max_tokens=fields.max_tokens,
        temperature=fields.temperature,
        reasoning=read_reasoning(fields),
        response_format=read_format(fields),
        fallbacks=tuple(models[1:]),
        stop_rules=read_stop_rules(fields.stop_server_tools_when or []),
        depth=read_depth(headers),
        streaming=bool(fields.stream),
        include_fusion=events,
        include_server_tools=events,
        include_metadata=wants_metadata(headers),
        policy=read_policy(fields),
        extra=read_sampling(fields, bool(functions)),
        echo={"thinking": wants_thoughts(fields)},
    )


def read_models(fields: MessagesBody) -> list[str]:
    """Who shall answer, and who takes over, in order."""
    models = [*([fields.model] if fields.model else []), *(fields.models or [])]
    if not models or not models[0]:
        raise InvalidRequest("model is required", "model")
    return [*models, *(fallback.model for fallback in fields.fallbacks or [])]


def read_conversation(fields: MessagesBody) -> tuple[Message, ...]:
    """The client's instructions, then its messages as turns."""
    turns = [turn for index, body in enumerate(fields.messages) for turn in read_message(body, f"messages[{index}]")]
    if not turns:
        raise InvalidRequest("messages hold nothing that can be read", "messages", kind="invalid_prompt")
    instructions = read_system(fields.system)
    return (*([system(instructions)] if instructions else []), *turns)


def read_system(value: str | list[dict[str, Any]] | None) -> str:
    """The client's instructions as one text, which every upstream takes."""
    if value is None or isinstance(value, str):
        return value or ""
    parts = [part for index, block in enumerate(value) for part in read_part(block, f"system[{index}]")]
    return Message("system", tuple(parts)).text


def read_function(tool: ToolBody, index: int) -> FunctionTool:
    """A function of the client's."""
    if tool.name is None:
        raise InvalidRequest(f"tools[{index}].name is required", f"tools[{index}].name")
    if not NAME.fullmatch(tool.name):
        raise InvalidRequest(f"tools[{index}].name must match {NAME.pattern}", f"tools[{index}].name")
    extra: dict[str, Json] = {} if tool.strict is None else {"strict": tool.strict}
    return FunctionTool(tool.name, tool.description or "", tool.input_schema or {}, extra)


def read_server_tools(tools: Iterable[ToolBody]) -> Iterable[ServerTool]:
    """All other tools; which of them the gateway runs is decided where they are known."""
    for tool in tools:
        if tool.type is not None and tool.type not in FUNCTION:
            yield read_tool(tool.type, tool.parameters, tool.model_extra)


def read_choice(
    choice: ChoiceBody | None, tools: Iterable[ToolBody], server_tools: Iterable[ServerTool]
) -> ToolChoice | None:
    """The tool choice; a name is a function's, or stands for a server tool, which is known by its type."""
    if choice is None:
        return None
    if choice.type in CHOICES:
        return CHOICES[choice.type]
    if choice.type.startswith(OURS):
        return Named(declared(choice.type, server_tools))
    if choice.type != "tool" or choice.name is None:
        raise InvalidRequest("tool_choice is auto, any, none, or a tool with its name", "tool_choice")
    named = next((tool for tool in tools if tool.name == choice.name), None)
    if named is None:
        return Named(declared(choice.name, server_tools))
    return Named(choice.name if named.type is None or named.type in FUNCTION else named.type)


def read_reasoning(fields: MessagesBody) -> Mapping[str, Json] | None:
    """How much to think. Effort goes before a budget: it is what every upstream understands."""
    thinking, output = fields.thinking, fields.output_config
    if thinking and thinking.type == "disabled":
        return {"enabled": False}
    if output and output.effort:
        return {"effort": output.effort}
    if thinking and thinking.type == "enabled":
        return {"max_tokens": thinking.budget_tokens} if thinking.budget_tokens else {"enabled": True}
    return None


def wants_thoughts(fields: MessagesBody) -> bool:
    """Whether the client wants to read what was thought: as with Anthropic, only one that asked for thinking."""
    thinking = fields.thinking
    return thinking is not None and thinking.type in ("enabled", "adaptive") and thinking.display != "omitted"


def read_format(fields: MessagesBody) -> Mapping[str, Json] | None:
    """The form that the answer has to take, as chat completions say it."""
    asked = fields.output_config.format if fields.output_config else None
    if asked is None or asked.schema_ is None:
        return None
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": asked.schema_}}


def read_policy(fields: MessagesBody) -> dict[str, Json]:
    """What may be done with the data, and for whom it is done."""
    user = fields.user or (fields.metadata.user_id if fields.metadata else None)
    given: dict[str, Json] = {"provider": fields.provider, "session_id": fields.session_id, "user": user}
    return {name: value for name, value in given.items() if value is not None}


def read_sampling(fields: MessagesBody, calls: bool) -> dict[str, Json]:
    """Parameters for the outer model only; that on parallel calls only beside functions, since some refuse it alone."""
    one_by_one = calls and fields.tool_choice is not None and fields.tool_choice.disable_parallel_tool_use
    given: dict[str, Json] = {
        "top_p": fields.top_p,
        "top_k": fields.top_k,
        "stop": fields.stop_sequences or None,
        "parallel_tool_calls": False if one_by_one else None,
        "cache_control": fields.cache_control,
    }
    return {name: value for name, value in given.items() if value is not None}
