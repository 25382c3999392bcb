"""The tables of the settings file that say what may be looked up: searching, reading pages, private documents."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from fuseline.settings.base import Section

Address: TypeAlias = Annotated[str, Field(pattern=r"^https?://[^\s?#]+$")]
USER_AGENT = "fuseline/0.1 (self-hosted research assistant; reads a page when a person's question leads to it)"


class SearchSettings(Section):
    """How the web is searched. Keys of engines are environment variables; see the guide to engines."""

    enabled: bool = Field(default=True, description="Whether anything may be searched at all.")
    engine: str = Field(default="auto", description="The engine of requests that name none, or `auto`.")
    order: tuple[str, ...] = Field(
        default=(),
        description="What `auto` tries, in this order; what is configured, then what needs no key, if unset.",
    )
    searxng_url: str = Field(
        default="", pattern=r"^(https?://[^\s?#]+)?$", description="Where your SearXNG answers, with JSON switched on."
    )
    base_urls: Mapping[str, Address] = Field(
        default={}, description="Where engines are asked instead, by name: a proxy of yours that speaks the same."
    )
    timeout_s: float = Field(default=10, gt=0, description="Seconds that one engine has to answer.")


class FetchSettings(Section):
    """How pages are read. Only public addresses are, whatever is set here."""

    enabled: bool = Field(default=True, description="Whether any page may be read at all.")
    robots: Literal["respect", "ignore"] = Field(
        default="respect", description="Whether a site's `robots.txt` is asked first."
    )
    user_agent: str = Field(default=USER_AGENT, min_length=1, description="What sites are told of who reads them.")
    timeout_s: float = Field(default=15, gt=0, description="Seconds for one page, redirects included.")
    wire_bytes: int = Field(default=2 << 20, gt=0, description="Most that is taken off the wire for one page.")
    page_bytes: int = Field(default=5 << 20, gt=0, description="Most that a page may be when it is unpacked.")
    redirects: int = Field(default=3, ge=0, le=10, description="Redirects that are followed.")
    per_run: int = Field(default=50, ge=0, description="Pages that one run may read.")
    own_hosts: tuple[str, ...] = Field(
        default=(), description="Public names of this gateway itself: pages there are never read."
    )


class DocumentsSettings(Section):
    """Private documents that a panel may search."""

    path: Path | None = Field(default=None, description="The index; `documents.db` in the home directory if unset.")
    collections: tuple[str, ...] = Field(
        default=(), description="Collections that every run may search whose request and preset name none."
    )
