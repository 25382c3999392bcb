"""Addresses of the web: found in texts, and told apart by what they lead to. Nothing is looked up here."""

import re
from collections.abc import Iterator
from urllib.parse import quote, urlsplit, urlunsplit

from fuseline.types.domains import ascii_host

LONGEST = 2048
"""Bytes of an address; a longer one is a message to somebody."""
ENDS = r"\s<>\"`\\^{|}\u3000-\u303f\uff00-\uffef“”‘’«»„…"
"""What no address goes on with, in any script that people write around it."""
WHOLE = re.compile(rf"(?<![A-Za-z0-9])https?://(?:(?!\]\(|',)[^{ENDS}]){{1,{LONGEST}}}", re.IGNORECASE)
"""It ends where Markdown goes on to the address behind a text, or a list to its next item."""
BARE = re.compile(
    rf"(?<![\w@./:%-])((?:[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?\.)+[a-z]{{2,24}}(?::\d{{1,5}})?(?:/[^{ENDS}]*)?)(?![\w@])",
    re.IGNORECASE,
)
"""A host and perhaps a path, as people write them."""
TRAILING = ".,;:!?*_~'&"
"""What ends a sentence rather than an address."""
PAIRS = {")": "(", "]": "["}
TRACKING = re.compile(r"(utm_\w+|gclid|fbclid|msclkid|mc_[ce]id|igshid)(=|$)", re.IGNORECASE)
KEPT = "/%:@!$&'()*+,;=~-._?"
DEFAULT_PORTS = {"http": 80, "https": 443}


def addresses_in(text: str) -> Iterator[str]:
    """The addresses that stand in a text with their scheme, without the punctuation behind them."""
    for match in WHOLE.finditer(text):
        yield from readings(match[0])


def typed_in(text: str) -> Iterator[str]:
    """Those, and hosts that stand without a scheme, for a text that a person typed."""
    yield from addresses_in(text)
    for match in BARE.finditer(text):
        yield from readings(f"https://{match[1]}")


def readings(found: str) -> Iterator[str]:
    """What may be meant by a stretch that begins as an address: all of it, or what stands before a quote."""
    before, quote, _ = found.partition("'")
    if quote:
        yield trimmed(before)
    yield trimmed(found)


def trimmed(address: str) -> str:
    """An address without punctuation and closing brackets at its end that are not its own."""
    while address:
        last = address[-1]
        stray = last in PAIRS and address.count(last) > address.count(PAIRS[last])
        if last not in TRAILING and not stray:
            break
        address = address[:-1]
    return address


def key_of(address: str) -> str:
    """What an address leads to, whichever way it is spelt: no scheme, fragment or tracking. Empty where it is none."""
    try:
        parts = urlsplit(address)
        host, port = ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in DEFAULT_PORTS or not host:
        return ""
    user, at, _ = parts.netloc.rpartition("@")
    number = "" if port in (None, DEFAULT_PORTS[parts.scheme.lower()]) else f":{port}"
    query = "&".join(pair for pair in parts.query.split("&") if pair and not TRACKING.match(pair))
    return f"{user}{at}{host}{number}{escaped(parts.path or '/')}{'?' if query else ''}{escaped(query)}"


def escaped(part: str) -> str:
    """A path or query in ASCII, its escapes in upper case."""
    return re.sub("%[0-9a-f]{2}", lambda match: match[0].upper(), quote(part, safe=KEPT), flags=re.IGNORECASE)


def without_fragment(address: str) -> str:
    """An address as it goes to its server."""
    try:
        return urlunsplit(urlsplit(address)._replace(fragment=""))
    except ValueError:
        return address
