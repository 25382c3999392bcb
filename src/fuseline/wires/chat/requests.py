"""Chat completions requests: read from clients, written to upstreams."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json

from fuseline.types.errors import InvalidRequest
from fuseline.types.json import Json, JsonObject, list_of, object_of
from fuseline.types.messages import Attachment, Message, Part, Text, ToolCall
from fuseline.types.models import Model
from fuseline.types.requests import FunctionTool, Named, Request, ServerTool, ToolChoice
from fuseline.wires.chat.body import POLICY, SAMPLING, ChatBody, MessageBody, NamedChoice, ToolBody, ToolCallBody
from fuseline.wires.chat.details import read_details
from fuseline.wires.chat.thinking import PARAMETERS, write_thinking
from fuseline.wires.chat.turns import takes_marks, write_turns
from fuseline.wires.faults import SEARCH
from fuseline.wires.lookups import declared, kind_of, read_tool
from fuseline.wires.marks import MARK
from fuseline.wires.native import OwnSearch, own_search, write_tools
from fuseline.wires.shapes import chosen, invalid, read_stop_rules
from fuseline.wires.strict import read_json
from fuseline.wires.wishes import read_depth, wants_events, wants_metadata

OPTIONAL = frozenset({
    "response_format", "temperature", "tools", "stream_options", "max_tokens", *PARAMETERS,
})  # fmt: skip
"""Parameters without which a call still makes sense, so that an upstream may refuse them."""
ROUTING = frozenset({"provider", "session_id"})
"""Policy fields that only OpenRouter's dialect knows."""


def read_request(body: bytes, headers: Mapping[str, str]) -> Request:
    """Read and check a client's request."""
    value = read_json(body)
    try:
        fields = ChatBody.model_validate(value)
    except ValidationError as error:
        raise invalid(error) from None
    if fields.n and fields.n > 1:
        raise InvalidRequest("n must be 1: a request gets one answer here, fused or not", "n")
    models = [*([fields.model] if fields.model else []), *(fields.models or [])]
    if not models or not models[0]:
        raise InvalidRequest("model is required", "model")
    tools = fields.tools or []
    server_tools = tuple(read_server_tools(fields))
    events = wants_events(headers)
    return Request(
        model=models[0],
        messages=tuple(one for index, body in enumerate(fields.messages) for one in read_messages(body, index)),
        functions=tuple(read_function(tool, index) for index, tool in enumerate(tools) if tool.type == "function"),
        server_tools=server_tools,
        plugins=tuple(plugin.read() for plugin in fields.plugins or []),
        tool_choice=read_choice(fields.tool_choice, server_tools),
        max_tokens=fields.max_completion_tokens or fields.max_tokens,
        temperature=fields.temperature,
        reasoning=read_reasoning(fields),
        response_format=fields.response_format,
        fallbacks=tuple(models[1:]),
        max_steps=min(fields.max_tool_calls or 30, 30),
        stop_rules=read_stop_rules(fields.stop_server_tools_when or []),
        depth=read_depth(headers),
        streaming=bool(fields.stream),
        include_fusion=events or bool(fields.stream_options and fields.stream_options.include_fusion),
        include_server_tools=events or fields.include_reasoning_details == "server_tools",
        include_metadata=wants_metadata(headers),
        policy=chosen(fields, POLICY),
        extra=chosen(fields, SAMPLING),
    )


def read_messages(body: MessageBody, index: int) -> tuple[Message, ...]:
    """A message of the conversation, behind the fusion runs that it was written from."""
    runs, details = read_details(body.reasoning_details or [], index)
    return (*runs, read_message(body, index, details))


def read_message(body: MessageBody, index: int, details: Sequence[Json]) -> Message:
    """One message by itself, and the record of the reasoning behind it."""
    if body.content is None and not body.tool_calls and body.refusal is None:
        raise InvalidRequest("content is required", f"messages[{index}].content", kind="invalid_prompt")
    content = body.content if isinstance(body.content, str) else tuple(read_parts(body.content or [], index))
    return Message(
        body.role,
        content if content else (body.refusal or ""),
        tuple(read_call(call) for call in body.tool_calls or []),
        tool_call_id=body.tool_call_id or "",
        name=body.name or "",
        reasoning=body.reasoning or body.reasoning_content or "",
        opaque={"reasoning_details": details} if details else {},
    )


def read_call(body: ToolCallBody) -> ToolCall:
    """A tool call of an earlier turn, with the signature that some models want back."""
    opaque: dict[str, Json] = {"extra_content": body.extra_content} if body.extra_content else {}
    return ToolCall(body.id, body.function.name, body.function.arguments, opaque)


def read_parts(parts: Sequence[Mapping[str, Any]], index: int) -> Iterable[Part]:
    """The parts of a message; text is understood, anything else is carried."""
    for position, part in enumerate(parts):
        if part.get("type") in ("text", "input_text", "output_text"):
            text = part.get("text")
            if not isinstance(text, str):
                path = f"messages[{index}].content[{position}].text"
                raise InvalidRequest("text is required", path, kind="invalid_prompt")
            yield Text(text)
        else:
            yield Attachment(part)


