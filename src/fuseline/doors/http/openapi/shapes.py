"""The shapes of inference replies and errors as the document tells them. The wires write them field by field."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from fuseline.doors.http.lookups.shapes import Shown


class Told(Shown):
    """An object of a reply that may hold more than is told here."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"additionalProperties": True})


class ErrorMetadata(Told):
    """What is known of an error beside its sentence."""

    error_type: str
    """The stable name of what went wrong."""


class ErrorBody(Told):
    """An error."""

    code: int
    """The HTTP status."""
    message: str
    type: str
    """`server_error` for what the client could not have avoided."""
    param: str | None
    """The path to what is wrong in the request."""
    metadata: ErrorMetadata


class ErrorReply(Told):
    """The envelope of an error, as OpenAI's and OpenRouter's clients read it."""

    error: ErrorBody


class MessagesErrorBody(Told):
    """An error in Anthropic's words."""

    type: str
    message: str
    error_type: str
    """The stable name of what went wrong."""


class MessagesErrorReply(Told):
    """The envelope of an error, as Anthropic's clients read it."""

    type: Literal["error"]
    error: MessagesErrorBody
    request_id: str | None


class ChatMessage(Told):
    """What the assistant says."""

    role: Literal["assistant"]
    content: str | None
    refusal: str | None
    reasoning: str | None


class ChatChoice(Told):
    """The one answer."""

    index: Literal[0]
    message: ChatMessage
    finish_reason: str | None


class ChatUsage(Told):
    """What the writer read and wrote, and what the whole run cost."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cost: float
    """Dollars for all calls of the run, as far as they are known."""
    cost_details: dict[str, Any]
    """Whether the cost is complete, and each call."""


class ChatReply(Told):
    """A chat completion; beside it, `fusion` tells of the panel."""

    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    """The concrete model that wrote."""
    provider: str
    system_fingerprint: str | None
    choices: list[ChatChoice] = Field(min_length=1, max_length=1)
    usage: ChatUsage


class MessagesUsage(Told):
    """What the writer read and wrote."""

    input_tokens: int
    output_tokens: int


class MessagesReply(Told):
    """A message of the assistant's."""

    id: str
    type: Literal["message"]
    role: Literal["assistant"]
    model: str
    """The concrete model that wrote."""
    content: list[dict[str, Any]]
    stop_reason: str | None
    stop_sequence: str | None
    usage: MessagesUsage


class TokensReply(Told):
    """How long a conversation is."""

    input_tokens: int


class ResponsesReply(Told):
    """A response; its output holds the panel's item, where one was convened, and the message."""

    id: str
    object: Literal["response"]
    created_at: int
    model: str
    """The concrete model that wrote."""
    status: str
    output: list[dict[str, Any]]
    error: dict[str, Any] | None
    incomplete_details: dict[str, Any] | None
    instructions: Any
    metadata: dict[str, Any] | None
    parallel_tool_calls: bool
    tool_choice: Any
    tools: list[dict[str, Any]]
    temperature: float | None
    top_p: float | None
    presence_penalty: float | None
    frequency_penalty: float | None
    completed_at: int | None
