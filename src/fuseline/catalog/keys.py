"""Where the keys of endpoints come from: the environment, files, the keyring. Each is bound to one origin."""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal, TypeAlias

from yarl import URL

from fuseline.catalog import facts
from fuseline.catalog.extras import demand, installed
from fuseline.catalog.keyfile import Rows, StoredKey, read_rows
from fuseline.catalog.vault import entry_of, read_entry
from fuseline.settings.settings import HERE, Settings
from fuseline.types.errors import BadConfiguration
from fuseline.types.models import Auth, Endpoint

Source: TypeAlias = Literal["environment", "file", "stored", "keyring"]
SIGNS: Mapping[Auth, tuple[str, ...]] = {
    "aws": (
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ),
    "gcp": ("GOOGLE_APPLICATION_CREDENTIALS",),
    "azure": ("AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_ENDPOINT"),
}
"""Variables by which a vendor's own library finds what it signs with. One that is set opens the endpoint; none of them
holds a key that could be sent."""
APART = re.compile(r"[,\s]+", re.ASCII)
KEY = re.compile(r"[\x21-\x7e]+")
"""Printable ASCII: all that a header carries unharmed, and all that vendors put in keys."""
SHOWN = 4
LONG_ENOUGH = 12
"""Characters of a key of which the last four tell little."""


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where a key was found, and as much of it as may be shown."""

    source: Source
    name: str
    """The variable, the path of the key file, or the entry of the keyring."""
    ending: str = ""
    """The last characters; empty where the key is short, or could not be had."""
    unused: str = ""
    """Why it is not sent, as a clause; empty where it is."""


@dataclass(frozen=True, slots=True)
class Found:
    """A key and where it was found."""

    place: KeyPlace
    key: str = field(repr=False)


class Keys:
    """Finds the keys of endpoints. What was found for one stays: keys do not change under a running process."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._environ = environ
        self._found: dict[tuple[str, str], tuple[Found, ...]] = {}

    def of(self, endpoint: Endpoint) -> tuple[str, ...]:
        """The keys that may be sent to an endpoint, all from the first place that has any.

        :raises BadConfiguration: when one cannot be a key, a file cannot be read, or the key would be seen on its way.
        """
        return tuple(found.key for found in self._look(endpoint) if not found.place.unused)

    def where(self, endpoint: Endpoint) -> tuple[KeyPlace, ...]:
        """Every place that has a key for an endpoint, those included that are not used.

        :raises BadConfiguration: as `of` does.
        """
        return tuple(found.place for found in self._look(endpoint))

    def opens(self, endpoint: Endpoint) -> bool:
        """Whether there is a key for an endpoint, or what its vendor's library signs with.

        :raises BadConfiguration: as `of` does.
        """
        signs = any(self._set(name) for name in SIGNS.get(endpoint.auth, ()))
        return bool(self.of(endpoint)) or (signs and installed(endpoint.auth))

    def check(self, endpoint: Endpoint) -> None:
        """See that an endpoint which is called with a key or without can be.

        :raises BadConfiguration: as `of` does, and where the library that signs for it is not installed.
        """
        if not self.of(endpoint) and endpoint.auth in SIGNS:
            demand(endpoint.auth, f"endpoints.{endpoint.name}.auth")

    def _look(self, endpoint: Endpoint) -> tuple[Found, ...]:
        asked = (endpoint.name, endpoint.base_url)
        if asked not in self._found:
            found = in_order((*self._in_environment(endpoint), *self._in_store(endpoint)))
            if endpoint.auth in SIGNS or any(not each.place.unused for each in found):
                guard(endpoint)
                if self._settings.merely_found:
                    self._distrust(endpoint, found)
            self._found[asked] = found
        return self._found[asked]

    def _distrust(self, endpoint: Endpoint, found: Iterable[Found]) -> None:
        """Refuse to let a file that merely lay there lead a vendor's key, or a signature, away from that vendor."""
        here, table = origin(endpoint.base_url), self._settings.endpoints.get(endpoint.name)
        names = {each.place.name.removesuffix("_FILE") for each in found if not each.place.unused}
        at_home = any(
            here == origin(fact.base_url) for fact in facts.endpoints().values() if names & {*fact.api_key_env}
        )
        lured = endpoint.auth in SIGNS or any(names & {*fact.api_key_env} for fact in facts.endpoints().values())
        if table is not None and lured and not at_home and not is_loopback(URL(endpoint.base_url).host or ""):
            key = " or ".join(sorted(names)) or "a signature"
            raise BadConfiguration(
                f"endpoints.{endpoint.name} would send {key} to {here}, and stands in a {HERE} that nobody named: "
                f"if you trust it, name it by --config {HERE} or FUSELINE_CONFIG, or move the endpoint to your own file"
            )

    def _in_environment(self, endpoint: Endpoint) -> Iterator[Found]:
        """The keys of the first variable that is set, itself or as `<NAME>_FILE`."""
        names = (name for name in endpoint.api_key_env if name not in SIGNS.get(endpoint.auth, ()))
        name = next((name for each in names for name in (each, f"{each}_FILE") if self._set(name)), None)
        if name in endpoint.api_key_env:
            yield from each_of(self._environ[name], "environment", name)
        elif name:
            yield from each_of(content(Path(self._environ[name]), name), "file", name)

    def _in_store(self, endpoint: Endpoint) -> Iterator[Found]:
        """The keys that `fuseline keys set` was given: those of the file, then those of the keyring."""
        rows = sorted(self._rows.get(endpoint.name, ()), key=lambda row: row.keyring)
        for row in rows:
            held = self._in_keyring(entry_of(endpoint.name, row.origin)) if row.keyring else self._in_file(row)
            yield from bound(held, row.origin, origin(endpoint.base_url))

    def _in_file(self, row: StoredKey) -> Iterator[Found]:
        return each_of(row.key, "stored", str(self._settings.key_file))

    def _in_keyring(self, entry: str) -> Sequence[Found]:
        if not self._settings.keys.keyring:
            return [Found(KeyPlace("keyring", entry, unused="keys.keyring is off"), "")]
        found = list(each_of(read_entry(entry), "keyring", entry))
        return found or [Found(KeyPlace("keyring", entry, unused="the keyring no longer has it"), "")]

    def _set(self, name: str) -> bool:
        return bool(self._environ.get(name, "").strip())

    @cached_property
    def _rows(self) -> Rows:
        return read_rows(self._settings.key_file)


