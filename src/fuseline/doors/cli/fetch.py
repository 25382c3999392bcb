"""`fuseline fetch`: a page as a panel would read it, or why it would not."""

import sys
from collections.abc import Sequence
from pathlib import Path

import anyio

from fuseline.doors.cli import codes
from fuseline.doors.cli.objects import print_json
from fuseline.doors.cli.terminal import one_line, say
from fuseline.doors.cli.words import count
from fuseline.pages.base import Fetcher, Page, PageFailed
from fuseline.pages.fetcher import open_fetcher
from fuseline.settings.settings import Settings, load
from fuseline.types.domains import DomainRules, domain_rules
from fuseline.types.json import Json

REASONS = {
    "blocked:address": "this is no address of the public Internet",
    "blocked:domain": "--allow and --block leave this site out",
    "blocked:host_syntax": "the host is not written as one, or parsers would disagree on it",
    "blocked:length": "the address is longer than 2 KiB",
    "blocked:port": "only the ports 80 and 443 are asked",
    "blocked:redirect": "it leads to where no page is read",
    "blocked:robots": "the site's robots.txt does not want it read; see fetch.robots",
    "blocked:scheme": "only addresses with http:// or https:// are read",
    "blocked:self": "this is the gateway itself; see fetch.own_hosts",
    "blocked:userinfo": "an address with a user in it is not read",
    "failed:connect": "nobody answered there, or not in HTTP",
    "failed:dns": "the name is not known",
    "failed:extract": "there is no text to be found in it",
    "limit:headers": "the head of the answer is too large",
    "limit:ratio": "it unpacks to more than a hundred times its size",
    "limit:redirects": "it leads on too often; see fetch.redirects",
    "limit:size": "it is too large; see fetch.wire_bytes and fetch.page_bytes",
    "limit:time": "it took too long; see fetch.timeout_s",
    "unavailable": "reading pages is switched off; see fetch.enabled",
    "unsupported:type": "it is of a kind that is not read",
}
"""What a person is told of a verdict. A model is told less."""


def run(
    *,
    url: str,
    max_characters: int | None,
    allowed: Sequence[str],
    blocked: Sequence[str],
    as_json: bool,
    config: Path | None,
) -> int:
    """Read a page and print it, or the reason why not."""
    return anyio.run(fetch, load(config), url, domain_rules(allowed, blocked), max_characters, as_json)


async def fetch(settings: Settings, url: str, rules: DomainRules, max_characters: int | None, as_json: bool) -> int:
    """Read a page as these settings have it."""
    async with open_fetcher(settings.fetch) as fetcher:
        return await read(fetcher, url, rules, max_characters, as_json)


async def read(fetcher: Fetcher, url: str, rules: DomainRules, max_characters: int | None, as_json: bool) -> int:
    """Read a page with a fetcher; returns the exit code."""
    try:
        page = await fetcher.fetch(url, rules)
    except PageFailed as failed:
        if as_json:
            print_json({"url": url, "verdict": failed.verdict, "shown": failed.shown, "status": failed.status})
        else:
            say(sys.stderr, f"fuseline: not read: {failed.verdict}: {REASONS.get(failed.verdict, failed.shown)}")
        return codes.FAILED
    if as_json:
        print_json(page_object(page, max_characters))
    else:
        show(page, max_characters)
    return codes.ANSWERED


def show(page: Page, max_characters: int | None) -> None:
    """Print title, address and text on standard output, and the figures on standard error."""
    text = page.text[:max_characters]
    for line in (one_line(page.title) or "(no title)", one_line(page.url), "", text):
        say(sys.stdout, line)
    figures = [page.media_type, count(page.size, "byte"), count(len(page.text), "character")]
    if page.truncated:
        figures.append(f"cut short: {page.truncated}")
    if len(text) < len(page.text):
        figures.append(f"the first {len(text)} are shown")
    say(sys.stderr, ", ".join(map(one_line, figures)))


def page_object(page: Page, max_characters: int | None) -> Json:
    """A page for scripts."""
    return {
        "url": page.url,
        "title": page.title,
        "text": page.text[:max_characters],
        "media_type": page.media_type,
        "status": page.status,
        "bytes": page.size,
        "characters": len(page.text),
        "truncated": page.truncated or None,
    }
