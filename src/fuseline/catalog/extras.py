"""Libraries that are there only where an extra was installed. Nothing of them is imported before it is needed."""

import logging
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from fuseline.types.errors import BadConfiguration

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "any-llm": ("any_llm",),
    "aws": ("botocore",),
    "azure": ("azure.identity",),
    "gcp": ("google.auth", "requests"),
    "keyring": ("keyring",),
}
"""What each extra brings, as it is imported."""
TALKATIVE = ("azure", "botocore", "google", "keyring", "msal", "requests", "urllib3")
"""Loggers of such libraries, which write down what they sign and send, session tokens included."""


def installed(extra: str) -> bool:
    """Whether all is there that an extra brings."""
    return all(present(module) for module in EXTRAS[extra])


def present(module: str) -> bool:
    """Whether a module could be imported."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it would be in is not there
        return False


def demand(extra: str, wanted_by: str) -> None:
    """See that an extra is installed.

    :raises BadConfiguration: with the command that installs it.
    """
    if not installed(extra):
        raise BadConfiguration(f"{wanted_by} needs a library that is not installed: pip install 'fuseline[{extra}]'")


def borrow(module: str) -> Any:
    """A module of such a library, which is told to keep what it works on to itself, however much we log."""
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    return import_module(module)
