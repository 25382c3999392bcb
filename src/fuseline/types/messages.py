"""What is said in a conversation, whoever says it and on whichever wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fuseline.types.json import Json, JsonObject

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
