"""A request made of what was typed, piped in and read from files."""

import re
import select
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from fuseline.doors.cli.terminal import say
from fuseline.doors.cli.wish import Wish
from fuseline.types.errors import InvalidRequest
from fuseline.types.json import Json
from fuseline.types.messages import system, user
from fuseline.types.requests import Plugin, Request

MODEL = "fuseline/fusion"
SEATS = range(1, 9)
PATIENCE_S = 2.0
"""Seconds of silence on standard input after which it is said that it is waited for."""


def request_of(wish: Wish) -> Request:
    """The request of a wish.

    :raises InvalidRequest: when there is no question, a file cannot be read, or the panel makes no sense.
    """
    opening = (system(wish.system),) if wish.system else ()
    return Request(
        MODEL,
        (*opening, user(prompt_of(wish))),
        plugins=(Plugin("fusion", parameters=parameters(wish)),),
        streaming=wish.stream,
    )


def parameters(wish: Wish) -> dict[str, Json]:
    """The parameters of fusion that were typed, as the plugin carries them."""
    if wish.max_cost is not None and wish.max_cost <= 0:
        raise InvalidRequest("--max-cost takes US dollars, more than 0")
    seats, alone = panel_of(wish), self_fused(wish)
    wished: dict[str, Json] = {
        "preset": wish.preset,
        "analysis_models": list(seats) or None,
        "model": wish.analyst or alone,
        "writer": wish.writer or alone,
        "min_panel": wish.min_panel,
        "deadline_s": wish.deadline_s,
        "max_cost": wish.max_cost,
        "seed": wish.seed,
        "tools": None if wish.tools else [],
        "collections": list(wish.documents) or None,
        "repair": "on" if wish.repair else None,
        "expose": "full" if wish.sources else None,
    }
    return {name: value for name, value in wished.items() if value is not None}


def panel_of(wish: Wish) -> Sequence[str]:
    """The seats that were typed; none where the preset's shall sit."""
    if wish.panel is not None and wish.self_fusion is not None:
        raise InvalidRequest("--panel and --self each name a panel: give one of them")
    if wish.self_fusion is not None:
        model, number = wish.self_fusion.rsplit("*", 1) if "*" in wish.self_fusion else (wish.self_fusion, "")
        if not model.strip() or not number.strip().isdecimal() or int(number) not in SEATS:
            raise InvalidRequest("--self takes MODEL*N with N from 1 to 8, such as openai/gpt-5.5*3")
        return [model.strip()] * int(number)
    if wish.panel is None:
        return ()
    seats = [slug.strip() for slug in wish.panel.split(",")]
    if len(seats) not in SEATS or not all(seats):
        raise InvalidRequest("--panel takes 1 to 8 models between commas")
    return seats


def self_fused(wish: Wish) -> str | None:
    """The one model of self-fusion, which also compares and writes unless others are named."""
    return panel_of(wish)[0] if wish.self_fusion is not None else None


def prompt_of(wish: Wish) -> str:
    """The whole prompt: the argument, then standard input, then the files, with blank lines between."""
    typed = "" if wish.question in (None, "-") else str(wish.question)
    parts = [typed.strip(), piped(alone=not typed), *(fenced(path) for path in wish.files)]
    prompt = "\n\n".join(part for part in parts if part)
    if not prompt:
        raise InvalidRequest("there is no question: give it as an argument, or on standard input")
    return prompt


def piped(*, alone: bool) -> str:
    """What stands on standard input, read to its end; nothing where that is a terminal or closed."""
    stream: TextIO | None = sys.stdin
    if stream is None or stream.closed or stream.isatty():
        return ""
    if not alone and silent(stream):
        say(sys.stderr, "fuseline: waiting for the end of standard input; `< /dev/null` says that there is none")
    return utf8(stream.buffer.read(), "standard input").strip()


def silent(stream: TextIO) -> bool:
    """Whether nothing comes from a stream for a while. Where that cannot be told, no."""
    try:
        return not select.select([stream], [], [], PATIENCE_S)[0]
    except (OSError, ValueError):  # not every system can wait for every kind of file
        return False


def fenced(path: Path) -> str:
    """A file under its name, in a fence that nothing in it can close."""
    try:
        text = utf8(path.read_bytes(), str(path))
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be read: {error.strerror}") from None
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{path.name}\n{text.rstrip()}\n{fence}"


def utf8(content: bytes, name: str) -> str:
    """Bytes as text."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidRequest(f"{name} is not UTF-8 text") from None
