"""A citation as it is written behind a sentence."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from fuseline.engine.sources import LINK, clean
from fuseline.types.deliberation import Source

LONGEST_TITLE = 80
UNFIT = str.maketrans(dict.fromkeys("[]|\\`<>\n", " "))
"""What would end the words of a link, or a cell."""


def link_to(sources: Sequence[Source], given: set[str]) -> str:
    """The pages as links in brackets, with space in front; what is in them is added to `given`."""
    written = {source.url: written_link(source) for source in sources}
    sound = {url: link for url, link in written.items() if link}
    given.update(sound)
    return f" ({', '.join(sound.values())})" if sound else ""


def written_link(source: Source) -> str:
    """A page as a Markdown link, under its title or its host; empty where it would not be read back."""
    words = " ".join(source.title.translate(UNFIT).split()) if source.title != source.url else ""
    if len(words) > LONGEST_TITLE:
        words = f"{words[: LONGEST_TITLE - 1].rstrip()}…"
    link = f"[{words or host(source.url)}]({source.url})"
    found = LINK.fullmatch(link)
    return link if found and clean(found[2]) == source.url and "|" not in link else ""


def host(url: str) -> str:
    """The host of an address, as people say it."""
    try:
        return (urlsplit(url).hostname or url).removeprefix("www.")
    except ValueError:
        return url
