"""What somebody asks for: a client of the gateway, or the gateway of an upstream."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fuseline.types.json import Json, JsonObject
from fuseline.types.messages import Message


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A function that its declarer will run."""

    name: str
    description: str = ""
    parameters: JsonObject = field(default_factory=dict[str, Json])
    extra: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """Whatever else the declaration held, such as `strict`."""


@dataclass(frozen=True, slots=True)
class ServerTool:
    """A tool that the gateway runs, as the client declared it."""

    type: str
    parameters: JsonObject = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Plugin:
    """An entry of the request's `plugins`."""

    id: str
    enabled: bool = True
    parameters: JsonObject = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class Named:
    """A tool choice that names one function, or one server tool by its type."""

    name: str


ToolChoice = Literal["auto", "none", "required"] | Named


@dataclass(frozen=True, slots=True)
class Request:
    """A conversation to be continued by a model."""

    model: str
    messages: tuple[Message, ...]
    functions: tuple[FunctionTool, ...] = ()
    server_tools: tuple[ServerTool, ...] = ()
    plugins: tuple[Plugin, ...] = ()
    tool_choice: ToolChoice | None = None
    """`None` where the client did not say, which is not the same as `auto`."""
    max_tokens: int | None = None
    temperature: float | None = None
    reasoning: JsonObject | None = None
    response_format: JsonObject | None = None
    fallbacks: tuple[str, ...] = ()
    """Models to try when the first cannot answer."""
    max_steps: int = 30
    """Server-tool steps that the outer model may take."""
    depth: int = 0
    """Above zero when a fusion run somewhere made this request: no panel is convened for it."""
    streaming: bool = False
    include_fusion: bool = False
    """Whether the reply's stream may carry our own events beside the protocol's."""
    policy: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """Fields that say what may be done with the data: they travel with every inner call."""
    extra: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """Parameters we do not model, for the outer model only."""
