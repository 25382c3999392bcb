"""What somebody asks for: a client of the gateway, or the gateway of an upstream."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fuseline.types.json import Json, JsonObject
from fuseline.types.messages import Message
from fuseline.types.quick import quick


@dataclass(frozen=True, slots=True)
class FunctionTool:
    """A function that its declarer will run."""

    name: str
    description: str = ""
    parameters: JsonObject = field(default_factory=dict[str, Json])
    extra: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """Whatever else the declaration held, such as `strict`."""
    native: JsonObject | None = None
    """What the upstream's own search is asked for in place of this function, where it has one; `None`: never."""


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
class StopRule:
    """When the outer model shall call no more server tools. Any rule of a request that holds is enough."""

    kind: Literal["step_count_is", "has_tool_call", "max_tokens_used", "max_cost", "finish_reason_is"]
    value: int | str
    """Steps, a tool's name, tokens, nano-dollars, or a finish reason."""


@quick
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
    """Server-tool steps that the outer model may take; without effect where there are `stop_rules`."""
    stop_rules: tuple[StopRule, ...] = ()
    depth: int = 0
    """Above zero when a fusion run somewhere made this request: no panel is convened for it."""
    streaming: bool = False
    include_fusion: bool = False
    """Whether the reply's stream may carry our own events beside the protocol's."""
    include_server_tools: bool = False
    """Whether the reply may show the run as a call of the server's tool, which strict readers do not know."""
    include_metadata: bool = False
    """Whether the reply tells how the request was routed (`openrouter_metadata`)."""
    error_ends_stream: bool = False
    """Whether the client takes any event with an `error` in it for the end of its stream."""
    shared: int = 0
    """Messages at the front that other calls begin with as well, so that an upstream may keep what it made of them."""
    policy: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """Fields that say what may be done with the data: they travel with every inner call."""
    extra: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """Parameters we do not model: the client's for the outer model alone, and our own wishes for any call."""
    echo: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """What the reply has to say back, in the words of the wire that read it."""
