"""Finds something once for all who ask for it, also for those who ask while it is being found."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import anyio

T = TypeVar("T")


@dataclass(slots=True)
class Quest(Generic[T]):
    """Something that is being found, or was."""

    over: anyio.Event = field(default_factory=anyio.Event)
    outcome: T | None = None
    """`None` where it is not over, or whoever looked for it was stopped."""


class Once(Generic[T]):
    """What was found, by what was asked for. `keeps` says of which outcomes there is no sense in asking again."""

    def __init__(self, keeps: Callable[[T], bool]) -> None:
        self._keeps = keeps
        self._quests: dict[Hashable, Quest[T]] = {}

    async def __call__(self, key: Hashable, find: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """Return the outcome, and whether somebody else had it found. Who waits takes over from one who is stopped."""
        while (quest := self._quests.get(key)) is not None:
            await quest.over.wait()
            if quest.outcome is not None:
                return quest.outcome, True
        quest = self._quests[key] = Quest()
        try:
            outcome = quest.outcome = await find()
            return outcome, False
        finally:
            if quest.outcome is None or not self._keeps(quest.outcome):
                del self._quests[key]
            quest.over.set()
