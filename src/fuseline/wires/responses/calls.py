"""Responses requests, written to upstreams. Nothing is kept there: each call says the whole conversation again."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import to_json

from fuseline.types.json import Json, JsonObject, list_of, object_of
from fuseline.types.messages import Attachment, Message, Part, Text
from fuseline.types.models import Endpoint, Model
from fuseline.types.requests import FunctionTool, Named, Request, ToolChoice
from fuseline.wires.faults import SEARCH
from fuseline.wires.native import OwnSearch, is_wide, own_search, rules_of, write_tools
from fuseline.wires.reasoning import effort_for
from fuseline.wires.responses.body import POLICY, SAMPLING
from fuseline.wires.responses.items import is_sealed
from fuseline.wires.responses.reader import FORMAT

SEALED = "encrypted_content"
"""Sealed reasoning in the conversation: left out like a parameter where an upstream does not know it for its own."""
FORM = "text.format"
VERBOSITY = "text.verbosity"
OPTIONAL = frozenset({"temperature", "reasoning", "tools", "max_output_tokens", "include", "store", *SAMPLING})
"""Parameters without which a call still makes sense, so that an upstream may refuse them."""
ROUTING = frozenset({"provider", "session_id"})
"""Policy fields that only OpenRouter's dialect knows."""


def write_request(request: Request, model: Model, without: frozenset[str]) -> bytes:
    """The body of a call to an upstream, always streamed."""
    return to_json(request_body(request, model, without))


def optional(request: Request, model: Model, without: frozenset[str]) -> frozenset[str]:
    """The optional parameters that the body of this call carries."""
    body = request_body(request, model, without)
    text = {f"text.{name}" for name in object_of(body.get("text"))}
    sealed = {SEALED} if any(SEALED in object_of(item) for item in list_of(body["input"])) else set[str]()
    searching = {SEARCH} if own_search(request, model, without, write_search) else set[str]()
    return OPTIONAL.intersection(body) | text | sealed | searching


def request_body(request: Request, model: Model, without: frozenset[str]) -> dict[str, Json]:
    """The same as an object, less the parameters that this upstream refuses."""
    endpoint, dialect = model.endpoint, model.endpoint.dialect
    instructions, said = parted(request.messages)
    search = own_search(request, model, without, write_search)
    body: dict[str, Json] = {
        "model": model.name,
        "input": [item for message in said for item in write_message(message, endpoint, SEALED not in without)],
        "stream": True,
        "store": False,
        **({} if model.reasons is False else {"include": [f"reasoning.{SEALED}"]}),
        **{name: request.extra[name] for name in SAMPLING if name in request.extra},
        **{name: request.policy[name] for name in POLICY if name in request.policy and known(name, dialect)},
    }
    given: dict[str, Json] = {
        "instructions": instructions or None,
        "max_output_tokens": request.max_tokens,
        "temperature": request.temperature if model.temperature else None,
        "reasoning": write_reasoning(request.reasoning or {}, model) or None,
        "text": write_text(request, model, without) or None,
        "tools": [*write_tools(request.functions, search, write_function)] or None,
        "tool_choice": write_choice(request.tool_choice, search),
    }
    body |= {name: value for name, value in given.items() if value is not None}
    for name in without:
        body.pop(name, None)
    if "tools" not in body:
        body.pop("tool_choice", None)
        body.pop("parallel_tool_calls", None)  # refused by upstreams where there is nothing to call
    return body


def known(name: str, dialect: str) -> bool:
    """Whether an upstream understands a policy field."""
    return dialect == "openrouter" or name not in ROUTING


def parted(messages: tuple[Message, ...]) -> tuple[str, tuple[Message, ...]]:
    """The instructions that stand in front of a conversation, and the conversation."""
    match messages:
        case (Message("system", str(instructions)), _, *_):
            return instructions, messages[1:]
        case _:
            return "", messages


def write_message(message: Message, endpoint: Endpoint, sealed: bool) -> Iterator[JsonObject]:
    """The items that one message is: what was thought, what was said, then what was called."""
    if message.role == "tool":
        output = write_content(message.content, "input_text")
        yield {"type": "function_call_output", "call_id": message.tool_call_id, "output": output}
        return
    if sealed:
        yield from write_sealed(list_of(message.opaque.get("reasoning_details")), endpoint)
    if message.content or not message.tool_calls:
        text = "output_text" if message.role == "assistant" else "input_text"
        yield {"type": "message", "role": message.role, "content": write_content(message.content, text)}
    for call in message.tool_calls:
        yield {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments}


