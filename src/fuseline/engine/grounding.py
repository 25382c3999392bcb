"""One search before anybody speaks, for the web plugin and `:online`: its results stand in front of the question."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fuseline.engine.prompts import render
from fuseline.tools.base import Scene
from fuseline.tools.toolbox import TOOLS
from fuseline.types.json import JsonObject
from fuseline.types.messages import ToolCall, user
from fuseline.types.requests import Request

SEARCH = "openrouter:web_search"
LONGEST_QUERY = 180
"""Characters of a question that are searched for: engines take few more, and a whole letter is nobody's query."""


@dataclass(frozen=True, slots=True)
class Grounding:
    """The wish for a search before the call."""

    parameters: JsonObject
    """Those of the web search tool."""
    prompt: str = ""
    """What the client wants said in front of the results, in place of our words."""


async def grounded(request: Request, wish: Grounding, scene: Scene) -> Request:
    """The request with what a search for its last question found. Where nothing is found it stays as it is."""
    place = next((at for at, one in reversed([*enumerate(request.messages)]) if one.role == "user"), None)
    words = query_of(request.messages[place].text) if place is not None else ""
    if place is None or not words:
        return request
    search = TOOLS[SEARCH](wish.parameters)
    arguments = json.dumps({"query": words}, ensure_ascii=False)
    found = await search(ToolCall("grounding", search.spec.name, arguments), scene)
    if "results" not in json.loads(found.text):
        return request
    said = user((wish.prompt and f"{wish.prompt}\n\n{found.text}") or told(found.text))
    return replace(request, messages=(*request.messages[:place], said, *request.messages[place:]))


def told(results: str) -> str:
    """The results with word on what they are and how to cite them."""
    return render("grounding", today=datetime.now(UTC).date().isoformat(), results=results)


def query_of(question: str) -> str:
    """The beginning of a question, cut between words."""
    words = " ".join(question.split())
    if len(words) <= LONGEST_QUERY:
        return words
    return words[:LONGEST_QUERY].rpartition(" ")[0] or words[:LONGEST_QUERY]
