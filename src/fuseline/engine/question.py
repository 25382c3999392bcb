"""The question that a panel is asked, and how much of the client's conversation goes with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from fuseline.settings.sections import FusionSettings
from fuseline.types.json import Json
from fuseline.types.messages import Message, user

INSTRUCTIONS = ("system", "developer")


@dataclass(frozen=True, slots=True)
class Question:
    """What the panel is asked, and under which terms it travels."""

    conversation: tuple[Message, ...]
    policy: Mapping[str, Json]
    standing: int = 0
    """Messages at the beginning that stay when a window is too small for all: the client's instructions."""


def for_panel(messages: Sequence[Message], forward_system: bool) -> tuple[Message, ...]:
    """The client's conversation as a seat may see it: what people and assistants said, ending with a person.

    Tool traffic is dropped, earlier runs of the panel with it: several upstreams refuse a history that ends with it,
    and none of the seats has the tools.
    """
    roles = ("user", "assistant", "system", "developer") if forward_system else ("user", "assistant")
    kept = [
        Message("user" if message.role in INSTRUCTIONS else message.role, message.content)
        for message in messages
        if message.role in roles and not message.blank
    ]
    while kept and kept[-1].role != "user":
        kept.pop()
    return tuple(kept)


def put_to_panel(
    messages: Sequence[Message], policy: Mapping[str, Json], settings: FusionSettings, prompt: str = ""
) -> Question:
    """The question that a panel is asked, with as much around it as the settings say.

    `prompt` is what an outer model asks; without one it is the client's last message. One that repeats the client word
    for word is not said twice.
    """
    said = [one for one in messages if one.role not in INSTRUCTIONS]
    leading = [one for one in messages if one.role in INSTRUCTIONS and not one.blank] if settings.forward_system else []
    if settings.context == "prompt" or (settings.context == "auto" and prompt):
        asked = (user(prompt),) if prompt else for_panel(said, False)[-1:]
        return Question((*for_panel(leading, True), *asked), policy, len(leading))
    conversation = for_panel(messages, settings.forward_system)
    repeated = bool(conversation) and conversation[-1].text.strip() == prompt.strip()
    asked = () if repeated or not prompt else (user(prompt),)
    standing = len(list(takewhile(lambda one: one.role in INSTRUCTIONS, messages))) if leading else 0
    return Question((*conversation, *asked), policy, min(standing, len(leading)))
