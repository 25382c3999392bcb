"""How tests send for the doctor: the command itself in this process, in a folder and an environment of its own."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from fuseline.doors.cli import door
from tests.house import CANARY

Check: TypeAlias = Mapping[str, Any]
FIGURES = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Examined:
    """What an examination printed, and its exit code."""

    code: int
    report: Mapping[str, Any]

    def check(self, name: str, section: str = "endpoint lab") -> Check:
        """The only check of that name in a section."""
        (found,) = (one for one in self.report["checks"] if (one["section"], one["name"]) == (section, name))
        return found

    def told(self, name: str, section: str = "endpoint lab") -> tuple[str, str]:
        """The status of a check, and its detail."""
        check = self.check(name, section)
        return check["status"], check["detail"]

    @property
    def faults(self) -> list[tuple[str, str, str]]:
        """All that is not well: section, name and status. How old the data is, depends on the day of the test."""
        return [
            (one["section"], one["name"], one["status"])
            for one in self.report["checks"]
            if one["status"] != "ok" and one["name"] != "data"
        ]

    @property
    def endpoint(self) -> Mapping[str, Any]:
        """The only endpoint."""
        (found,) = self.report["endpoints"]
        return found


Examine: TypeAlias = Callable[..., Examined]


def examining(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Examine:
    """A doctor for a folder: to be called with names of endpoints, settings to write, and what is wished."""
    monkeypatch.chdir(folder)

    def examine(*names: str, settings: str = "", environ: Mapping[str, str] | None = None, **wish: Any) -> Examined:
        (folder / "fuseline.toml").write_text(settings)
        for name, value in (environ or {}).items():
            monkeypatch.setenv(name, value)
        asked = {"names": names, "live": False, "offline": False, "as_json": True, "config": None, **wish}
        code = door.run("fuseline.doors.cli.doctor.doctor", asked, debug=False)
        printed = capsys.readouterr()
        assert CANARY not in printed.out + printed.err
        return Examined(code, json.loads(printed.out) if printed.out else {"error": printed.err})

    return examine


def lab(base_url: str, *models: str, key: bool = True, more: str = "") -> str:
    """Settings with one endpoint, and models that make up the default preset."""
    variable = 'api_key_env = "LAB_API_KEY"\n' if key else ""
    tables = "".join(
        f'[models."lab/{name}"]\nendpoint = "lab"\nname = "{name}"\nprice_in = 1\nprice_out = 2\n' for name in models
    )
    seats = ", ".join(f'"lab/{name}"' for name in models)
    names = ("general-high", "general-budget", "general-fast") if models else ()
    presets = "".join(f"[presets.{name}]\npanel = [{seats}]\n" for name in names)
    return f'[endpoints.lab]\nbase_url = "{base_url}"\n{variable}{more}\n{tables}{presets}'


def rounded(value: Any) -> Any:
    """A report without its figures and paths, which are others each time."""
    match value:
        case bool() | None:
            return value
        case int() | float():
            return "N"
        case str():
            return FIGURES.sub("N", re.sub(r"/\S*/", ".../", value))
        case dict():
            return {name: rounded(inner) for name, inner in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [rounded(inner) for inner in value]  # pyright: ignore[reportUnknownVariableType]
        case _:
            raise TypeError(value)
