"""The shape of a Responses request, checked at the door. Unknown fields are let through and forgotten."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StrictBool, StrictInt, StrictStr

from fuseline.wires.shapes import Number, Object, PluginBody, Positive, Provider, ReasoningBody, Shape, StopRuleBody


class MessageItem(Shape):
    """Something that was said. Only an assistant may have said nothing."""

    role: Literal["system", "developer", "user", "assistant"]
    content: StrictStr | list[Object] | None = None


class ReasoningItem(Shape):
    """What a model thought before its next words."""

    id: StrictStr | None = None
    upstream_id: StrictStr | None = None
    """The id under which its upstream knows it, where it is not that of the item."""
    summary: list[Object] | None = None
    content: list[Object] | None = None
    encrypted_content: StrictStr | None = None
    signature: StrictStr | None = None
    format: StrictStr | None = None


class FunctionCallItem(Shape):
    """A call of a function of the client's."""

    call_id: StrictStr
    name: StrictStr
    arguments: StrictStr = ""


class FunctionOutputItem(Shape):
    """What came of such a call."""

    call_id: StrictStr
    output: StrictStr | list[Object]


class FunctionBody(Shape):
    """A function that the client can run."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: Literal["function"]
    name: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
    description: StrictStr | None = None
    parameters: Object | None = None
    strict: StrictBool | None = None


class ToolBody(Shape):
    """A tool of any kind; of those that are no functions only what the gateway can run is looked into."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: StrictStr
    parameters: Object | None = None


class ChoiceBody(Shape):
    """A tool choice that names a tool, or several that are allowed."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: StrictStr
    name: StrictStr | None = None
    mode: Literal["auto", "required"] | None = None
    tools: list[Object] | None = None


class FormatBody(Shape):
    """The form that the answer's text shall have."""

    type: Literal["text", "json_object", "json_schema"]
    name: StrictStr | None = None
    description: StrictStr | None = None
    schema_: Object | None = Field(None, alias="schema")
    strict: StrictBool | None = None


class TextBody(Shape):
    """What the answer's text shall be like."""

    format: FormatBody | None = None
    verbosity: StrictStr | None = None


class ResponsesBody(Shape):
    """The request as a whole; the items of `input` are checked one by one."""

    model: StrictStr | None = None
    models: Annotated[list[StrictStr], Field(max_length=16)] | None = None
    input: Any = None
    instructions: StrictStr | None = None
    stream: StrictBool | None = None
    tools: Annotated[list[ToolBody], Field(max_length=1024)] | None = None
    tool_choice: Literal["none", "auto", "required"] | ChoiceBody | None = None
    parallel_tool_calls: StrictBool | None = None
    plugins: Annotated[list[PluginBody], Field(max_length=32)] | None = None
    max_output_tokens: Positive | None = None
    max_tool_calls: Annotated[StrictInt, Field(ge=1)] | None = None
    stop_server_tools_when: Annotated[list[StopRuleBody], Field(max_length=16)] | None = None
    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    top_p: Annotated[Number, Field(ge=0, le=1)] | None = None
    top_k: Annotated[StrictInt, Field(ge=0)] | None = None
    frequency_penalty: Annotated[Number, Field(ge=-2, le=2)] | None = None
    presence_penalty: Annotated[Number, Field(ge=-2, le=2)] | None = None
    top_logprobs: Annotated[StrictInt, Field(ge=0, le=20)] | None = None
    reasoning: ReasoningBody | None = None
    text: TextBody | None = None
    store: StrictBool | None = None
    previous_response_id: Any = None
    conversation: Any = None
    truncation: Literal["auto", "disabled"] | None = None
    metadata: Annotated[dict[str, Annotated[StrictStr, Field(max_length=512)]], Field(max_length=16)] | None = None
    provider: Provider | None = None
    session_id: Annotated[StrictStr, Field(max_length=256)] | None = None
    user: Annotated[StrictStr, Field(max_length=256)] | None = None
    service_tier: StrictStr | None = None
    safety_identifier: StrictStr | None = None
    prompt_cache_key: StrictStr | None = None
    prompt_cache_options: Object | None = None


SAMPLING = ("top_p", "top_k", "frequency_penalty", "presence_penalty", "parallel_tool_calls")
"""Parameters that go to the outer model as they came."""
POLICY = ("provider", "session_id", "user", "service_tier", "prompt_cache_key")
"""Parameters that say what may be done with the data; they go with every call."""
OPENAI_TOOLS = frozenset({
    "function", "web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11",
    "file_search", "computer_use_preview", "code_interpreter", "image_generation", "local_shell", "shell",
    "apply_patch", "custom", "namespace",
})  # fmt: skip
"""Types of tools that clients know, so that a reply may name them again."""
