"""Which clients there are: a folder each, with what it needs, what it cannot say, and the errors it is known for."""

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
PAGES = ROOT / "docs" / "guides" / "clients"
ENVIRONMENTS = ROOT / ".clients"


@dataclass(frozen=True, slots=True)
class Client:
    """A client as its folder describes it."""

    name: str
    """The folder's name."""
    title: str
    package: str
    """The package whose version is shown."""
    needs: tuple[str, ...]
    """What the lock file of a Python client is made from."""
    page: str
    wires: dict[str, dict[str, str]]
    """The protocols it speaks; for each the cases that it cannot say, with the reason."""
    errors: dict[str, str]
    """The class of its own error, by case; where the protocols differ, joined by "or"."""
    environ: dict[str, str]
    """Variables that it is run with, such as one that keeps it from asking home for news."""

    @property
    def folder(self) -> Path:
        """Where its files are."""
        return HERE / self.name

    @property
    def environment(self) -> Path:
        """Where it is installed."""
        return ENVIRONMENTS / self.name

    @property
    def on_node(self) -> bool:
        """Whether npm installs it."""
        return (self.folder / "package.json").exists()

    @property
    def version(self) -> str:
        """The version that is pinned."""
        if self.on_node:
            return str(json.loads((self.folder / "package.json").read_text("utf-8"))["dependencies"][self.package])
        pinned = (self.folder / "requirements.txt").read_text("utf-8")
        found = re.search(rf"^{re.escape(self.package)}==(\S+)", pinned, re.MULTILINE)
        return found[1] if found else "?"


def roster() -> dict[str, Client]:
    """Every client, by its name."""
    return {path.parent.name: read(path) for path in sorted(HERE.glob("*/client.toml"))}


def read(path: Path) -> Client:
    """A client from its description."""
    told: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    return Client(
        name=path.parent.name,
        title=told["title"],
        package=told["package"],
        needs=tuple(told.get("needs", ())),
        page=told["page"],
        wires=told["wires"],
        errors=told.get("errors", {}),
        environ=told.get("environ", {}),
    )
