"""What is wrong with a settings file, in words, with the line and the key."""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel

Location: TypeAlias = tuple[str | int, ...]


def explain(error: Mapping[str, Any], text: str, path: Path | None, settings: type[BaseModel]) -> str:
    """Say in a sentence what is wrong with one of the `settings` and where it stands."""
    location: Location = tuple(error["loc"])
    named = tuple(part for part in location if isinstance(part, str) and not part.startswith(("function-", "tuple[")))
    key = ".".join(named)
    line = line_of(text, named)
    variable = environment_name(named)
    where = f"{path}, line {line}: {key}" if line and variable not in os.environ else f"{variable} or {key}"
    if error["type"] == "extra_forbidden":
        return f"{where} is not a setting{suggestion(named, settings)}"
    if error["type"] == "missing":
        return f"{where} is required"
    return f"{where}: {str(error['msg'])[:1].lower()}{str(error['msg'])[1:]}"


def environment_name(location: Sequence[str]) -> str:
    """The environment variable of a setting."""
    return "FUSELINE_" + "_".join(location).upper()


def suggestion(location: Sequence[str], model: type[BaseModel]) -> str:
    """A hint at the setting of `model` that was probably meant, or nothing."""
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
