"""What is said in a conversation, whoever says it and on whichever wire."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from fuseline.types.json import Json, JsonObject
from fuseline.types.quick import quick, replace

Role = Literal["system", "developer", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of plain text inside a message of several parts."""

    text: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is not text: an image, a file, audio."""

    body: JsonObject
    """The part exactly as the client sent it; only an upstream that takes it ever looks inside."""


Part = Text | Attachment


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to have a tool called."""

    id: str
    name: str
    arguments: str
    """The JSON text exactly as the model wrote it; the tool that is called parses it."""
    opaque: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """Signatures and the like; returned only to the upstream they came from."""


@quick
@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str | tuple[Part, ...] = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    """On a `tool` message: which call this answers."""
    name: str = ""
    reasoning: str = ""
    opaque: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """Reasoning signatures and other sealed parts of an earlier reply, passed back untouched."""
    goes_on: bool = False
    """Whether it goes on from the message before it, so that upstreams which refuse a role twice in a row get one."""

    @property
    def text(self) -> str:
        """The message's text alone, parts joined by blank lines and attachments left out."""
        if isinstance(self.content, str):
            return self.content
        return "\n\n".join(part.text for part in self.content if isinstance(part, Text))

    @property
    def blank(self) -> bool:
        """Whether it says and shows nothing."""
        shows = not isinstance(self.content, str) and any(isinstance(part, Attachment) for part in self.content)
        return not shows and not self.text.strip()


def system(text: str) -> Message:
    """A system message."""
    return Message("system", text)


def user(text: str) -> Message:
    """A user message."""
    return Message("user", text)


def in_turn(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The conversation with word of each message that goes on from the one before: its role speaks twice in a row."""
    turns: list[Message] = []
    for message in messages:
        repeats = bool(turns) and turns[-1].role == message.role and message.role in ("user", "assistant")
        plain = repeats and not (turns[-1].tool_calls or message.tool_calls)
        turns.append(replace(message, goes_on=True) if plain else message)
    return tuple(turns)
