"""Which there are: a folder each, with what it needs, and the tests that speak to it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
ENVIRONMENTS = ROOT / ".servers"


@dataclass(frozen=True, slots=True)
class Server:
    """A server, or a library, as its folder describes it."""

    name: str
    """The folder's name."""
    needs: tuple[str, ...]
    """What its lock file is made from."""
    test: str
    within: bool = False
    """Whether its tests run in its own environment, as those of a library must, beside what we need ourselves."""
    on_node: bool = False

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return HERE / self.name

    @property
    def environment(self) -> Path:
        """Where it is installed."""
        return ENVIRONMENTS / self.name

    @property
    def python(self) -> Path:
        """The interpreter that has its packages."""
        return self.environment / "bin" / "python"


def roster() -> dict[str, Server]:
    """Every one of them, by its name."""
    return {path.parent.name: read(path) for path in sorted(HERE.glob("*/server.toml"))}


def read(path: Path) -> Server:
    """One of them from its description."""
    told: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    return Server(path.parent.name, tuple(told["needs"]), told["test"], told.get("within", False))
