"""Private hosts, written in every way that some parser takes for them."""

import random
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address

PRIVATE = (
    "127.0.0.1",
    "127.9.8.7",
    "10.0.0.1",
    "169.254.169.254",
    "172.16.5.4",
    "192.168.1.1",
    "100.100.100.200",
    "0.0.0.0",
)
NAMED = ("localhost", "metadata.google.internal", "a.localhost", "nas.local", "router.lan", "db")
CIRCLED = dict(zip("0123456789", "⓪①②③④⑤⑥⑦⑧⑨", strict=True))
WIDE = {letter: chr(ord(letter) + 0xFEE0) for letter in "0123456789abcdefghijklmnopqrstuvwxyz"}
BOLD = {letter: chr(0x1D7CE + int(letter)) for letter in "0123456789"}
DOTS = ".。．｡"
Write = Callable[[random.Random, str], str]


def number(dice: random.Random, host: str) -> str:
    """As one number, in some base, with or without the bits that are cut off."""
    value = int(IPv4Address(host)) + dice.choice((0, 0, 1 << 32))
    return dice.choice((str(value), hex(value), f"0{value:o}", f"0x{value:040x}"))


def parts(dice: random.Random, host: str) -> str:
    """As fewer or more parts, each in some base."""
    octets = [int(part) for part in host.split(".")]
    kept = dice.randint(1, 3)
    rest = int.from_bytes(bytes(octets[kept:]), "big")
    written = [dice.choice((str, hex, lambda part: f"0{part:o}", lambda part: f"{part:04d}"))(part) for part in octets]
    if dice.random() < 0.5:
        return ".".join([*written[:kept], dice.choice((str(rest), hex(rest), f"0{rest:o}"))])
    return ".".join([*written[:3], hex(octets[3])])


def letters(dice: random.Random, host: str) -> str:
    """In digits and dots of another script."""
    script = dice.choice((CIRCLED, WIDE, BOLD))
    return "".join(dice.choice(DOTS) if letter == "." else script.get(letter, letter) for letter in host)


def brackets(dice: random.Random, host: str) -> str:
    """Inside an IPv6 address."""
    value = int(IPv4Address(host))
    high, low = divmod(value, 1 << 16)
    mixed = (f"::ffff:{host}", f"::{host}", f"64:ff9b::{host}", f"::ffff:0:{host}", f"2002:{high:x}:{low:x}::1")
    tunnel = f"2001:0:4136:e378:8000:63bf:{high ^ 0xFFFF:x}:{low ^ 0xFFFF:x}"
    whole = IPv6Address(f"::ffff:{host}").exploded
    return f"[{dice.choice((*mixed, tunnel, whole, whole.upper(), f'fe80::{high:x}:{low:x}%25lo', f'fd00::{low:x}'))}]"


def percent(dice: random.Random, host: str) -> str:
    """With percent escapes."""
    return (
        "".join(f"%{ord(letter):02x}" if dice.random() < 0.4 else letter for letter in host[:-1])
        + f"%{ord(host[-1]):02x}"
    )


def user(dice: random.Random, host: str) -> str:
    """Behind a user who looks like a host."""
    return dice.choice(("example.com@", "example.com:80@", "a:b@", "example.com%40x@", "＠", "@@")) + host


def cut(dice: random.Random, host: str) -> str:
    """With what ends a host for some parsers and not for others."""
    return host + dice.choice(
        ("\\@example.com", "\t.example.com", "%00.example.com", "\\.example.com", " .example.com", "%2f.example.com")
    )


def named(dice: random.Random, host: str) -> str:
    """A name that leads there, or that no one outside knows."""
    name = dice.choice(
        (*NAMED, f"{host}.nip.example", f"{host.replace('.', '-')}.sslip.example", f"x.{host}.nip.example")
    )
    return "".join(dice.choice((str.upper, str.lower))(letter) for letter in name) + dice.choice(("", ".", ":80"))


def plain(dice: random.Random, host: str) -> str:
    """As it is, with or without a port and a dot."""
    return host + dice.choice(("", ":80", ":8080", ".", ":0080"))


WAYS: Sequence[Write] = (number, parts, letters, brackets, percent, user, cut, named, plain)


def encodings(count: int, seed: int = 1) -> list[str]:
    """So many addresses of private hosts, no two the same, and the same ones each time."""
    dice = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        host = dice.choice(WAYS)(dice, dice.choice(PRIVATE))
        scheme = dice.choice(("http", "http", "https", "HTTP"))
        found[f"{scheme}://{host}{dice.choice(('', '/', '/v1/keys', '?a=b'))}"] = None
    return list(found)
