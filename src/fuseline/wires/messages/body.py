"""The shape of a messages request, checked at the door. Unknown fields are let through and forgotten."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StrictBool, StrictInt, StrictStr

from fuseline.wires.shapes import Number, Object, PluginBody, Positive, Provider, Shape, StopRuleBody


class MessageBody(Shape):
    """One message; the blocks of its content are looked at one by one."""

    role: Literal["user", "assistant", "system"]
    content: StrictStr | list[Object]


class ToolBody(Shape):
    """A tool of any kind: the client's function, one that the gateway runs, or one that only Anthropic has."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: StrictStr | None = None
    name: StrictStr | None = None
    description: StrictStr | None = None
    input_schema: Object | None = None
    strict: StrictBool | None = None
    parameters: Object | None = None


class ChoiceBody(Shape):
    """The tool choice, which may also forbid several calls at once."""

    type: StrictStr
    name: StrictStr | None = None
    disable_parallel_tool_use: StrictBool | None = None


class ThinkingBody(Shape):
    """Whether to think, how much, and whether the client wants to read it."""

    type: StrictStr
    budget_tokens: Positive | None = None
    display: StrictStr | None = None


class FormatBody(Shape):
    """The form that the answer has to take."""

    schema_: Annotated[Object | None, Field(alias="schema")] = None


class OutputBody(Shape):
    """How much effort to make, and in which form to answer."""

    effort: Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"] | None = None
    format: FormatBody | None = None


class MetadataBody(Shape):
    """Who the client's user is."""

    user_id: StrictStr | None = None


class FallbackBody(Shape):
    """A model that takes over."""

    model: StrictStr


class MessagesBody(Shape):
    """The request as a whole."""

    model: StrictStr | None = None
    models: Annotated[list[StrictStr], Field(max_length=16)] | None = None
    fallbacks: Annotated[list[FallbackBody], Field(max_length=16)] | None = None
    messages: Annotated[list[MessageBody], Field(min_length=1, max_length=1000)]
    system: StrictStr | list[Object] | None = None
    stream: StrictBool | None = None
    tools: Annotated[list[ToolBody], Field(max_length=1024)] | None = None
    tool_choice: ChoiceBody | None = None
    plugins: Annotated[list[PluginBody], Field(max_length=32)] | None = None
    max_tokens: Positive | None = None
    stop_server_tools_when: Annotated[list[StopRuleBody], Field(max_length=16)] | None = None
    thinking: ThinkingBody | None = None
    output_config: OutputBody | None = None
    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    top_p: Annotated[Number, Field(ge=0, le=1)] | None = None
    top_k: Annotated[StrictInt, Field(ge=0)] | None = None
    stop_sequences: Annotated[list[StrictStr], Field(max_length=64)] | None = None
    cache_control: Object | None = None
    metadata: MetadataBody | None = None
    provider: Provider | None = None
    session_id: Annotated[StrictStr, Field(max_length=256)] | None = None
    user: StrictStr | None = None
