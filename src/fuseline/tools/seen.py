"""The addresses that a run has seen, and what an address is: of a page, or of a private document."""

import re
from collections.abc import Iterable

from fuseline.documents.addresses import SCHEME, canonical
from fuseline.tools import addresses

BLANK = re.compile(r"[\s<>\"`\x00-\x20]")
MOST_ADDRESSES = 20_000
"""Of one run: a page that is nothing but links must not fill the memory."""


class Seen:
    """What may be read, each address in the spelling in which it was seen."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def address(self, url: str) -> str | None:
        """The address as it was seen that leads where this one leads; `None` where none was."""
        return self._seen.get(key_of(url))

    def add(self, found: Iterable[str]) -> None:
        """Let these addresses be read. Of two that differ by scheme alone the safe one stays."""
        for address in found:
            key = key_of(address)
            known = self._seen.get(key)
            if key and len(self._seen) < MOST_ADDRESSES and (known is None or known.lower().startswith("http:")):
                self._seen[key] = address if is_document(address) else addresses.without_fragment(address)


def is_document(address: str) -> bool:
    """Whether an address is that of a private document."""
    return address.lower().startswith(SCHEME)


def key_of(address: str) -> str:
    """What an address leads to; empty where it is none."""
    return canonical(address) if is_document(address) else addresses.key_of(address)


def source_of(address: str) -> str:
    """Who reads an address, in the word of the log."""
    return "local" if is_document(address) else "http"


def readable(url: str) -> bool:
    """Whether what an engine gave as an address is one."""
    web = bool(addresses.key_of(url)) and len(url) <= addresses.LONGEST and BLANK.search(url) is None
    return web or bool(is_document(url) and canonical(url))
