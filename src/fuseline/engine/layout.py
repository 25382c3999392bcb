"""The order in which every call of a run says what it has to say, so that upstreams can keep the front of it.

First what all calls share, the opening and the conversation; behind it what one of them is to do. Nothing that is drawn
anew for each run stands in front of the conversation.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache

from fuseline.engine.prompts import render
from fuseline.types.messages import Message, in_turn, system, user


def opening(wishes: str = "") -> Message:
    """The system message of panel, analyst and writer: the same for all of them on one day, but for the wishes.

    `wishes` are the person's own instructions, for those who may see them.
    """
    plain = plain_opening(datetime.now(UTC).date())
    extra = f"\n\nThe person's own instructions, which govern form and language:\n\n{wishes.strip()}"
    return system(plain.text + extra) if wishes.strip() else plain


@lru_cache(2)
def plain_opening(today: date) -> Message:
    """What all are told, made once a day."""
    return system(render("common", today=today.isoformat()))


def laid_out(conversation: Iterable[Message], *task: str, wishes: str = "") -> tuple[Message, ...]:
    """A conversation behind the opening, and in front of the task, whose parts stand in one message."""
    return in_turn((opening(wishes), *conversation, user("\n\n".join(part for part in task if part))))


def returns(model: str, roles: Iterable[str], conversation: Sequence[Message]) -> bool:
    """Whether the front of a call is worth keeping: its model has several of the `roles`, or the talk goes on."""
    return list(roles).count(model) > 1 or any(message.role == "assistant" for message in conversation)
