"""The three streams of the process: what may be written to them, and what becomes of them when a reader leaves."""

import io
import os
import sys
from typing import TextIO

from rich.console import Console

CONTROLS = frozenset([*range(0x20), *range(0x7F, 0xA0)])
"""C0, DEL and C1: what a terminal takes for orders."""
STRIPPED = dict.fromkeys(CONTROLS - {ord("\n"), ord("\t")})


def safe(text: str) -> str:
    """A text without control characters, so that no model can give orders to a terminal. New lines and tabs stay."""
    return text.translate(STRIPPED)


def one_line(text: str) -> str:
    """A text as one line without control characters."""
    return safe(" ".join(text.split()))


def say(stream: TextIO, text: str = "") -> None:
    """Print a text that may be anybody's, and see that it goes out at once."""
    print(safe(text), file=stream, flush=True)


def is_live(stream: TextIO) -> bool:
    """Whether a stream is a terminal on which lines can be drawn again."""
    return stream.isatty() and os.environ.get("TERM") not in ("", "dumb", "unknown")


def talking(stream: TextIO) -> Console:
    """A console on a terminal that takes every text as it is: no markup, no highlighting. `NO_COLOR` is respected."""
    return Console(file=stream, markup=False, highlight=False, emoji=False)


def prepare_streams() -> None:
    """See that no text can break a stream: what it cannot encode is replaced, and a line goes out when it is whole."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def let_go() -> None:
    """Point standard output at nothing after its reader has left, so that the end of the process is silent, too."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        if not stream.isatty():
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