def each_of(text: str, source: Source, name: str) -> Iterator[Found]:
    """The keys in a text, which may be several, with commas or white space between.

    :raises BadConfiguration: when one holds what no key does. It names the place and never the key.
    """
    for key in filter(None, APART.split(text)):
        if not KEY.fullmatch(key):
            raise BadConfiguration(f"{name} holds a character that no key has: copy the key anew")
        ending = key[-SHOWN:] if len(key) >= LONG_ENOUGH else ""
        yield Found(KeyPlace(source, name, ending), key)


def bound(found: Iterable[Found], to: str, here: str) -> Iterator[Found]:
    """The same keys, marked as unused where they are bound to another origin."""
    elsewhere = "" if to == here else f"it is bound to {to}"
    return (marked_unused(each, elsewhere) for each in found)


def in_order(found: Sequence[Found]) -> tuple[Found, ...]:
    """The same, with all marked as unused that do not come from the first place that has a key."""
    first = next((each.place for each in found if not each.place.unused), None)
    ranked: list[Found] = []
    for each in found:
        again = any(each.key == other.key and not other.place.unused for other in ranked)
        ranked.append(marked_unused(each, shadow(each.place, first) or ("it is there twice" if again else "")))
    return tuple(ranked)


def shadow(place: KeyPlace, first: KeyPlace | None) -> str:
    """Why a place is not used where another comes first."""
    if first is None or (place.source, place.name) == (first.source, first.name):
        return ""
    return f"{first.name} comes first"


def marked_unused(found: Found, why: str) -> Found:
    """A key, with why it is not used beside what kept it from that before."""
    return replace(found, place=replace(found.place, unused=found.place.unused or why))


def content(path: Path, variable: str) -> str:
    """The text of a file that a variable names. Whoever mounts it decides who may read it."""
    try:
        return path.read_text("utf-8", "surrogateescape")
    except OSError as error:
        raise BadConfiguration(f"{variable}: {path} cannot be read: {error.strerror}") from None


def guard(endpoint: Endpoint) -> None:
    """Refuse to show a key to another machine where others could read it on its way."""
    url = URL(endpoint.base_url)
    if url.scheme == "http" and not endpoint.insecure and not is_loopback(url.host or ""):
        setting = f"endpoints.{endpoint.name}"
        raise BadConfiguration(
            f"{setting}.base_url is plain http to another machine, and a key could be read on its way there: "
            f"use https, or allow it with {setting}.insecure = true"
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def origin(base_url: str) -> str:
    """Scheme, host and port of an address, in one spelling, as the client that calls it reads them; empty for none."""
    url = URL(base_url)
    return str(url.origin()) if url.absolute else ""
