"""The tables of the settings file, each with its keys, their ranges, and what they mean."""

from decimal import Decimal
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from fuseline.settings.base import Section
from fuseline.types.models import Auth, Thinking

SERVER_PORT = 8484


class ServerSettings(Section):
    """Where the gateway listens, and who may call it."""

    host: str = Field(
        default="127.0.0.1", description="Address to listen on. Beyond loopback an `api_key` is required."
    )
    port: int = Field(default=SERVER_PORT, ge=0, le=65535, description="Port to listen on; 0 takes any free one.")
    api_key: SecretStr | None = Field(
        default=None, description="The key that clients must send. Set it by environment, not in the file."
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(), description="Host names that requests may carry, beyond loopback's own names."
    )
    cors_origins: tuple[str, ...] = Field(
        default=(),
        description="Web pages that may call this server from a browser, each as `https://host` or "
        '`https://host:port`; `"*"` is any.',
    )
    body_limit: int = Field(default=1 << 20, ge=1024, description="Largest request body, in bytes.")
    max_runs: int = Field(default=2000, ge=1, description="Runs at a time; more are answered 503 with `Retry-After`.")
    shutdown_s: float = Field(default=30, ge=0, description="Seconds that open runs are given at shutdown.")


class FusionSettings(Section):
    """How a run of the panel goes when the request does not say."""

    alias_invocation: Literal["always", "auto"] = Field(
        default="always",
        description="`always`: the alias convenes the panel when no client tools are there and the user spoke last. "
        "`auto`: the outer model decides.",
    )
    preset: str = Field(default="general-high", description="The preset of the alias when the request names none.")
    min_panel: int = Field(default=1, ge=1, le=8, description="Seats that must answer; with fewer the run fails.")
    analyst_fallbacks: tuple[str, ...] = Field(
        default=(), description="Analysts to try when the first fails, in order."
    )
    writer_fallbacks: tuple[str, ...] = Field(default=(), description="Writers to try when the first fails, in order.")
    tools: tuple[str, ...] = Field(
        default=("openrouter:web_search", "openrouter:web_fetch"),
        max_length=8,
        description="Server tools of every seat, where the request names none.",
    )
    carry_citations: bool = Field(
        default=True,
        description="Whether links are put back that the writer left out, where it is sure whose.",
    )
    repair: Literal["off", "on"] = Field(
        default="off",
        description="`on`: the writer is asked once more, to take in or reject what one seat alone said and the answer "
        "does not. The answer is then told when it is done.",
    )
    context: Literal["auto", "conversation", "prompt"] = Field(
        default="auto",
        description="What the panel sees: `conversation`, what people and assistants said so far, and last the prompt "
        "of an outer model that called it; `prompt`, only that prompt, or the last user message where none called; "
        "`auto`, the prompt where an outer model wrote one, and else the conversation.",
    )
    forward_system: bool = Field(
        default=False, description="Whether the panel also sees the client's system message. The writer always does."
    )


class Clocks(Section):
    """Time limits of one upstream call and of a whole run, in seconds, on the monotonic clock."""

    connect_s: float = Field(default=5, gt=0, description="To open a connection, TLS included.")
    first_byte_s: float = Field(default=120, gt=0, description="To the first byte, and again to the first token.")
    idle_s: float = Field(default=60, gt=0, description="Between two pieces of a stream.")
    call_s: float = Field(default=300, gt=0, description="For one call as a whole.")
    run_s: float = Field(default=570, gt=0, description="For a run as a whole; openai-python gives up at 600.")
    reserve_s: float = Field(default=120, gt=0, description="Kept back from the panel for analyst and writer.")


class Limits(Section):
    """Caps on what is taken in from outside, in bytes."""

    answer_bytes: int = Field(default=1 << 20, gt=0, description="Longest text of one call.")
    line_bytes: int = Field(default=1 << 20, gt=0, description="Longest line of a stream.")


