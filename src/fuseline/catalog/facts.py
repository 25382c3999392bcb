"""The files that ship with the catalogue, read once and when they are first needed. It knows no key and no setting."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic_core import from_json

from fuseline.types.errors import BadConfiguration
from fuseline.types.models import PLAIN, Auth, DataPolicy, Quirks

Tier: TypeAlias = Literal["high", "budget", "fast"]
HERE = Path(__file__).parent


class Facts(BaseModel):
    """A table of a shipped file; a key that nobody reads is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class EndpointFacts(Facts):
    """A built-in endpoint."""

    base_url: str
    """Words in braces are variables of the environment, without which it cannot be called."""
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
    policy_source: str = ""
    """Where it says in public what it does with what it is sent."""
    connections: int = 4096
    """Most connections at a time; calls beyond them wait."""
    source: str
    """Where it is described in public."""
    models: re.Pattern[str] | None = None
    """Which of the models that models.dev names are there at this address, where not all of them are."""
    free: re.Pattern[str] | None = None
    """Which of them are said in public to cost nothing."""


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


class TierRow(NamedTuple):
    """The prices of a model where the input is longer than so many tokens."""

    above: int
    price_in: str | None
    price_out: str | None
    price_cached: str | None
    price_written: str | None
    price_reasoning: str | None


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
    price_written: str | None
    price_reasoning: str | None
    tiers: tuple[TierRow, ...]
    takes: str
    """Kinds of input beside text, with commas between."""
    tools: bool
    reasons: bool | None
    schemas: bool | None
    temperature: bool
    efforts: str
    """Words for how much to think, with commas between."""
    budget: bool
    deprecated: bool


class Models(Facts):
    """The generated file: where and of what date its rows are, and what each is made of."""

    source: str
    date: str
    columns: tuple[str, ...]
    rows: Mapping[str, memoryview]
    """The rows of each endpoint, sorted by name, as they stand in the file: to read all takes too long for a start."""

    model_config = ConfigDict(arbitrary_types_allowed=True)


ROWS = TypeAdapter(tuple[Row, ...])
BETWEEN = b"\n\n"
"""What parts the blocks of that file."""


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
    """The generated file of models, whose rows are read where they are needed."""
    return read_models((HERE / "models.jsonl").read_bytes())


def read_models(text: bytes) -> Models:
    """Part a generated file into what it says of itself and a block for each endpoint, whose name comes first."""
    whole, rows, gap = memoryview(text), dict[str, memoryview](), text.index(BETWEEN)
    head = from_json(text[:gap])
    while gap >= 0:
        start = gap + len(BETWEEN)
        first, gap = text.index(b"\n", start), text.find(BETWEEN, start)
        rows[from_json(text[start:first])] = whole[first : gap if gap >= 0 else None]
    return Models(**head, rows=rows)


@cache
def rows(endpoint: str) -> tuple[Row, ...]:
    """The built-in models of one endpoint; none for one that is not built in.

    :raises BadConfiguration: naming the row that is not as rows are.
    """
    return read_rows(endpoint, models().rows.get(endpoint, b""))


def read_rows(endpoint: str, lines: bytes | memoryview) -> tuple[Row, ...]:
    """Read rows, each a JSON array on a line of its own.

    :raises BadConfiguration: naming the row that is not as rows are.
    """
    listed = from_json(b"[%s]" % bytes(lines).strip().replace(b"\n", b","))
    try:
        return ROWS.validate_python(listed)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        number, *column = first["loc"]
        named = f"{listed[number][0]} of {endpoint}" if isinstance(number, int) else endpoint
        where = Row._fields[column[0]] if column and isinstance(column[0], int) else "its columns"
        raise BadConfiguration(f"models.jsonl: {named}: {where}: {first['msg']}") from None


def read_toml(name: str) -> Mapping[str, Any]:
    """Read a shipped TOML file."""
    return tomllib.loads((HERE / name).read_text("utf-8"))
