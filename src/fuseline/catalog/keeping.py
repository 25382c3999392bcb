"""Keys put away and taken out again: in the key file, or in the keyring with a note in the file that it is there."""

from collections.abc import Sequence
from datetime import UTC, datetime

from fuseline.catalog.endpoints import lacking
from fuseline.catalog.keyfile import StoredKey, changing
from fuseline.catalog.keys import KeyPlace, each_of, guard, origin
from fuseline.catalog.vault import entry_of, read_entry, write_entry
from fuseline.settings.settings import Settings
from fuseline.types.errors import BadConfiguration, InvalidRequest
from fuseline.types.models import Endpoint


def keep(text: str, endpoint: Endpoint, settings: Settings, *, in_keyring: bool, beside: bool) -> Sequence[KeyPlace]:
    """Store the keys in a text for an endpoint at its present origin, in place of its others or beside them.

    :raises InvalidRequest: when there is no key in it.
    :raises BadConfiguration: when one cannot be a key, must not be sent there, or cannot be stored.
    """
    here = origin(endpoint.base_url)
    if not here:
        raise BadConfiguration(f"a key is bound to an address, and {endpoint.name} has none: name its variable instead")
    if lacking(endpoint):
        raise BadConfiguration(f"a key is bound to an address: set {' and '.join(lacking(endpoint))} first")
    guard(endpoint)
    if in_keyring and not settings.keys.keyring:
        raise BadConfiguration("keys.keyring is off, so that a key in the keyring would not be found: turn it on first")
    found = list(each_of(text, "keyring" if in_keyring else "stored", "the text"))
    if not found:
        raise InvalidRequest("no key was given", "endpoint")
    keys = [each.key for each in found]
    with changing(settings.key_file) as rows:
        before = rows.get(endpoint.name, ())
        added = put_in_keyring(keys, endpoint.name, here, beside=beside) if in_keyring else rows_of(keys, here)
        others = [row for row in before if beside and not same(row, added)]
        empty_keyring(endpoint.name, [row for row in before if not beside and not same(row, added)])
        rows[endpoint.name] = (*others, *added)
    return tuple(each.place for each in found)


def forget(name: str, settings: Settings) -> int:
    """Remove what is stored for an endpoint, whatever its origin; returns how many entries there were."""
    with changing(settings.key_file) as rows:
        before = rows.pop(name, ())
        empty_keyring(name, before)
    return len(before)


def rows_of(keys: Sequence[str], here: str) -> tuple[StoredKey, ...]:
    """Keys as they stand in the file."""
    return tuple(StoredKey(key=key, origin=here, added=today()) for key in keys)


def put_in_keyring(keys: Sequence[str], name: str, here: str, *, beside: bool) -> tuple[StoredKey, ...]:
    """Put keys into the keyring's entry for this origin; returns the note that they are there."""
    entry = entry_of(name, here)
    held = read_entry(entry).split() if beside else []
    write_entry(entry, " ".join(dict.fromkeys([*held, *keys])))
    return (StoredKey(keyring=True, origin=here, added=today()),)


def empty_keyring(name: str, rows: Sequence[StoredKey]) -> None:
    """Remove the keyring's entries that notes speak of."""
    for row in rows:
        if row.keyring:
            write_entry(entry_of(name, row.origin), "")


def same(row: StoredKey, added: Sequence[StoredKey]) -> bool:
    """Whether one of the new entries takes the place of this one."""
    return any((row.key, row.keyring, row.origin) == (new.key, new.keyring, new.origin) for new in added)


def today() -> str:
    """The time of an entry."""
    return datetime.now(UTC).isoformat(timespec="seconds")
