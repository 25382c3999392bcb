"""How models are named, and when two spellings mean one model. It knows no endpoint and no price."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fuseline.types.routing import Sort

SLUG = re.compile(r"[~a-z0-9@](?:[a-z0-9._/:+-]|(?<=/)@){0,127}", re.IGNORECASE)
"""What a slug may look like; names from the settings file and of local models are matched before this is asked."""
VARIANTS = frozenset({"exacto", "extended", "floor", "free", "nitro", "online", "thinking"})
"""Suffixes that say how a model is wanted; a tag such as Ollama's `:70b` is none."""
OPENROUTERS = frozenset({"exacto", "extended"})
"""Those that only OpenRouter can honour. The search of `:online` the planner takes care of, or a seat's own tools."""
SORTS: dict[str, Sort] = {"floor": "price", "nitro": "throughput"}
SPELLINGS = re.compile(r"[._:]|(?<=\d)p(?=\d)")
"""What stands between the parts of a name, in one spelling or another."""
DATE = re.compile(r"-(20\d{2}-?\d{2}-?\d{2})$")
OTHER_TRADES = re.compile(
    r"embed|rerank|whisper|guard|safety|moderation|voyage|minilm|transcri|imagine|gpt-image|lyria|\b(tts|ocr|asr|bge)\b"
)
"""Words in the names of models that are served beside the others but do not chat."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A slug in its two parts: which model, and how it is wanted."""

    base: str
    suffix: str = ""
    """Its variants as they were written, each with its colon."""

    @property
    def variants(self) -> frozenset[str]:
        """The words of the suffix."""
        return frozenset(word for word in self.suffix.lower().split(":") if word)

    @property
    def sort(self) -> Sort:
        """What its endpoints are ordered by; the last word counts, and empty is no wish."""
        words = [word for word in self.suffix.lower().split(":") if word in SORTS]
        return SORTS[words[-1]] if words else ""


def read_slug(slug: str) -> Wanted:
    """Part a slug from its variants."""
    return Wanted(*split_variant(slug))


def split_variant(slug: str) -> tuple[str, str]:
    """Part a slug from its routing suffixes, which may be several: `x:free:online` is `x` and `:free:online`."""
    base, _, last = slug.rpartition(":")
    if not base or last.lower() not in VARIANTS:
        return slug, ""
    rest, suffix = split_variant(base)
    return rest, f"{suffix}:{last}"


def plain(name: str) -> str:
    """A name in the one spelling in which names are compared.

    Fireworks writes `5p2` for `5.2`, since its paths allow no dot; Ollama writes `gpt-oss:120b`.
    """
    return SPELLINGS.sub("-", name.lower())


def plains(names: Iterable[str]) -> list[str]:
    """The same of many names at once, which takes less time than one by one. None of them has a line break."""
    text = "\n".join(names)
    return plain(text).split("\n") if text else []


def date_of(name: str) -> str:
    """The date at the end of a name, its digits alone; empty where there is none."""
    found = DATE.search(plain(name))
    return found[1].replace("-", "") if found else ""


def bare(name: str) -> str:
    """The same without the vendor or path before it."""
    return plain(name.rpartition("/")[2])


def undated(name: str) -> str:
    """A compared name without the date at its end."""
    return DATE.sub("", name)


def chats(name: str) -> bool:
    """Whether a model by that name answers in text, rather than embedding, ranking or transcribing."""
    return not OTHER_TRADES.search(plain(name))


def size(name: str) -> float:
    """Billions of parameters as the name gives them, the largest figure of several; 0 where it gives none."""
    return max((float(figure) for figure in re.findall(r"(?<![\w.])(\d+(?:\.\d+)?)b\b", name.lower())), default=0.0)
