"""What a call took, as Gemini counts it."""

from collections.abc import Mapping
from typing import Any

from fuseline.types.replies import Usage
from fuseline.wires.accounts import count


def read_usage(fields: Mapping[str, Any], said: bool, searches: int = 0) -> Usage | None:
    """Read an upstream's counts; `None` where they are missing or cannot be true.

    Thoughts are counted beside the answer here, and what the upstream's own tools read beside the prompt. A count that
    is zero is left out, so a missing one is zero, unless something was `said`. Searches are told elsewhere.
    """
    found = {name: count(fields.get(name, 0)) for name in COUNTS}
    given, read, answer, thoughts, cached = (found[name] for name in COUNTS)
    if "promptTokenCount" not in fields or None in (given, read, answer, thoughts):
        return None
    tokens_out = (answer or 0) + (thoughts or 0)
    if said and not tokens_out and COUNTS[2] not in fields:
        return None
    return Usage(
        (given or 0) + (read or 0),
        tokens_out,
        cached_tokens=cached or 0,
        reasoning_tokens=thoughts or 0,
        searches=searches,
    )


COUNTS = (
    "promptTokenCount",
    "toolUsePromptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "cachedContentTokenCount",
)
