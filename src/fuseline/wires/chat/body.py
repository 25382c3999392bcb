"""The shape of a chat completions request, checked at the door. Unknown fields are let through and forgotten."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StrictBool, StrictInt, StrictStr

from fuseline.wires.shapes import Number, Object, PluginBody, Positive, Provider, ReasoningBody, Shape, StopRuleBody


class FunctionCallBody(Shape):
    """The function inside a replayed tool call."""

    name: StrictStr
    arguments: StrictStr = ""


class ToolCallBody(Shape):
    """A tool call of an earlier assistant message."""

    id: StrictStr = ""
    function: FunctionCallBody
    extra_content: Object | None = None
    """A signature of the model that called, as Gemini's endpoint for chat completions has it."""


class MessageBody(Shape):
    """One message. Content may be null only where there are tool calls or a refusal instead."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: StrictStr | list[Object] | None = None
    name: StrictStr | None = None
    tool_calls: list[ToolCallBody] | None = None
    tool_call_id: StrictStr | None = None
    refusal: StrictStr | None = None
    reasoning: StrictStr | None = None
    reasoning_content: StrictStr | None = None
    reasoning_details: list[Object] | None = None


class FunctionBody(Shape):
    """A function that the client can run."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
    description: StrictStr | None = None
    parameters: Object | None = None


class ToolBody(Shape):
    """A tool of either kind: the client's function, or one that the gateway runs."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: StrictStr
    function: FunctionBody | None = None
    parameters: Object | None = None


class NamedFunction(Shape):
    """The function that a tool choice names."""

    name: StrictStr


class NamedChoice(Shape):
    """A tool choice that names a function, or a server tool by its type."""

    type: StrictStr
    function: NamedFunction | None = None


class StreamOptions(Shape):
    """What the stream shall carry. Usage always comes, asked for or not."""

    include_usage: StrictBool | None = None
    include_fusion: StrictBool = False


class ChatBody(Shape):
    """The request as a whole."""

    model: StrictStr | None = None
    models: Annotated[list[StrictStr], Field(max_length=16)] | None = None
    messages: Annotated[list[MessageBody], Field(min_length=1, max_length=1000)]
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    tools: Annotated[list[ToolBody], Field(max_length=1024)] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedChoice | None = None
    web_search_options: Object | None = None
    plugins: Annotated[list[PluginBody], Field(max_length=32)] | None = None
    max_tokens: Positive | None = None
    max_completion_tokens: Positive | None = None
    max_tool_calls: Annotated[StrictInt, Field(ge=1)] | None = None
    stop_server_tools_when: Annotated[list[StopRuleBody], Field(max_length=16)] | None = None
    include_reasoning: StrictBool | None = None
    include_reasoning_details: Any = None
    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    top_p: Annotated[Number, Field(ge=0, le=1)] | None = None
    frequency_penalty: Annotated[Number, Field(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[Number, Field(ge=-2, le=2)] | None = None
    repetition_penalty: Annotated[Number, Field(ge=0, le=2)] | None = None
    top_k: Annotated[StrictInt, Field(ge=0)] | None = None
    min_p: Annotated[Number, Field(ge=0, le=1)] | None = None
    top_a: Annotated[Number, Field(ge=0, le=1)] | None = None
    seed: StrictInt | None = None
    stop: StrictStr | Annotated[list[StrictStr], Field(max_length=4)] | None = None
    n: Annotated[StrictInt, Field(ge=1, le=128)] | None = None
    logprobs: StrictBool | None = None
    top_logprobs: Annotated[StrictInt, Field(ge=0, le=20)] | None = None
    logit_bias: dict[str, Number] | None = None
    parallel_tool_calls: StrictBool | None = None
    response_format: Object | None = None
    reasoning: ReasoningBody | None = None
    reasoning_effort: Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"] | None = None
    verbosity: StrictStr | None = None
    prediction: Object | None = None
    provider: Provider | None = None
    session_id: Annotated[StrictStr, Field(max_length=256)] | None = None
    user: StrictStr | None = None
    service_tier: StrictStr | None = None
    prompt_cache_key: StrictStr | None = None
    cache_control: Object | None = None


SAMPLING = (
    "top_p", "frequency_penalty", "presence_penalty", "repetition_penalty", "top_k", "min_p", "top_a", "seed", "stop",
    "logprobs", "top_logprobs", "logit_bias", "parallel_tool_calls", "verbosity", "prediction",
    "cache_control",
)  # fmt: skip
"""Parameters that go to the outer model as they came."""
POLICY = ("provider", "session_id", "user", "service_tier", "prompt_cache_key")
"""Parameters that say what may be done with the data; they go with every call."""
