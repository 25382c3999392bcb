"""Environment and `fuseline.toml` turned into settings. It knows no model, no provider and no network."""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from fuseline.types.errors import BadConfiguration
from fuseline.types.models import Auth, Thinking

Location: TypeAlias = tuple[str | int, ...]
SERVER_PORT = 8484
HERE = Path("fuseline.toml")
"""The file that is found without being named: whoever made the directory may have written it."""


class Section(BaseModel):
    """A table of the file: unknown keys are errors, so that a misspelt one is not silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class Settings(BaseSettings):
    """Everything that can be set. Each setting is also an environment variable: `FUSELINE_<SECTION>_<KEY>`."""

    model_config = SettingsConfigDict(
        env_prefix="FUSELINE_", env_nested_delimiter="_", env_nested_max_split=1, extra="forbid", frozen=True
    )

    server: ServerSettings = ServerSettings()
    fusion: FusionSettings = FusionSettings()
    clocks: Clocks = Clocks()
    limits: Limits = Limits()
    store: StoreSettings = StoreSettings()
    cache: CacheSettings = CacheSettings()
    local: LocalSettings = LocalSettings()
    keys: KeysSettings = KeysSettings()
    routing: RoutingSettings = RoutingSettings()
    endpoints: dict[str, EndpointSettings] = {}
    models: dict[str, ModelSettings] = {}
    presets: dict[str, PresetSettings] = {}
    aliases: dict[str, str] = Field(default={}, description='Names of one\'s own for models: `fast = "lab/fast"`.')
    home: Path = Field(
        default=Path("~/.local/share/fuseline"),
        description="Where the database stands; below `XDG_DATA_HOME` where that is set.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, whose content comes in as arguments."""
        return env_settings, init_settings

    _merely_found: bool = PrivateAttr(default=False)

    @property
    def merely_found(self) -> bool:
        """Whether the file lay in the working directory and nobody named it: its author may be a stranger."""
        return self._merely_found

    def distrusted(self) -> Self:
        """These settings, marked as those of such a file."""
        self._merely_found = True
        return self

    @property
    def database(self) -> Path:
        """Where runs are written."""
        return (self.store.path or self.home / "runs.db").expanduser()

    @property
    def model_lists(self) -> Path:
        """Where the lists of models are that endpoints gave of themselves."""
        return self.home.expanduser() / "models"

    @property
    def key_file(self) -> Path:
        """Where keys are kept."""
        return (self.keys.path or config_home() / "keys.json").expanduser()


def config_home() -> Path:
    """The folder of what the user has set, for every project."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "fuseline"


def find_config(explicit: Path | None = None) -> Path | None:
    """The file in force: the one asked for, `FUSELINE_CONFIG`, `./fuseline.toml`, or the user's own; `None` if none is.

    :raises BadConfiguration: when a file that was asked for does not exist.
    """
    asked = explicit or (Path(os.environ["FUSELINE_CONFIG"]) if os.environ.get("FUSELINE_CONFIG") else None)
    if asked is not None:
        if not asked.is_file():
            raise BadConfiguration(f"there is no configuration file {asked}")
        return asked
    candidates = (HERE, config_home() / "config.toml")
    return next((path for path in candidates if path.is_file()), None)


def load(path: Path | None = None) -> Settings:
    """Read the file at `path`, or the one that `find_config` finds, under the environment.

    :raises BadConfiguration: with file, line and key of the first thing that is wrong.
    """
    found = find_config(path)
    text = found.read_text("utf-8") if found else ""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"{found}: {error}") from None
    if os.environ.get("XDG_DATA_HOME"):
        values.setdefault("home", str(Path(os.environ["XDG_DATA_HOME"]) / "fuseline"))
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise BadConfiguration(explain(error.errors()[0], text, found)) from None
    named = path is not None or bool(os.environ.get("FUSELINE_CONFIG"))
    return settings if named or found != HERE else settings.distrusted()


def explain(error: Mapping[str, Any], text: str, path: Path | None) -> str:
    """Say in a sentence what is wrong with a setting and where it stands."""
    location: Location = tuple(error["loc"])
    named = tuple(part for part in location if isinstance(part, str) and not part.startswith(("function-", "tuple[")))
    key = ".".join(named)
    line = line_of(text, named)
    variable = environment_name(named)
    where = f"{path}, line {line}: {key}" if line and variable not in os.environ else f"{variable} or {key}"
    if error["type"] == "extra_forbidden":
        return f"{where} is not a setting{suggestion(named)}"
    if error["type"] == "missing":
        return f"{where} is required"
    return f"{where}: {str(error['msg'])[:1].lower()}{str(error['msg'])[1:]}"


def environment_name(location: Sequence[str]) -> str:
    """The environment variable of a setting."""
    return "FUSELINE_" + "_".join(location).upper()


def suggestion(location: Sequence[str]) -> str:
    """A hint at the setting that was probably meant, or nothing."""
    model: type[BaseModel] = Settings
    for part in location[:-1]:
        annotation = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return ""
        model = annotation
    close = difflib.get_close_matches(location[-1], model.model_fields, 1)
    return f"; did you mean {close[0]}?" if close else ""


def line_of(text: str, location: Sequence[str]) -> int | None:
    """The line on which the deepest known part of a setting stands, counting from 1; `None` if the file has none."""
    table: tuple[str, ...] = ()
    best: tuple[int, int] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[{1,2}(.+?)\]{1,2}\s*(#.*)?$", line)
        if header:
            table = path_of(f"[{header[1]}]")
            here = table
        else:
            assignment = re.match(r"\s*([^=#\[]+?)\s*=", line)
            here = table + path_of(f"{assignment[1]} = 0") if assignment else ()
        if here and here == tuple(location[: len(here)]) and (best is None or len(here) > best[0]):
            best = (len(here), number)
    return best[1] if best else None


def path_of(fragment: str) -> tuple[str, ...]:
    """The keys that a table header or an assignment leads to, as TOML itself reads them."""
    try:
        value: object = tomllib.loads(fragment)
    except tomllib.TOMLDecodeError:
        return ()
    keys: list[str] = []
    while isinstance(value, dict) and value:
        key, value = next(iter(value.items()))  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        keys.append(str(key))  # pyright: ignore[reportUnknownArgumentType]
    return tuple(keys)
