"""Uses of server tools as items of a response's output. Fusion has an item of its own, elsewhere."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fuseline.types.json import Json, object_of
from fuseline.types.messages import ToolCall
from fuseline.types.requests import Request
from fuseline.wires.draft import objects, text_of
from fuseline.wires.lookups import FETCH_CALL, SEARCH_CALL, declares

Item = dict[str, Json]
NO_CONTENT: Json = []
"""On items that OpenAI does not know: its Python client reads them as messages, and readers go through the content."""
OWN_SEARCH = "web_search_call"
"""The type of the item for searches that OpenAI has, which its clients know."""
OPENAI = re.compile(r"web_search(?:_preview)?(?:_\d{4}_\d\d_\d\d)?")
STATUS = re.compile(r"HTTP (\d{3})")
"""How a page's failure says with which status its server answered."""
REQUIRED = {"openrouter:datetime": ("datetime", "timezone")}
"""Fields that clients require of an item even before they are known, or where the tool failed."""


@dataclass(frozen=True, slots=True)
class Showing:
    """What has to be known to show the uses of tools to one client."""

    own_search: bool = False
    """Whether a search is shown as one of OpenAI's: its type is what the client declared."""
    titles: Mapping[str, str] = field(default_factory=dict[str, str])
    """What the pages are called that were found, by their addresses."""


def shows_own_search(request: Request) -> bool:
    """Whether the client declared a search by a type of OpenAI's, so that it knows the item which that comes to."""
    return declares(request, "search", OPENAI)


def prefix_of(call: ToolCall) -> str:
    """How the id of a use begins."""
    return PREFIXES.get(call.name, "st")


PREFIXES = {SEARCH_CALL: "ws", FETCH_CALL: "wf"}


def tool_item(id: str, call: ToolCall, result: str | None = None, showing: Showing = Showing()) -> Item:
    """The use of a server tool; `result` is what it returned, `None` as long as it runs."""
    told = fields_of(result or "")
    match call.name:
        case name if name == SEARCH_CALL:
            item = search_item(call, told, showing)
        case name if name == FETCH_CALL:
            item = fetch_item(call, told, showing)
        case _:
            kind = "openrouter:" + call.name.removeprefix("openrouter_")
            item = {**dict.fromkeys(REQUIRED.get(kind, ()), ""), **told, "content": NO_CONTENT, "type": kind}
    broken = "error" in told and call.name in PREFIXES
    ended = broken_status(item) if broken else "completed"
    return {**item, "id": id, "status": "in_progress" if result is None else ended}


def search_item(call: ToolCall, told: Mapping[str, Any], showing: Showing) -> Item:
    """A search: the words, and the addresses that were found."""
    found = [text_of(page, "url") for page in objects(told.get("results"))]
    query = text_of(told, "query") or text_of(fields_of(call.arguments), "query")
    sources: Item = {"sources": [{"type": "url", "url": url} for url in found if url]} if told else {}
    action: Item = {"type": "search", "query": query, **sources}
    if showing.own_search:
        return {"type": OWN_SEARCH, "action": action}
    return {"type": "openrouter:web_search", "action": action, "content": NO_CONTENT}


def fetch_item(call: ToolCall, told: Mapping[str, Any], showing: Showing) -> Item:
    """A page: its address, and what it is called. Its text was wrapped for the model, and is for nobody else.

    The field for it is an empty text, which those who expect a text and those who go through its parts both take.
    """
    url = text_of(told, "url") or text_of(fields_of(call.arguments), "url")
    item: Item = {"type": "openrouter:web_fetch", "url": url, "content": ""}
    if error := text_of(told, "error"):
        status = STATUS.search(error)
        return {**item, "error": error, **({"httpStatus": int(status[1])} if status else {})}
    title = showing.titles.get(url, "")
    return {**item, **({"title": title} if title else {}), **({"httpStatus": 200} if told else {})}


def broken_status(item: Mapping[str, Json]) -> str:
    """What is said of an item that came to nothing, in the words of its type."""
    return "failed" if item["type"] == OWN_SEARCH else "incomplete"


def fields_of(text: str) -> dict[str, Any]:
    """A tool's result, or its arguments, as an object; empty where it is none."""
    try:
        return object_of(json.loads(text))
    except (ValueError, RecursionError):
        return {}
