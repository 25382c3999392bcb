"""Which web sites may be searched and read, by rules such as `example.com`, `*.example.com` or `example.com/blog`."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class DomainRules:
    """What may be looked at: nothing but what is allowed, where anything is, and never what is excluded.

    A rule is a host, which holds for all below it too; `*.` in front leaves out the host itself; a path holds for what
    lies below it.
    """

    allowed: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    def allows(self, url: str) -> bool:
        """Whether an address may be looked at. One that cannot be read may not."""
        host, path = parts_of(url)
        if not host:
            return False
        if any(matches(rule, host, path) for rule in self.excluded):
            return False
        return not self.allowed or any(matches(rule, host, path) for rule in self.allowed)

    def within(self, other: "DomainRules") -> "DomainRules | None":
        """These rules where the `other` ones hold as well; `None` where no rule of one can stand for both."""
        if self.allowed and other.allowed:
            both = tuple(rule for rule in self.allowed if other.allows(f"https://{plain(rule)}"))
            both += tuple(rule for rule in other.allowed if rule not in both and self.allows(f"https://{plain(rule)}"))
            return DomainRules(both, (*self.excluded, *other.excluded)) if both else None
        return DomainRules(self.allowed or other.allowed, (*self.excluded, *other.excluded))


ANYWHERE = DomainRules()
"""No rule at all."""


def domain_rules(allowed: Iterable[str] = (), excluded: Iterable[str] = ()) -> DomainRules:
    """The rules as a client wrote them: with or without a scheme, in any case."""
    return DomainRules(tuple(map(plain, allowed)), tuple(map(plain, excluded)))


def matches(rule: str, host: str, path: str) -> bool:
    """Whether a rule holds for a host and a path, both in lower case."""
    site, _, below = rule.partition("/")
    wide = site.startswith("*.")
    site = site.removeprefix("*.")
    inside = host.endswith(f".{site}") or (host == site and not wide)
    below = f"/{below}".rstrip("/")
    return inside and (path == below or path.startswith(f"{below}/"))


def plain(rule: str) -> str:
    """A rule without scheme, port, `www.`, query and trailing slash, its host in lower case and in ASCII."""
    rest = rule.strip().partition("://")[2] or rule.strip()
    site, slash, below = rest.partition("?")[0].partition("#")[0].partition("/")
    wide = "*." if site.startswith("*.") else ""
    host = ascii_host(site.removeprefix("*.").partition(":")[0]).removeprefix("www.")
    return f"{wide}{host}{slash}{below}".rstrip("/")


def parts_of(url: str) -> tuple[str, str]:
    """The host and the path of an address, as rules are held against them; both empty where it has no host."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "", ""
    return ascii_host(host), parts.path or "/"


def ascii_host(host: str) -> str:
    """A host name in lower case and in ASCII, without the dot that may end it."""
    host = host.rstrip(".").lower()
    try:
        return host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