def write_sealed(details: Iterable[Any], endpoint: Endpoint) -> Iterator[JsonObject]:
    """Reasoning that its upstream sealed. Each takes only its own; OpenRouter knows whose each is."""
    dialect, own = endpoint.dialect, formats_of(endpoint)
    for detail in map(object_of, details):
        if not (dialect == "openrouter" or detail.get("format") in own):
            continue
        head = {name: detail[name] for name in ("id", "format") if name in detail and known_seal(name, dialect)}
        if is_sealed(detail):
            yield {"type": "reasoning", **head, "summary": [], SEALED: detail["data"]}
        elif isinstance(detail.get("signature"), str):
            content: Json = [{"type": "reasoning_text", "text": str(detail.get("text") or "")}]
            yield {"type": "reasoning", **head, "summary": [], "content": content, "signature": detail["signature"]}


def formats_of(endpoint: Endpoint) -> tuple[str, ...]:
    """The formats of seals that an endpoint may have made: those without a name, and its vendor's by where it is."""
    host = urlsplit(endpoint.base_url).hostname or ""
    return (FORMAT, *(format for domain, format in FORMATS.items() if f".{host}".endswith(f".{domain}")))


FORMATS: Mapping[str, str] = {"x.ai": "xai-responses-v1", "azure.com": "azure-openai-responses-v1"}
"""What OpenRouter calls the seals of those who speak this protocol beside OpenAI, by their domain."""


def known_seal(name: str, dialect: str) -> bool:
    """Whether an upstream understands a field of sealed reasoning."""
    return dialect == "openrouter" or name != "format"


def write_content(content: str | tuple[Part, ...], text: str) -> Json:
    """A message's content, parts in their order; `text` is the type of those that are text."""
    if isinstance(content, str):
        return content
    return [{"type": text, "text": part.text} if isinstance(part, Text) else write_attachment(part) for part in content]


def write_attachment(part: Attachment) -> JsonObject:
    """A part that is not text, from the form of chat completions; what is of no known kind goes as it came."""
    match part.body.get("type"):
        case "image_url":
            image = part.body.get("image_url")
            detail = {name: value for name, value in object_of(image).items() if name == "detail"}
            return {"type": "input_image", "image_url": object_of(image).get("url", image), **detail}
        case "file":
            return {"type": "input_file", **write_file(object_of(part.body.get("file")))}
        case "video_url":
            return {"type": "input_video", "video_url": object_of(part.body.get("video_url")).get("url")}
        case _:
            return part.body


def write_file(file: Mapping[str, Json]) -> dict[str, Json]:
    """A file, its address told from its content."""
    if str(file.get("file_data") or "").startswith(("http://", "https://")):
        return {**{name: file[name] for name in ("filename",) if name in file}, "file_url": file["file_data"]}
    return {name: file[name] for name in ("filename", "file_data", "file_url", "file_id") if name in file}


def write_reasoning(reasoning: JsonObject, model: Model) -> JsonObject:
    """How much to think: the words of the protocol, and for OpenRouter all; none for a model known not to."""
    if model.reasons is False:
        return {}
    if model.endpoint.dialect == "openrouter":
        return reasoning
    word = effort_for(reasoning, model)
    return {
        **({"effort": word} if word else {}),
        **({"summary": reasoning["summary"]} if "summary" in reasoning else {}),
    }


def write_text(request: Request, model: Model, without: frozenset[str]) -> dict[str, Json]:
    """What the answer's text shall be like. Where nobody holds it to a schema it is JSON of any kind."""
    found: dict[str, Json] = {}
    if request.response_format is not None and FORM not in without:
        held = model.endpoint.quirks.schemas and model.schemas is not False
        kind, schema = request.response_format.get("type"), object_of(request.response_format.get("json_schema"))
        loose = kind == "json_schema" and not held
        found["format"] = {"type": "json_object"} if loose else {"type": kind, **schema}
    if "verbosity" in request.extra and VERBOSITY not in without:
        found["verbosity"] = request.extra["verbosity"]
    return found


def write_function(tool: FunctionTool) -> JsonObject:
    """The declaration of a function. Strict is the default of this protocol, and not of those that clients speak."""
    strict = tool.extra.get("strict") is True
    body: dict[str, Json] = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", **body, "strict": strict}


def write_search(wishes: JsonObject) -> JsonObject | None:
    """The vendor's own search; `None` for rules that it does not know: it takes hosts, and only those that it may use.

    See https://platform.openai.com/docs/guides/tools-web-search, November 2026.
    """
    rules = rules_of(wishes)
    if rules.excluded or len(rules.allowed) > MOST_HOSTS or any(is_wide(one) or "/" in one for one in rules.allowed):
        return None
    given: dict[str, Json] = {
        "filters": {"allowed_domains": list(rules.allowed)} if rules.allowed else None,
        "search_context_size": wishes.get("search_context_size"),
        "user_location": wishes.get("user_location"),
    }
    return {"type": "web_search", **{name: value for name, value in given.items() if value is not None}}


MOST_HOSTS = 100


def write_choice(choice: ToolChoice | None, search: OwnSearch | None) -> Json:
    """The tool choice."""
    if search and search.chosen(choice):
        return {"type": search.body["type"]}
    return {"type": "function", "name": choice.name} if isinstance(choice, Named) else choice
