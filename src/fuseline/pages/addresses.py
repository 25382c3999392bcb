"""The one parser of addresses that may be read: strict, and what it returns reads the same to every other parser."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Literal
from urllib.parse import quote, urljoin, urlsplit

import idna

from fuseline.pages.policy import is_public
from fuseline.pages.refusals import refused

LENGTH = 2048
SCHEME = re.compile(r"(https?)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE | re.DOTALL)
PORTS = {"http": 80, "https": 443}
FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\\\ud800-\udfff]")
"""What parsers disagree on: controls, white space, backslashes, halves of letters."""
NAME = re.compile(r"(?!.{254})(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?")
"""A host that some parser takes for a number: its last label is one."""
OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
QUAD = re.compile(rf"{OCTET}(?:\.{OCTET}){{3}}")
ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
SAFE = "!$&'()*+,;=:@/?%[]~"
INTERNAL = ("localhost", "local", "localdomain", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa")
"""Names that no public server has, and some network inside may."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address in its one canonical form."""

    scheme: Literal["http", "https"]
    host: str
    """In lower case and ASCII; an IPv6 address without its brackets."""
    port: int
    target: str
    """Path and query, encoded."""
    literal: bool
    """Whether the host is an address in digits."""

    def __str__(self) -> str:
        return f"{self.origin}{self.target}"

    @property
    def authority(self) -> str:
        """Host and port as a request names them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.authority}"


def read_address(url: str, own_hosts: Collection[str] = ()) -> Address:
    """Read an address that may be fetched as far as it alone can tell.

    :raises PageFailed: with the verdict of the first rule that it breaks.
    """
    if len(url.encode("utf-8", "replace")) > LENGTH:
        raise refused("blocked:length")
    scheme, authority, path, query = parts_of(url)
    host, port_text = host_and_port(authority)
    host, literal = read_host(host)
    if host in own_hosts:
        raise refused("blocked:self")
    if literal and not is_public(host):
        raise refused("blocked:address")
    address = Address(scheme, host, read_port(port_text, scheme), target_of(path, query), literal)
    check_round_trip(address)
    return address


def follow(address: Address, location: str) -> str:
    """Where a redirect leads to, as text that is still to be read.

    :raises PageFailed: when it is written so that some parsers take it for a path and others for a host.
    """
    if location.startswith("///"):
        raise refused("blocked:redirect")
    try:
        return urljoin(str(address), location)
    except ValueError:
        raise refused("blocked:redirect") from None


def parts_of(url: str) -> tuple[Literal["http", "https"], str, str, str | None]:
    """Scheme, authority, path and query.

    :raises PageFailed: when the scheme is none of the web, or there is something in it that parsers disagree on.
    """
    scheme = url.partition(":")[0].lower()
    if ":" not in url or scheme not in PORTS:
        raise refused("blocked:scheme")
    found = SCHEME.fullmatch(url)
    if found is None or FORBIDDEN.search(url):
        raise refused("blocked:host_syntax")
    return "https" if scheme == "https" else "http", found.group(2), found.group(3), found.group(4)


def host_and_port(authority: str) -> tuple[str, str | None]:
    """The host as it was written, and the port's digits; `None` where there is no port.

    :raises PageFailed: when there is a user in it, or no host.
    """
    if "@" in unicodedata.normalize("NFKC", authority):
        raise refused("blocked:userinfo")
    found = re.fullmatch(r"(\[[^\[\]]*\]|[^:\[\]]*)(?::(.*))?", authority)
    if found is None or not found.group(1):
        raise refused("blocked:host_syntax")
    return found.group(1), found.group(2)


def read_port(text: str | None, scheme: str) -> int:
    """The port.

    :raises PageFailed: when it is none of the web's two.
    """
    if text is None:
        return PORTS[scheme]
    if text not in ("80", "443"):
        raise refused("blocked:port")
    return int(text)


def read_host(text: str) -> tuple[str, bool]:
    """The host in its canonical form, and whether it is an address in digits.

    :raises PageFailed: when it is written as no host is, or its name is an internal one.
    """
    if text.startswith("["):
        return read_brackets(text[1:-1]), True
    host = unicodedata.normalize("NFKC", text).replace("\u3002", ".").lower()
    if NUMERIC.fullmatch(host):
        if not QUAD.fullmatch(host):
            raise refused("blocked:host_syntax")
        return host, True
    host = host.removesuffix(".")
    if not host.isascii():
        host = in_ascii(host)
    if not NAME.fullmatch(host) or NUMERIC.fullmatch(host):
        raise refused("blocked:host_syntax")
    if "." not in host or host.endswith(tuple(f".{name}" for name in INTERNAL)):
        raise refused("blocked:address")
    return host, False


def read_brackets(text: str) -> str:
    """An IPv6 address in its shortest form.

    :raises PageFailed: when it is none, or has a zone.
    """
    try:
        address = IPv6Address(text)
    except ValueError:
        raise refused("blocked:host_syntax") from None
    if address.scope_id is not None or not text.isascii():
        raise refused("blocked:host_syntax")
    return address.compressed


def in_ascii(host: str) -> str:
    """A name of any script as the name system knows it.

    :raises PageFailed: when there is no such name.
    """
    try:
        return idna.encode(host, uts46=True, std3_rules=True).decode("ascii")
    except (idna.IDNAError, UnicodeError, IndexError):
        raise refused("blocked:host_syntax") from None


def target_of(path: str, query: str | None) -> str:
    """Path and query in their one form: encoded, without dots that climb, and nothing encoded that need not be."""
    plain = "/".join(without_dots(canonical(path).split("/")))
    return plain if query is None else f"{plain}?{canonical(query)}"


def canonical(text: str) -> str:
    """A path or a query with all letters encoded that must be, and none else."""
    return ESCAPE.sub(unescaped, quote(re.sub(r"%(?![0-9a-fA-F]{2})", "%25", text), safe=SAFE))


def unescaped(escape: re.Match[str]) -> str:
    """The letter that an escape stands for, where it needs none."""
    letter = chr(int(escape.group(1), 16))
    return letter if letter in UNRESERVED else escape.group().upper()


def without_dots(steps: list[str]) -> list[str]:
    """The steps of a path, with `.` and `..` carried out."""
    taken = [""]
    for step in steps[1:]:
        if step == ".." and len(taken) > 1:
            taken.pop()
        elif step not in (".", ".."):
            taken.append(step)
    if steps[-1] in (".", "..") or len(taken) == 1:
        taken.append("")
    return taken


def check_round_trip(address: Address) -> None:
    """See that the canonical form is read as what it was made from, by this parser's rules and by the library's.

    :raises PageFailed: when it is not.
    """
    found = SCHEME.fullmatch(str(address))
    parts = urlsplit(str(address))
    same = found is not None and found.group(2) == address.authority
    if not same or parts.hostname != address.host or (parts.port or PORTS[address.scheme]) != address.port:
        raise refused("blocked:host_syntax")
