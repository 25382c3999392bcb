"""What a model says back, in pieces while it speaks and whole at the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fuseline.types.json import Json, JsonObject, list_of
from fuseline.types.messages import Message, ToolCall
from fuseline.types.quick import quick

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "error"]


@quick
@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call as the upstream counted them."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost: int | None = None
    """Nano-dollars, where the upstream says what it charges."""
    searches: int = 0
    """How often the upstream itself searched the web for it."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A page that a text refers to, and the place where it does. Each wire has a form of its own for it."""

    url: str
    title: str
    start: int = 0
    """Index of the first character of the text that rests on the page."""
    end: int = 0
    """Index behind the last."""
    excerpt: str = ""
    """What the page says, where it is known."""


@dataclass(frozen=True, slots=True)
class Delta:
    """What one read of the socket brought: adjacent pieces of text are already joined."""

    text: str = ""
    reasoning: str = ""
    details: tuple[JsonObject, ...] = ()
    """The record of the reasoning, in the words of the wire it came by."""


@quick
@dataclass(frozen=True, slots=True)
class Reply:
    """A model's finished turn."""

    model: str
    """The concrete model that answered, as the upstream names it."""
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: FinishReason = "stop"
    native_finish_reason: str = "stop"
    usage: Usage | None = None
    """`None` where the upstream did not count; that is not zero."""
    citations: tuple[Citation, ...] = ()
    upstream_id: str = ""
    opaque: Mapping[str, Json] = field(default_factory=dict[str, Json])

    @property
    def delta(self) -> Delta:
        """All that was said and thought in it as one piece, for one that came whole."""
        return Delta(self.text, self.reasoning, tuple(list_of(self.opaque.get("reasoning_details"))))

    @property
    def message(self) -> Message:
        """This turn as a message of the conversation that goes on."""
        return Message("assistant", self.text, self.tool_calls, reasoning=self.reasoning, opaque=self.opaque)
