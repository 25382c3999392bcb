"""The operating system's keyring: one entry for each endpoint and origin, with its keys. It knows no endpoint."""

from typing import Any

from fuseline.catalog.extras import borrow, demand
from fuseline.types.errors import BadConfiguration

SERVICE = "fuseline"


def entry_of(endpoint: str, origin: str) -> str:
    """The entry that holds the keys of an endpoint at an origin: at another origin there is another entry."""
    return f"{endpoint} at {origin}"


def read_entry(entry: str) -> str:
    """What an entry holds; empty where there is none.

    :raises BadConfiguration: when the keyring cannot be asked.
    """
    return ask("get_password", entry) or ""


def write_entry(entry: str, text: str) -> None:
    """Keep a text, or forget the entry where the text is empty.

    :raises BadConfiguration: when the keyring cannot be asked.
    """
    if text:
        ask("set_password", entry, text)
    elif read_entry(entry):
        ask("delete_password", entry)


def ask(verb: str, *arguments: str) -> Any:
    """Call the keyring library, and say what is wrong in a sentence that holds no secret."""
    demand("keyring", "keys.keyring")
    try:
        return getattr(borrow("keyring"), verb)(SERVICE, *arguments)
    except borrow("keyring.errors").KeyringError as error:
        reason = f"the operating system's keyring cannot be used ({type(error).__name__})"
        raise BadConfiguration(f"{reason}: unlock it, or leave keys.keyring off") from None
