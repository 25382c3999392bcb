"""Writes the reference pages that follow from the code: settings, the command line's own help, HTTP, endpoints."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer.core import TyperGroup
from typer.main import get_command
from typer.testing import CliRunner

from fuseline.doors.cli.main import app
from fuseline.settings.explaining import environment_name
from fuseline.settings.sections import QuirksSettings, SeatSettings
from fuseline.settings.settings import Settings
from scripts.api_page import api_page
from scripts.endpoints_page import endpoints_page

REFERENCE = Path(__file__).parent.parent / "docs" / "reference"
NOTE = "<!-- Written by `make docs` from the code. Change it there. -->\n"
WIDTH = 80
WORDS = {"string": "text", "boolean": "true or false"}

SETTINGS = """# Configuration

Settings come from a TOML file and from the environment. The file is the one that `--config` names, else the one that
`FUSELINE_CONFIG` names, else `./fuseline.toml`, else `~/.config/fuseline/config.toml` (below `XDG_CONFIG_HOME` where
that is set); without a file the defaults below hold. The environment wins over the file, key by key. Lists and tables
in the environment are JSON: `FUSELINE_SERVER_ALLOWED_HOSTS='["fusion.example.org"]'`.

A key that does not exist is an error, as is a value out of its range; the message names the file, the line and the key.
Settings are read once, when the process starts. `fuseline.example.toml` shows each of them in its place.

Keys of providers are never settings: `api_key_env` names the variable that holds one. There may be as many endpoints,
models and presets as you like; a name with a slash or a dot in it stands in quotes, as in `[models."lab/fast"]`.
"""
COMMANDS = """# Command line

What the commands say of themselves. `python -m fuseline` is the same as `fuseline`. Answers go to standard output,
everything else to standard error. `NO_COLOR` is respected.

| exit code | meaning |
|---|---|
| 0 | answered |
| 1 | failed: no answer, or no such run |
| 2 | wrong usage |
| 3 | not configured, nothing to call, or a key was refused |
| 5 | over budget: `--max-cost` left no room |
| 78 | `serve` refused to listen where others could call it without a key |
| 130, 143 | interrupted by Ctrl-C, or by SIGTERM |
| 141 | whoever read the output has gone |
"""


def main() -> None:
    """Write every generated page."""
    for path, text in pages().items():
        path.write_text(text, "utf-8")


def pages() -> Mapping[Path, str]:
    """The generated pages, by where they stand."""
    return {
        REFERENCE / "configuration.md": configuration(),
        REFERENCE / "cli.md": command_line(),
        REFERENCE / "api.md": f"{NOTE}{api_page()}",
        REFERENCE / "endpoints.md": f"{NOTE}{endpoints_page()}",
    }


def configuration() -> str:
    """The page of all settings, in the order of the code."""
    single = [(name, field) for name, field in Settings.model_fields.items() if not tables_of(field)]
    tables = [table(name, field) for name, field in Settings.model_fields.items() if tables_of(field)]
    seat = section("presets.<name>.panel", SeatSettings, "`panel` takes model names, and tables with these keys.", ())
    quirks = section("endpoints.<name>.quirks", QuirksSettings, "", ())
    top = ["## Top level\n", *rows(Settings, (), {name for name, _ in single})]
    return "\n".join([NOTE + SETTINGS, *tables, quirks, seat, "\n".join(top)]) + "\n"


def tables_of(field: FieldInfo) -> type[BaseModel] | None:
    """The shape of a section, or of the tables in one; `None` for a setting that stands by itself."""
    found = [kind for kind in (field.annotation, *get_args(field.annotation)) if is_section(kind)]
    return cast("type[BaseModel]", found[0]) if found else None


def is_section(kind: object) -> bool:
    """Whether a type is that of a table of settings."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def table(name: str, field: FieldInfo) -> str:
    """One section, or one kind of table that there may be several of."""
    shape = tables_of(field)
    assert shape is not None
    if is_section(field.annotation):
        return section(name, shape, "", (name,))
    several = f"In the environment all of them are one JSON object, `{environment_name([name])}`."
    return section(f"{name}.<name>", shape, several, ())


