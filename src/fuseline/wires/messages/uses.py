"""Searches and pages as blocks of an answer: those that we looked up, and those that its upstream looked up by itself.

Only clients that declared the vendor's own tools know these blocks. The content of a page is never among them: it is
for the model that asked.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fuseline.types.json import Json, JsonObject, list_of, object_of
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import ToolUse
from fuseline.wires.draft import objects, text_of
from fuseline.wires.lookups import ANTHROPIC, FETCH_CALL, SEARCH_CALL, declares
from fuseline.wires.messages.blocks import parsed, use_id
from fuseline.wires.messages.parts import plain_id

SERVER_BLOCKS = "server_blocks"
"""Where a turn keeps the searches that its upstream made in it: sealed, and given back to it as they came."""
USE, SEARCH_RESULT, FETCH_RESULT = "server_tool_use", "web_search_tool_result", "web_fetch_tool_result"
NAMES = {SEARCH_CALL: "web_search", FETCH_CALL: "web_fetch"}
"""What the vendor calls our tools."""
DIRECT: JsonObject = {"type": "direct"}
SPENT = "max_uses_exceeded"
SEARCH_ERRORS: Mapping[str, str] = {
    "max_uses_reached": SPENT,
    "max_total_results_reached": SPENT,
    "tool_budget_exhausted": SPENT,
    "query_too_long": "query_too_long",
    "query_not_allowed": "invalid_tool_input",
    "invalid_arguments": "invalid_tool_input",
}
"""The vendor's words for why nothing was searched for; what is not listed is `unavailable`."""
FETCH_ERRORS: Mapping[str, str] = {
    "max_uses_reached": SPENT,
    "page_limit_reached": SPENT,
    "url_not_allowed": "url_not_allowed",
    "url_not_in_context": "url_not_allowed",
    "invalid_arguments": "invalid_tool_input",
    "fetch_unavailable": "unavailable",
}
"""The vendor's words for why no page was read; what is not listed is `url_not_accessible`."""


def shown_calls(request: Request) -> frozenset[str]:
    """The tools whose uses this client can be shown, by the names that models call them by."""
    kinds = {SEARCH_CALL: declares(request, "search", ANTHROPIC), FETCH_CALL: declares(request, "fetch", ANTHROPIC)}
    return frozenset(name for name, known in kinds.items() if known)


def use_blocks(use: ToolUse, request: Request, titles: Mapping[str, str]) -> list[Json]:
    """A use of one of our tools and what came of it; nothing where the client cannot be shown it."""
    if use.call.name not in shown_calls(request):
        return []
    return [use_block(use.call, asked(use.call)), result_block(use.call, use.result, titles)]


def use_block(call: ToolCall, arguments: JsonObject) -> dict[str, Json]:
    """That something is looked up."""
    return {"type": USE, "id": id_of(call), "name": NAMES[call.name], "input": arguments, "caller": DIRECT}


def asked(call: ToolCall) -> dict[str, Json]:
    """What is looked up."""
    name = "query" if call.name == SEARCH_CALL else "url"
    return {name: text_of(parsed(call), name)}


def id_of(call: ToolCall) -> str:
    """The id of a use, in the vendor's form."""
    return use_id(plain_id(call.id).replace("-", "_"))


def result_block(call: ToolCall, result: str, titles: Mapping[str, str]) -> dict[str, Json]:
    """What came of it."""
    told = parsed(ToolCall("", "", result))
    searched = call.name == SEARCH_CALL
    content = found_pages(told, titles) if searched else read_page(call, told, titles)
    kind = SEARCH_RESULT if searched else FETCH_RESULT
    return {"type": kind, "tool_use_id": id_of(call), "content": content, "caller": DIRECT}


def found_pages(told: Mapping[str, Any], titles: Mapping[str, str]) -> Json:
    """The pages that a search found, or that it failed."""
    if error := text_of(told, "error"):
        code = SEARCH_ERRORS.get(error, "unavailable")
        return {"type": f"{SEARCH_RESULT}_error", "error_code": code}
    urls = [url for page in objects(told.get("results")) if (url := text_of(page, "url"))]
    return [
        {
            "type": "web_search_result",
            "url": url,
            "title": titles.get(url) or url,
            "encrypted_content": "",
            "page_age": None,
        }
        for url in urls
    ]


def read_page(call: ToolCall, told: Mapping[str, Any], titles: Mapping[str, str]) -> Json:
    """The page that was read, or that it could not be."""
    if error := text_of(told, "error"):
        code = FETCH_ERRORS.get(error.partition(":")[0], "url_not_accessible")
        return {"type": f"{FETCH_RESULT}_error", "error_code": code}
    url = text_of(told, "url") or text_of(parsed(call), "url")
    source: Json = {"type": "text", "media_type": "text/plain", "data": ""}
    document: Json = {"type": "document", "source": source, "title": titles.get(url), "citations": None}
    retrieved = text_of(told, "retrieved_at") or None
    return {"type": "web_fetch_result", "url": url, "content": document, "retrieved_at": retrieved}


def own_blocks(reply: Reply, request: Request) -> list[JsonObject]:
    """The searches that an upstream made by itself in a turn, for a client that knows them and sends them back."""
    return blocks_of(reply.opaque) if SEARCH_CALL in shown_calls(request) else []


def blocks_of(opaque: Mapping[str, Json]) -> list[JsonObject]:
    """The searches that a turn keeps for its upstream."""
    return list(objects(opaque.get(SERVER_BLOCKS)))


def is_use(block: Mapping[str, Any]) -> bool:
    """Whether a block is a call or a result of a search that an upstream makes by itself."""
    return block.get("type") == SEARCH_RESULT or (block.get("type") == USE and block.get("name") == NAMES[SEARCH_CALL])


def sealed_uses(blocks: Sequence[Mapping[str, Any]]) -> list[Json]:
    """Those searches among a client's blocks that an upstream made and sealed, each with its result. Ours go."""
    calls = {text_of(block, "id"): block for block in blocks if block.get("type") == USE}
    kept: list[Json] = []
    for block in blocks:
        call = calls.get(text_of(block, "tool_use_id"))
        if block.get("type") == SEARCH_RESULT and call is not None and is_sealed(block):
            kept += [call, block]
    return kept


def is_sealed(result: Mapping[str, Any]) -> bool:
    """Whether a result holds something that only its upstream can read."""
    return any(text_of(object_of(page), "encrypted_content") for page in list_of(result.get("content")))
