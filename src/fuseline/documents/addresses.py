"""The address of a document, `doc:<collection>/<path>`: the same as long as the file keeps its place."""

import re
import unicodedata
from urllib.parse import quote, unquote

SCHEME = "doc:"
COLLECTION = re.compile(r"[^\W_][\w.-]{0,63}")
"""What a collection may be called: it stands in addresses, in settings and on command lines."""
SAFE = frozenset("-._~/+,=@:!$&;")
"""What needs no escape, beside letters and digits of any script."""


def address_of(collection: str, path: str) -> str:
    """The address of a document by its path within its collection.

    Letters stay as they are, so that models can copy it; what would end a link in Markdown is escaped, as is what
    cannot be seen.
    """
    composed = unicodedata.normalize("NFC", path)
    return f"{SCHEME}{collection}/" + "".join(one if one in SAFE or one.isalnum() else quote(one) for one in composed)


def canonical(address: str) -> str:
    """An address in the form in which the index has it, however it was escaped; empty where it is none."""
    scheme, _, rest = address.strip().partition(":")
    collection, slash, path = unquote(rest).partition("/")
    if f"{scheme.lower()}:" != SCHEME or not slash or not COLLECTION.fullmatch(collection):
        return ""
    return address_of(collection, path)


def collection_for(folder: str) -> str:
    """The name of a collection that a folder of this name makes by itself."""
    plain = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", folder)).strip("-._")[:64]
    return plain if COLLECTION.fullmatch(plain) else "documents"
