"""`fuseline keys`: put keys away, list where each comes from, take them out. It never shows more than their ends."""

import difflib
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from getpass import GetPassWarning, getpass
from pathlib import Path
from typing import Literal, TypeAlias

from fuseline.catalog.endpoints import Directory, lacking, open_directory
from fuseline.catalog.keeping import forget, keep
from fuseline.catalog.keys import SIGNS, KeyPlace, Keys, origin
from fuseline.doors.cli import codes
from fuseline.doors.cli.objects import print_json
from fuseline.doors.cli.terminal import one_line, say
from fuseline.doors.cli.words import aligned, count
from fuseline.settings.settings import Settings, load
from fuseline.types.errors import InvalidRequest, NotFound
from fuseline.types.json import Json
from fuseline.types.models import Endpoint

Verb: TypeAlias = Literal["set", "list", "remove", "path"]
HEADINGS = ("ENDPOINT", "KEY", "FROM", "")
LONGEST = 1 << 16
"""Characters of standard input in which the keys must be."""


def run(
    *,
    verb: Verb,
    config: Path | None,
    endpoint: str = "",
    in_keyring: bool = False,
    beside: bool = False,
    as_json: bool = False,
) -> int:
    """Do what the verb says.

    :raises InvalidRequest: when there is no such endpoint, or no key.
    :raises BadConfiguration: when a key cannot be one, or cannot be kept.
    """
    settings = load(config)
    match verb:
        case "set":
            put_away(endpoint, settings, in_keyring=in_keyring, beside=beside)
        case "remove":
            take_out(endpoint, settings)
        case "list":
            show(open_directory(settings, os.environ, ()), as_json=as_json)
        case "path":
            say(sys.stdout, str(settings.key_file))
    return codes.ANSWERED


def put_away(name: str, settings: Settings, *, in_keyring: bool, beside: bool) -> None:
    """Ask for a key and store it."""
    directory = open_directory(settings, os.environ, ())
    endpoint = named(name, directory)
    stored = keep(asked_key(endpoint), endpoint, settings, in_keyring=in_keyring, beside=beside)
    where = "the keyring" if in_keyring else str(settings.key_file)
    say(sys.stderr, f"{told(stored)} stored for {name} in {where}")
    say(sys.stderr, f"sent to {origin(endpoint.base_url)} and nowhere else")
    for unused in unused_places(Keys(settings, os.environ).where(endpoint)):
        say(sys.stderr, f"not used: {unused}")


def told(stored: Sequence[KeyPlace]) -> str:
    """How many keys, and how they end."""
    ends = " and ".join(place.ending for place in stored if place.ending)
    return f"{count(len(stored), 'key')}{f', ending in {ends},' if ends else ''}"


def take_out(name: str, settings: Settings) -> None:
    """Remove what is stored for an endpoint, which may be one that there no longer is."""
    removed = forget(name, settings)
    if not removed:
        raise NotFound(f"no key is stored for {name}", "endpoint")
    say(sys.stderr, f"{count(removed, 'key')} removed from {settings.key_file}")
    endpoint = open_directory(settings, os.environ, ()).endpoints.get(name)
    for place in Keys(settings, os.environ).where(endpoint) if endpoint else ():
        say(sys.stderr, f"{name} still has the key of {place.name}")


def named(name: str, directory: Directory) -> Endpoint:
    """The endpoint of that name.

    :raises InvalidRequest: with the nearest names, when there is none.
    """
    if name in directory.endpoints:
        return directory.endpoints[name]
    near = difflib.get_close_matches(name.lower(), directory.endpoints, 3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise InvalidRequest(f"there is no endpoint {name[:80]}{hint}", "endpoint")


def asked_key(endpoint: Endpoint) -> str:
    """The key: typed on a terminal, where it is not shown, or else read from standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.read(LONGEST)
    with warnings.catch_warnings():
        warnings.simplefilter("error", GetPassWarning)
        try:
            return getpass(f"Key for {endpoint.title or endpoint.name} ({origin(endpoint.base_url)}): ")
        except GetPassWarning:
            raise InvalidRequest("this terminal would show the key: give it on standard input", "endpoint") from None


def show(directory: Directory, *, as_json: bool) -> None:
    """Print a line for each key that was found, and then who has none."""
    if as_json:
        print_json([endpoint_object(endpoint, directory) for endpoint in directory.endpoints.values()])
        return
    rows = [row for endpoint in directory.endpoints.values() for row in key_rows(endpoint, directory)]
    for line in aligned([HEADINGS, *rows]) if rows else ():
        say(sys.stdout, line)
    wanting = [endpoint for endpoint in directory.endpoints.values() if wants(endpoint)]
    missing = [endpoint.name for endpoint in wanting if not directory.keys.opens(endpoint)]
    say(sys.stdout, f"no key: {', '.join(missing) or 'none lacks one'}")


def key_rows(endpoint: Endpoint, directory: Directory) -> Iterator[Sequence[str]]:
    """The lines of an endpoint."""
    for place in directory.keys.where(endpoint):
        note = f"not used: {place.unused}" if place.unused else ""
        yield endpoint.name, f"...{place.ending}" if place.ending else "(set)", one_line(place.name), one_line(note)
    if not directory.keys.of(endpoint) and directory.keys.opens(endpoint):
        yield endpoint.name, "(signs)", f"its vendor's library ({endpoint.auth})", ""


def unused_places(places: Sequence[KeyPlace]) -> Iterator[str]:
    """What was found and is not sent, with why."""
    return (f"{place.name}: {place.unused}" for place in places if place.unused)


def wants(endpoint: Endpoint) -> bool:
    """Whether an endpoint is called with a key or a signature."""
    return bool(endpoint.api_key_env) or endpoint.auth in SIGNS


def endpoint_object(endpoint: Endpoint, directory: Directory) -> Json:
    """An endpoint for scripts."""
    return {
        "endpoint": endpoint.name,
        "origin": None if lacking(endpoint) else origin(endpoint.base_url) or None,
        "wants_key": wants(endpoint),
        "has_key": directory.keys.opens(endpoint),
        "variables": list(endpoint.api_key_env),
        "keys": [place_object(place) for place in directory.keys.where(endpoint)],
    }


def place_object(place: KeyPlace) -> Json:
    """Where a key is, for scripts."""
    return {"source": place.source, "name": place.name, "ending": place.ending, "unused": place.unused or None}
