"""What is known of a model and of the endpoint that serves it."""

from dataclasses import dataclass
from typing import Literal

from fuseline.types.money import Price

Modality = Literal["image", "file", "audio", "video"]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server that speaks one of our wires."""

    name: str
    base_url: str
    """Without a trailing slash; the wire adds its own path."""
    wire: str = "chat"
    """Which of them: `chat`, `responses` or `messages`."""
    api_key_env: tuple[str, ...] = ()
    """Environment variables that may hold the key, first set one wins; empty where none is sent."""
    title: str = ""
    """What replies call it in their `provider` field; the name where empty."""
    dialect: Literal["", "openai", "openrouter"] = ""
    """Which words beyond the common ones it understands: `openrouter` takes routing fields, `openai` wants
    `max_completion_tokens`."""
    local: bool = False
    """Whether it runs on this machine, so that calls cost nothing and nothing leaves."""


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