def section(heading: str, shape: type[BaseModel], note: str, path: tuple[str, ...]) -> str:
    """A heading, what the section is for, and a row for each key."""
    purpose = " ".join((shape.__doc__ or "").split())
    return "\n".join([f"## `[{heading}]`\n", f"{purpose} {note}".strip() + "\n", *rows(shape, path, None)]) + "\n"


def rows(shape: type[BaseModel], path: tuple[str, ...], only: set[str] | None) -> Iterator[str]:
    """The lines of a table of keys. Those under `path` have environment variables."""
    environment = bool(path) or only is not None
    columns = ["key", "type", "default", *(["environment"] if environment else []), "what it is"]
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    properties: Mapping[str, Any] = shape.model_json_schema()["properties"]
    for name, field in shape.model_fields.items():
        if only is None or name in only:
            variable = [f"`{environment_name([*path, name])}`"] if environment else []
            cells = [f"`{name}`", kind_of(properties[name]), default_of(field), *variable, field.description or ""]
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def kind_of(shape: Mapping[str, Any]) -> str:
    """The type of a setting in words, with its range."""
    match shape:
        case {"$ref": _}:
            return "table"
        case {"anyOf": options}:
            return " or ".join(dict.fromkeys(kind_of(option) for option in options if option.get("type") != "null"))
        case {"enum": values}:
            return " or ".join(f'`"{value}"`' for value in values)
        case {"const": value}:
            return f'`"{value}"`'
        case {"type": "array", "items": item}:
            return f"list of {kind_of(item)}{counted(shape)}"
        case {"type": "object"}:
            return "table of text"
        case {"format": "path" | "password" as what}:
            return "path" if what == "path" else "secret text"
        case {"type": kind}:
            return WORDS.get(kind, str(kind)) + span(shape)
        case _:
            raise ValueError(f"this page cannot say what {shape} is")


def span(shape: Mapping[str, Any]) -> str:
    """The range of a number."""
    least, most, above = shape.get("minimum"), shape.get("maximum"), shape.get("exclusiveMinimum")
    if least is not None and most is not None:
        return f", {least:g} to {most:g}"
    if above is not None:
        return f", above {above:g}"
    return "" if least is None else f", from {least:g}"


def counted(shape: Mapping[str, Any]) -> str:
    """How long a list may be."""
    return f", {shape['minItems']} to {shape['maxItems']}" if "minItems" in shape else ""


def default_of(field: FieldInfo) -> str:
    """What holds where nothing is set."""
    match field.get_default(call_default_factory=True):
        case _ if field.is_required():
            return "required"
        case None:
            return "unset"
        case bool() as value:
            return f"`{str(value).lower()}`"
        case str() | Path() as value:
            return f'`"{value}"`'
        case tuple():
            return "`[]`"
        case dict() | BaseModel():
            return "none"
        case value:
            return f"`{value}`"


def command_line() -> str:
    """The page of all commands, each with its help as it prints it."""
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    return "\n".join([NOTE + COMMANDS, *(help_of(names) for names in commands(group))])


def commands(group: TyperGroup, *before: str) -> Iterator[tuple[str, ...]]:
    """The words that lead to each command, a group before what is in it."""
    yield before
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, *before, name)
        else:
            yield (*before, name)


def help_of(names: tuple[str, ...]) -> str:
    """A command's help under its name."""
    shown = CliRunner().invoke(app, [*names, "--help"], prog_name="fuseline", terminal_width=WIDTH)
    text = re.sub(r"[ \t]+$", "", shown.stdout, flags=re.MULTILINE).strip()
    return f"## {' '.join(['fuseline', *names])}\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    main()