class StoreSettings(Section):
    """What is remembered, and where."""

    path: Path | None = Field(default=None, description="The database file; `runs.db` in the home directory if unset.")
    content: bool = Field(
        default=True, description="Whether prompts, answers and analyses are kept beside the figures."
    )
    idempotency_s: float = Field(
        default=86_400, ge=60, description="Seconds that a reply is kept for its `Idempotency-Key`."
    )
    reply_bytes: int = Field(
        default=8 << 20,
        ge=1024,
        description="Longest reply that is kept to be given again, for an `Idempotency-Key` or in the cache, in bytes.",
    )


class CacheSettings(Section):
    """Whether replies may be given again to whoever asks the same. Without effect where `store.content` is false."""

    enabled: bool = Field(default=False, description="Whether there is a cache. Without it its headers mean nothing.")
    default: bool = Field(default=False, description="Whether requests use it that say nothing of it.")
    ttl_s: int = Field(
        default=300, ge=1, le=86_400, description="Seconds that a reply is good for where its request does not say."
    )
    max_bytes: int = Field(
        default=256 << 20, ge=1024, description="Room for all replies in it; the oldest make way, now and then."
    )


class LocalSettings(Section):
    """Servers on this machine that need no key."""

    probe: bool = Field(
        default=True, description="Whether to look for Ollama, LM Studio, llama.cpp and vLLM at the start."
    )
    timeout_s: float = Field(default=0.2, gt=0, description="Seconds that each has to answer.")


class QuirksSettings(Section):
    """Where a server departs from its protocol as most speak it. What is not said is as for the built-in endpoint."""

    max_tokens: Literal["max_tokens", "max_completion_tokens"] = Field(
        default="max_tokens", description="What it calls the limit on output."
    )
    thinking: Thinking = Field(
        default="effort",
        description="How it is told how much to think: `effort` is the word `reasoning_effort`, `object` OpenRouter's "
        "`reasoning`, `thinking` the object of that name, `enable_thinking` that switch with `thinking_budget`.",
    )
    think_tags: bool = Field(default=False, description="Whether thoughts may stand in texts, between `<think>` tags.")
    schemas: bool = Field(default=True, description="Whether it holds answers to a JSON schema.")
    stream_options: bool = Field(default=True, description="Whether it is asked for the usage of a stream.")
    usage: Literal["last", "sum"] = Field(
        default="last", description="Whether several counts in one stream replace each other or add up."
    )
    cancels: bool | None = Field(default=None, description="Whether it stops working when the connection is closed.")
    cache_marks: bool = Field(default=False, description="Whether prompts are cached only where they are marked.")
    reports_cost: bool = Field(default=False, description="Whether its replies say what they cost.")
    searches: bool = Field(
        default=False, description="Whether it has a search of its own, for requests with `engine` `native`."
    )


class KeysSettings(Section):
    """Where keys are kept that `fuseline keys set` is given; those in the environment come before them."""

    path: Path | None = Field(
        default=None, description="The key file; `keys.json` beside the user's own settings file if unset."
    )
    keyring: bool = Field(
        default=False, description="Whether keys may be kept in the operating system's keyring, too. Wants `[keyring]`."
    )


class RoutingSettings(Section):
    """Which endpoints may be asked when several serve a model. A request may want more, and never less."""

    data_collection: Literal["allow", "deny"] = Field(
        default="allow", description="`deny`: only endpoints that are known not to train on what they are sent."
    )
    zdr: bool = Field(default=False, description="Only endpoints that are known to keep nothing of a call.")
    order: tuple[str, ...] = Field(default=(), description="Endpoints to ask first, in this order.")
    ignore: tuple[str, ...] = Field(default=(), description="Endpoints that are never asked.")
    sort: Literal["", "price", "throughput", "latency"] = Field(
        default="", description="What the others are ordered by; the catalogue's own order if unset."
    )
    allow_unpriced: bool = Field(
        default=False, description="Whether a model may be called whose price nobody knows. What it costs is unknown."
    )


