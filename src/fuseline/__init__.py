"""Fuseline: several models answer, one compares, one writes.

`fuse` and `fusion_events` are all that most programs need; `open_house` serves those that ask many questions.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fuseline.assembly import House, open_house
    from fuseline.doors.python import Fused, fuse, fusion_events
    from fuseline.settings.settings import Settings, load
    from fuseline.types.errors import FuselineError
    from fuseline.types.messages import Message
    from fuseline.types.requests import Request

__all__ = [
    "Fused",
    "FuselineError",
    "House",
    "Message",
    "Request",
    "Settings",
    "fuse",
    "fusion_events",
    "load",
    "open_house",
]

HOMES = {
    "Fused": "doors.python",
    "FuselineError": "types.errors",
    "House": "assembly",
    "Message": "types.messages",
    "Request": "types.requests",
    "Settings": "settings.settings",
    "fuse": "doors.python",
    "fusion_events": "doors.python",
    "load": "settings.settings",
    "open_house": "assembly",
}
"""Where each name lives. Loaded at first use: the command line shares this package and must start in a moment."""


def __getattr__(name: str) -> object:
    """Load a public name from its home.

    :raises AttributeError: for any other.
    """
    if name not in HOMES:
        raise AttributeError(f"module 'fuseline' has no attribute {name!r}")
    return getattr(import_module(f"fuseline.{HOMES[name]}"), name)
