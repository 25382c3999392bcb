"""Marks on the parts of a prompt behind which an upstream shall keep what it made of it. It knows no wire."""

from collections.abc import Iterable
from typing import Any

from fuseline.types.json import JsonObject, list_of, object_of

MARK = "cache_control"
"""The field of a mark, and of the wish to have the upstream set one itself, by which refusals name it too."""
MOST = 4
"""Marks that one call may carry."""


def marked(part: JsonObject) -> JsonObject:
    """A part with a mark on it."""
    return {**part, MARK: {"type": "ephemeral"}}


def room(turns: Iterable[Any], *, automatic: bool) -> int:
    """Marks that a call may still get, beside those that its clients' own parts carry.

    `automatic` says whether the upstream is asked to set one more itself.
    """
    carried = sum(MARK in object_of(part) for turn in turns for part in list_of(object_of(turn).get("content")))
    return max(MOST - carried - automatic, 0)
