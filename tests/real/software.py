"""Which software was verified, as `verified.toml` tells it."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

TABLE = Path(__file__).parent / "verified.toml"


@dataclass(frozen=True, slots=True)
class Software:
    """A server, or a library that speaks to servers, as a test met it."""

    title: str
    wire: Sequence[str]
    """The protocols in which it was spoken to."""
    test: str
    make: str
    what: str
    """Its package and version, and what was seen of it."""

    @property
    def version(self) -> str:
        """The package and its version, as one word."""
        return self.what.partition(":")[0]


def verified() -> Mapping[str, Software]:
    """All of it, by name."""
    tables: dict[str, dict[str, Any]] = tomllib.loads(TABLE.read_text("utf-8"))
    return {name: Software(**table) for name, table in tables.items()}


def each_wire(name: str) -> pytest.MarkDecorator:
    """Run a test once for each protocol that is said to be verified of a software."""
    return pytest.mark.parametrize("wire", verified()[name].wire)
