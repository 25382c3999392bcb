"""What is known of a model and of the endpoint that serves it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from fuseline.types.money import Price
from fuseline.types.quick import quick

Modality = Literal["image", "file", "audio", "video"]
Auth = Literal["", "bearer", "api-key", "x-api-key", "x-goog-api-key", "aws", "gcp", "azure"]
"""How a call shows who pays for it: a header with a key, or a signature or token made by a vendor's own library."""
Thinking = Literal["effort", "object", "thinking", "enable_thinking", "none"]
"""How a server that speaks chat is told how much to think: by the word `reasoning_effort`, by OpenRouter's object
`reasoning`, by `thinking: {type}`, by `enable_thinking` with `thinking_budget`, or not at all."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """Where a server departs from its protocol as most speak it."""

    max_tokens: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """What it calls the limit on output."""
    thinking: Thinking = "effort"
    think_tags: bool = False
    """Whether its models may write what they think into their text, between `<think>` and `</think>`."""
    schemas: bool = True
    """Whether it holds answers to a JSON schema, rather than to JSON of any kind."""
    stream_options: bool = True
    """Whether it must be asked for the usage of a stream, and may be."""
    usage: Literal["last", "sum"] = "last"
    """What several counts in one stream mean: each replaces those before it, or adds to them."""
    cancels: bool | None = None
    """Whether it stops working, and charging, when the connection is closed; `None` where nobody says."""
    cache_marks: bool = False
    """Whether it keeps the front of a prompt only where `cache_control` marks it."""
    reports_cost: bool = False
    """Whether each reply says what it cost, so that no price need be known before."""
    searches: bool = False
    """Whether its models can be given a search of its own, as the vendor of its protocol or dialect declares it."""


PLAIN = Quirks()
"""A server that speaks its protocol as most do."""


@dataclass(frozen=True, slots=True)
class DataPolicy:
    """What an endpoint does with what it is sent; `None` where it is not known, which is never taken for no."""

    trains: bool | None = None
    """Whether it may use it for training."""
    retains: bool | None = None
    """Whether it keeps it when the call is over."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that speaks one of our wires."""

    name: str
    base_url: str
    """Without a trailing slash; the wire adds its own path."""
    wire: str = "chat"
    """Which of them: `chat`, `responses`, `messages` or `gemini`; or `any-llm`, a library that speaks to many."""
    api_key_env: tuple[str, ...] = ()
    """Environment variables that may hold the key, first set one wins; empty where none is sent."""
    title: str = ""
    """What replies call it in their `provider` field; the name where empty."""
    dialect: Literal["", "openrouter"] = ""
    """`openrouter` where it takes OpenRouter's routing fields and serves every vendor's models."""
    local: bool = False
    """Whether it runs on this machine, so that calls cost nothing and nothing leaves."""
    auth: Auth = ""
    """How it is shown the key; empty for the way of its wire."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Headers that it wants beside those of its wire. They hold no secret."""
    quirks: Quirks = PLAIN
    policy: DataPolicy = DataPolicy()
    connections: int = 4096
    """Most connections at a time; calls beyond them wait."""
    insecure: bool = False
    """Whether a key may go to another machine over plain http."""


@quick
@dataclass(frozen=True, slots=True)
class Model:
    """One model at one endpoint."""

    slug: str
    """What clients call it."""
    endpoint: Endpoint
    name: str
    """What the upstream calls it."""
    context: int | None = None
    """Tokens of input and output together."""
    max_output: int | None = None
    price: Price | None = None
    """`None` where nobody knows: an unknown price is never taken for zero."""
    family: str = ""
    released: str = ""
    """ISO date, empty where unknown."""
    takes: frozenset[Modality] = frozenset()
    """What it takes beside text."""
    calls_tools: bool = True
    reasons: bool | None = None
    """Whether it can think before it answers; `None` where it is not known."""
    schemas: bool | None = None
    """Whether it can be held to a JSON schema; `None` where it is not known."""
    temperature: bool = True
    """Whether its temperature can be set."""
    efforts: frozenset[str] = frozenset()
    """The words for how much to think that it takes; empty where they are not known, or it takes a budget."""
    budget: bool = False
    """Whether it is told how much to think by a number of tokens."""
    deprecated: bool = False
    """Whether its end has been announced."""
