"""Searches and pages in words, as they are asked for and as they end."""

import json
from typing import Any

from fuseline.types.json import object_of
from fuseline.types.messages import ToolCall
from fuseline.types.runs import Lookup

LONGEST = 100
"""Characters of a query or an address that are shown."""


def calling(call: ToolCall) -> str:
    """What somebody does who calls a tool: the words that are searched for, the page that is read, or its name."""
    try:
        arguments: Any = object_of(json.loads(call.arguments))
    except (ValueError, RecursionError):
        arguments = {}
    query, url = arguments.get("query"), arguments.get("url")
    if isinstance(query, str):
        return f"searches {shortened(query)!r}"
    return f"reads {shortened(url)}" if isinstance(url, str) else f"calls {call.name}"


def outcome(lookup: Lookup) -> str:
    """What came of a search or a page."""
    if lookup.verdict != "ok":
        return f"{'found nothing' if lookup.kind == 'search' else 'could not read it'}: {lookup.verdict}"
    if lookup.kind == "fetch":
        title = lookup.sources[0].title if lookup.sources else lookup.asked
        return f"read {shortened(title)}{' (read before)' if lookup.engine == 'cache' else ''}"
    return f"found {len(lookup.sources)} for {shortened(lookup.asked)!r} ({lookup.engine})"


def shortened(text: str) -> str:
    """A text on one line, cut where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
