"""The files that ship with the catalogue, read once and when they are first needed. It knows no key and no setting."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict

from fuseline.types.models import PLAIN, Auth, DataPolicy, Quirks

Tier: TypeAlias = Literal["high", "budget", "fast"]
HERE = Path(__file__).parent


class Facts(BaseModel):
    """A table of a shipped file; a key that nobody reads is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EndpointFacts(Facts):
    """A built-in endpoint."""

    base_url: str
    api_key_env: tuple[str, ...]
    title: str
    models_dev: str
    """Its id at models.dev, from which its models are generated."""
    vendors: tuple[str, ...] = ()
    """Prefixes of slugs that it owns, OpenRouter's spelling first; empty for aggregators."""
    aggregator: bool = False
    dialect: Literal["", "openrouter"] = ""
    wire: Literal["chat", "responses", "messages", "gemini"] = "chat"
    auth: Auth = ""
    headers: Mapping[str, str] = {}
    quirks: Quirks = PLAIN
    policy: DataPolicy = DataPolicy()
    source: str = ""
    """Where these facts are said in public."""


class Family(Facts):
    """Models that follow one another. The pattern matches the whole undated name of each."""

    vendor: str
    pattern: re.Pattern[str]


class Ranks(Facts):
    """Families in the order in which they are preferred, by what they are wanted for."""

    high: tuple[str, ...]
    budget: tuple[str, ...]
    fast: tuple[str, ...]
    writers: tuple[str, ...]
    local: Mapping[str, str]
    """Words in names of models that are not built in, best first, with the vendor whose family it is."""


class PresetFacts(Facts):
    """A built-in panel."""

    tier: Tier
    panel: tuple[str, ...]
    analyst: str
    writer: str


class Presets(Facts):
    """The built-in panels, and the names that some once had."""

    presets: Mapping[str, PresetFacts]
    retired: Mapping[str, str]


class Row(NamedTuple):
    """A model of the generated file. Prices are US dollars per million tokens, as text."""

    name: str
    family: str
    released: str
    context: int | None
    max_output: int | None
    price_in: str | None
    price_out: str | None
    price_cached: str | None
    takes: str
    """Kinds of input beside text, with commas between."""
    tools: bool


class Models(Facts):
    """The generated file: where and of what date its rows are, and the rows of each endpoint, sorted by name."""

    source: str
    date: str
    columns: tuple[str, ...]
    endpoints: Mapping[str, tuple[Row, ...]]


@cache
def endpoints() -> Mapping[str, EndpointFacts]:
    """The built-in endpoints by name, in the order in which they are preferred."""
    return {name: EndpointFacts(**table) for name, table in read_toml("endpoints.toml").items()}


@cache
def families() -> Mapping[str, Family]:
    """The families by name."""
    return {name: Family(**table) for name, table in read_toml("aliases.toml").items()}


@cache
def ranks() -> Ranks:
    """Who is preferred for what."""
    return Ranks(**read_toml("ranks.toml"))


@cache
def presets() -> Presets:
    """The built-in panels."""
    return Presets(**read_toml("presets.toml"))


@cache
def models() -> Models:
    """The built-in models. Takes some ten milliseconds the first time."""
    return Models.model_validate_json((HERE / "models.json").read_bytes())


def read_toml(name: str) -> Mapping[str, Any]:
    """Read a shipped TOML file."""
    return tomllib.loads((HERE / name).read_text("utf-8"))