class EndpointSettings(Section):
    """A server that speaks one of our wires."""

    base_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s?#]+)?$",
        description="Everything before the path of its protocol. Only `any-llm` knows where to go without.",
    )
    wire: Literal["chat", "responses", "messages", "gemini", "any-llm"] = Field(
        default="chat",
        description="The protocol it speaks. `any-llm` is a library that speaks to many, by models that are named "
        "`vendor/model` in its words. Wants `[any-llm]`.",
    )
    api_key_env: str | tuple[str, ...] = Field(
        default=(), description="Environment variable that holds the key; absent or unset: no key is sent."
    )
    title: str = Field(default="", description="What replies call it in `provider`.")
    auth: Auth = Field(
        default="",
        description="How it is shown the key: `bearer`, or the name of a header; `aws`, `gcp` and `azure` sign by "
        "their vendor's own library. The way of its wire if unset.",
    )
    headers: dict[str, str] = Field(default={}, description="Headers it wants beside; no secrets.")
    insecure: bool = Field(
        default=False, description="Whether a key may go to another machine over plain http, where others may read it."
    )
    quirks: QuirksSettings = Field(
        default_factory=QuirksSettings, description="Where it departs from its protocol as most speak it; see below."
    )
    trains: bool | None = Field(default=None, description="Whether it may train on what it is sent; unknown if unset.")
    retains: bool | None = Field(default=None, description="Whether it keeps what it is sent; unknown if unset.")
    connections: int = Field(default=4096, ge=1, description="Most connections at a time; further calls wait.")

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if not self.base_url and self.wire != "any-llm":
            raise ValueError("base_url is missing")
        return self


class ModelSettings(Section):
    """A model of one's own. Its table's name is the slug by which it is asked for."""

    endpoint: str = Field(description="An endpoint of this file, or a built-in one.")
    name: str = Field(description="What the upstream calls it.")
    context: int | None = Field(default=None, gt=0, description="Tokens of input and output together.")
    max_output: int | None = Field(default=None, gt=0, description="Tokens of output.")
    price_in: Decimal | None = Field(default=None, ge=0, description="USD per million input tokens.")
    price_out: Decimal | None = Field(default=None, ge=0, description="USD per million output tokens.")
    price_cached: Decimal | None = Field(
        default=None, ge=0, description="USD per million input tokens read from cache."
    )
    price_written: Decimal | None = Field(
        default=None, ge=0, description="USD per million input tokens written to cache."
    )
    takes: tuple[Literal["image", "file", "audio", "video"], ...] = Field(
        default=(), description="What it takes beside text."
    )
    tools: bool = Field(default=True, description="Whether it can call tools.")
    same_as: str = Field(
        default="",
        pattern=r"^([^\s:~/]+/[^\s:]+)?$",
        description="The `vendor/model` that it is: who asks for that one gets this one first, and others after it.",
    )


class SeatSettings(Section):
    """A seat with wishes of its own."""

    model: str = Field(description="Who sits.")
    instructions: str = Field(default="", description="What this seat is told beside the question.")
    temperature: float | None = Field(default=None, ge=0, le=2, description="Sampling; its upstream's own if unset.")
    max_completion_tokens: int | None = Field(default=None, gt=0, description="Output tokens, reasoning included.")


class PresetSettings(Section):
    """A named panel with its analyst and writer."""

    panel: tuple[str | SeatSettings, ...] = Field(min_length=1, max_length=8, description="The seats, 1 to 8.")
    analyst: str | tuple[str, ...] = Field(
        default=(), description="The analyst, or several in order; else the first seat."
    )
    writer: str | tuple[str, ...] = Field(default=(), description="The writer, or several in order; else the analyst.")
    tools: tuple[str, ...] | None = Field(
        default=None, max_length=8, description="Server tools of its seats; those of `fusion.tools` if unset."
    )
    collections: tuple[str, ...] | None = Field(
        default=None, description="Collections of private documents that its seats may search."
    )
