"""What is known of each engine, as it ships: where it is, what it costs, which keys open it. It knows no setting."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from fuseline.types.money import nano


class Row(BaseModel):
    """A table of the shipped file; a key that nobody reads is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    base_url: str
    """Empty where only the settings can say it; `{language}` in it stands for the language that is searched."""
    keys: tuple[str, ...] = ()
    """Variables, the first of which that is set is the key; empty where none is needed."""
    price: Decimal = Field(default=Decimal(0), ge=0)
    """Dollars for a request."""
    extra_price: Decimal = Field(default=Decimal(0), ge=0)
    extra_per: int = Field(default=1, ge=1)
    """How many results beyond those included the extra price buys."""
    included: int = Field(default=25, ge=1)
    most: int = Field(ge=1, le=25)
    """Results that a request can bring."""
    longest: int = Field(default=2_000, ge=1)
    """Characters of the words that are taken."""
    modes: Mapping[str, Decimal] = {}
    """The modes that can be asked for, each with the price of a request."""
    takes: frozenset[Literal["location"]] = frozenset()
    """What it can be told of the one who asks."""
    source: str = Field(pattern=r"^https://")
    """Where price and limits are said in public."""
    priced: str = Field(pattern=r"^\d{4}-\d{2}$")
    """The month in which they were looked up."""
    sent: str = Field(min_length=1)
    """What is sent to whom, in words."""
    verified: str = Field(min_length=1)
    """What the engine's code has been run against."""

    def cost(self, results: int, mode: str = "") -> int:
        """What a request for so many results costs, in nano-dollars."""
        extra = -(-max(0, results - self.included) // self.extra_per)
        return nano(self.modes.get(mode, self.price) + extra * self.extra_price)


@cache
def rows() -> Mapping[str, Row]:
    """The engines that ship, in the order in which `auto` tries them."""
    tables: dict[str, Any] = tomllib.loads(Path(__file__).with_name("engines.toml").read_text("utf-8"))
    return TypeAdapter(dict[str, Row]).validate_python({name: {"name": name, **row} for name, row in tables.items()})