def read_function(tool: ToolBody, index: int) -> FunctionTool:
    """A function of the client's."""
    if tool.function is None:
        raise InvalidRequest("function is required", f"tools[{index}].function")
    return FunctionTool(
        tool.function.name,
        tool.function.description or "",
        tool.function.parameters or {},
        tool.function.model_extra or {},
    )


def read_server_tools(fields: ChatBody) -> Iterable[ServerTool]:
    """Every other tool, and the search that OpenAI's older models are given by a parameter of its own."""
    tools = [tool for tool in fields.tools or [] if tool.type != "function"]
    yield from (read_tool(tool.type, tool.parameters, tool.model_extra) for tool in tools)
    if fields.web_search_options is not None and not any(kind_of(tool.type) == "search" for tool in tools):
        yield read_tool("web_search", None, fields.web_search_options)


def read_choice(choice: str | NamedChoice | None, tools: Sequence[ServerTool]) -> ToolChoice | None:
    """The tool choice; a name is a function's, or a server tool's type."""
    match choice:
        case "none" | "auto" | "required" | None:
            return choice
        case NamedChoice(type="function", function=function) if function:
            return Named(function.name)
        case NamedChoice(type=kind):
            return Named(declared(kind, tools))
        case _:
            raise InvalidRequest("tool_choice is none, auto, required, or names a tool", "tool_choice")


def read_reasoning(fields: ChatBody) -> Mapping[str, Json] | None:
    """How much to think and what to show of it, from either spelling; two that differ are an error."""
    given = fields.reasoning.model_dump(exclude_none=True) if fields.reasoning else None
    if fields.include_reasoning is False:
        given = {**(given or {}), "exclude": True}
    if fields.reasoning_effort is None:
        return given
    if given and given.get("effort") not in (None, fields.reasoning_effort):
        raise InvalidRequest("reasoning_effort and reasoning.effort differ", "reasoning_effort")
    return {**(given or {}), "effort": fields.reasoning_effort}


def write_request(request: Request, model: Model, without: frozenset[str]) -> bytes:
    """The body of a call to an upstream, always streamed."""
    return to_json(request_body(request, model, without))


def optional(request: Request, model: Model, without: frozenset[str]) -> frozenset[str]:
    """The optional parameters that the body of this call carries."""
    body = request_body(request, model, without)
    turns = [object_of(turn) for turn in list_of(body["messages"])]
    marks = MARK in body or any(MARK in object_of(part) for turn in turns for part in list_of(turn.get("content")))
    searching = writes_search(request, model, without) is not None
    return OPTIONAL.intersection(body) | {name for name, there in ((MARK, marks), (SEARCH, searching)) if there}


def request_body(request: Request, model: Model, without: frozenset[str]) -> dict[str, Json]:
    """The same as an object, less the parameters that this upstream refuses."""
    quirks, search = model.endpoint.quirks, writes_search(request, model, without)
    body: dict[str, Json] = {
        "model": model.name,
        "messages": write_turns(request, model, without),
        "stream": True,
        **({"stream_options": {"include_usage": True}} if quirks.stream_options else {}),
        **write_extra(request, model),
        **write_thinking(request, model),
    }
    given: dict[str, Json] = {
        "max_tokens": request.max_tokens,
        "temperature": request.temperature if model.temperature else None,
        "response_format": write_format(request.response_format, model),
        "tools": [*write_tools(request.functions, search, write_function)] or None,
        "tool_choice": write_choice(request.tool_choice, search),
    }
    body |= {name: value for name, value in given.items() if value is not None}
    for name in without:
        body.pop(name, None)
    if "tools" not in body:
        body.pop("tool_choice", None)
        body.pop("parallel_tool_calls", None)  # refused by upstreams where there is nothing to call
    if request.max_tokens is not None and (quirks.max_tokens != "max_tokens" or "max_tokens" in without):
        body.pop("max_tokens", None)
        body["max_completion_tokens"] = request.max_tokens
    return body


def write_extra(request: Request, model: Model) -> dict[str, Json]:
    """Parameters that we do not model, and what may be done with the data, as far as this upstream knows of it."""
    if not (request.extra or request.policy):
        return {}
    routed = model.endpoint.dialect == "openrouter"
    extra = {name: value for name, value in request.extra.items() if name != MARK or takes_marks(model)}
    return extra | {name: value for name, value in request.policy.items() if routed or name not in ROUTING}


def write_format(wanted: JsonObject | None, model: Model) -> JsonObject | None:
    """The form of the answer: JSON of any kind, where nobody there holds it to a schema. The engine checks it then."""
    held = model.endpoint.quirks.schemas and model.schemas is not False
    if wanted is None or held or wanted.get("type") != "json_schema":
        return wanted
    return {"type": "json_object"}


def write_function(tool: FunctionTool) -> dict[str, Json]:
    """The declaration of a function."""
    body: dict[str, Json] = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": {**body, **tool.extra}}


def writes_search(request: Request, model: Model, without: frozenset[str]) -> OwnSearch | None:
    """The upstream's own search; on this protocol nobody but OpenRouter has a declaration for it."""
    return own_search(request, model, without, lambda wishes: None)


def write_choice(choice: ToolChoice | None, search: OwnSearch | None) -> Json:
    """The tool choice."""
    if search and search.chosen(choice):
        return {"type": search.body["type"]}
    return {"type": "function", "function": {"name": choice.name}} if isinstance(choice, Named) else choice
