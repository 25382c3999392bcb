"""Which engines can be asked: those that are configured and those that need nothing, built from their rows."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import aiohttp
from yarl import URL

from fuseline.search import duckduckgo
from fuseline.search.base import Engine
from fuseline.search.brave import BRAVE
from fuseline.search.dialect import Dialect
from fuseline.search.duckduckgo import DuckDuckGo
from fuseline.search.exa import EXA
from fuseline.search.firecrawl import FIRECRAWL
from fuseline.search.parallel import PARALLEL
from fuseline.search.perplexity import PERPLEXITY
from fuseline.search.rows import Row, rows
from fuseline.search.searxng import SEARXNG
from fuseline.search.serper import SERPER
from fuseline.search.tavily import TAVILY
from fuseline.search.web import WebEngine
from fuseline.search.wikipedia import WIKIPEDIA
from fuseline.settings.research import SearchSettings
from fuseline.types.errors import BadConfiguration

DIALECTS: Mapping[str, Dialect] = {
    "searxng": SEARXNG,
    "brave": BRAVE,
    "tavily": TAVILY,
    "exa": EXA,
    "firecrawl": FIRECRAWL,
    "parallel": PARALLEL,
    "perplexity": PERPLEXITY,
    "serper": SERPER,
    "wikipedia": WIKIPEDIA,
}
KEY = re.compile(r"[\x21-\x7e]+")
APART = re.compile(r"[,\s]+", re.ASCII)
SEARXNG_NAME = "searxng"
ELSEWHERE = frozenset({"native", "local"})
"""Names that are known and stand for engines which are not built here."""

KeyOf: TypeAlias = Callable[[str], str | None]
"""Gives the key of an engine that is kept somewhere else than in the environment."""


def no_key(engine: str) -> None:
    """The key that nobody keeps."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What says which engines are configured."""

    settings: SearchSettings
    environ: Mapping[str, str]
    key_of: KeyOf = no_key
    trusted: bool = True
    """Whether somebody chose the settings, as against a file that merely lay in the folder."""

    def base_url(self, row: Row) -> str:
        """Where an engine is asked; empty where nobody said it.

        :raises BadConfiguration: when what somebody said is no address.
        """
        if row.name in self.settings.base_urls:
            return http_address(self.settings.base_urls[row.name], f"search.base_urls.{row.name}")
        if row.name == SEARXNG_NAME:
            said = "search.searxng_url" if self.settings.searxng_url else "SEARXNG_URL"
            return http_address(self.settings.searxng_url or self.environ.get("SEARXNG_URL", "").strip(), said)
        return row.base_url

    def key(self, row: Row) -> str:
        """The first key of an engine; empty where there is none.

        :raises BadConfiguration: when it cannot be a key. The message never quotes from it.
        """
        name = next((name for name in row.keys if self.environ.get(name, "").strip()), "")
        kept = self.key_of(row.name) if row.keys and not name else None
        key = next(filter(None, APART.split(self.environ[name] if name else kept or "")), "")
        if key and not KEY.fullmatch(key):
            raise BadConfiguration(f"{name or row.name} holds a character that no key has: copy the key anew")
        return key

    def lacking(self, row: Row) -> str:
        """What an engine needs before it can be asked, as an order; empty where it can be."""
        if row.keys and not self.key(row):
            return f"set {row.keys[0]}"
        if row.name == duckduckgo.NAME and not duckduckgo.installed():
            return "pip install 'fuseline[ddgs]'"
        return "" if self.base_url(row) else "set search.searxng_url or SEARXNG_URL"


@dataclass(frozen=True, slots=True)
class Engines:
    """The engines that can be asked, and what those lack that cannot."""

    ready: Mapping[str, Engine] = field(default_factory=dict[str, Engine])
    """In the order in which `auto` tries them."""
    lacking: Mapping[str, str] = field(default_factory=dict[str, str])


def build_engines(around: Surroundings, session: aiohttp.ClientSession) -> Engines:
    """Build every engine that is configured, and those that need nothing.

    :raises BadConfiguration: when a setting names an engine that there is not, or a key would be seen on its way.
    """
    check_names(around.settings)
    lacking = {row.name: missing for row in rows().values() if (missing := around.lacking(row))}
    ready = [build(row, around, session) for row in rows().values() if row.name not in lacking]
    return Engines({engine.name: engine for engine in ready}, lacking)


def build(row: Row, around: Surroundings, session: aiohttp.ClientSession) -> Engine:
    """One engine that lacks nothing."""
    if row.name == duckduckgo.NAME:
        return DuckDuckGo(row, around.settings.timeout_s)
    key, base_url = around.key(row), around.base_url(row)
    if key and base_url != row.base_url:
        guard(row, base_url, around.trusted)
    timeout_s = around.settings.timeout_s
    return WebEngine(row, DIALECTS[row.name], session, base_url=base_url, key=key, timeout_s=timeout_s)


def http_address(text: str, said: str) -> str:
    """An address as somebody set it, or nothing.

    :raises BadConfiguration: when it is none. The message never quotes it: it may hold a password.
    """
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    if text and (url.scheme not in ("http", "https") or not url.host):
        raise BadConfiguration(f"{said} has to be an address such as http://127.0.0.1:8888")
    return text


def guard(row: Row, base_url: str, trusted: bool) -> None:
    """Refuse to send a key where others could read it on its way, or where a file leads it that nobody named."""
    url, setting = URL(base_url), f"search.base_urls.{row.name}"
    if is_loopback(url.host or ""):
        return
    if url.scheme == "http":
        raise BadConfiguration(f"{setting} is plain http to another machine, and a key could be read on its way there")
    if not trusted:
        raise BadConfiguration(
            f"{setting} would send {row.keys[0]} to {url.host}, and stands in a settings file that nobody named: "
            f"if you trust it, name it by --config or FUSELINE_CONFIG"
        )


def check_names(settings: SearchSettings) -> None:
    """See that the settings name no engine that there is not."""
    known = {*rows(), *ELSEWHERE}
    for setting, names in (
        ("engine", () if settings.engine == "auto" else (settings.engine,)),
        ("order", settings.order),
        ("base_urls", tuple(settings.base_urls)),
    ):
        unknown = next((name for name in names if name not in known), None)
        if unknown is not None:
            raise BadConfiguration(f"search.{setting} names {unknown[:80]}, and there is no such search engine")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
