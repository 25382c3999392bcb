"""Finds a run by its id, whether it goes on, has just ended, or is kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from fuseline.doors.console.live import LiveRuns
from fuseline.doors.console.recalled import messages_of, panel_of, plugin_of, question_of, run_of
from fuseline.doors.console.views import Shown
from fuseline.storage.base import Store
from fuseline.types.errors import NotFound, shown
from fuseline.types.json import JsonObject
from fuseline.types.messages import Message
from fuseline.types.quick import replace


@dataclass(frozen=True, slots=True)
class Found:
    """A run, and how it was asked for."""

    shown: Shown
    messages: Sequence[Message]
    """The conversation; empty where texts are not kept."""
    parameters: JsonObject
    """Those of fusion."""
    asked: JsonObject
    """The request as it is kept."""


async def find(run_id: str, live: LiveRuns, store: Store) -> Found:
    """Find a run.

    :raises NotFound: when there is none of that id.
    """
    listed = await store.listed(run_id)
    stored = await store.run(run_id) if listed else None
    if listed is None or stored is None:
        raise NotFound(f"there is no run {shown(run_id)}")
    votes, going = await store.votes(run_id), live.find(run_id)
    if going is not None and going.over and going.run is not None:
        told = replace(going.shown(going.run), marks=listed.marks, votes=votes, asked=stored.request)
        return Found(told, going.request.messages, going.parameters, stored.request)
    messages = messages_of(stored.request)
    told = Shown(run_of(stored), question_of(messages), panel_of(stored), listed.marks, votes, asked=stored.request)
    told = replace(told, said=going.said) if going else told
    return Found(told, messages, plugin_of(stored.request), stored.request)
