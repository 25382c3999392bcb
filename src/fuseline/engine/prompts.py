"""The prompts: prose in Markdown files beside this one, filled in here. Their hash is stored with each run."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Formatter
from typing import Literal

Name = Literal[
    "common", "panel", "analyst", "analyst_material", "analyst_question", "analyst_repair", "digests", "form",
    "form_repair", "grounding", "read_answer", "repair", "writer", "writer_material", "tool",
    "tool_result",
]  # fmt: skip
VERSION = re.compile(r"<!-- version: (\d+) -->\n")


def read_prompts() -> dict[str, str]:
    """All prompt files as they stand on disk, by name."""
    folder = files("fuseline.engine") / "prompts"
    found = ((path.name, path.read_text("utf-8")) for path in folder.iterdir() if path.name.endswith(".md"))
    return {name.removesuffix(".md"): text for name, text in sorted(found)}


PROMPTS: Mapping[str, str] = read_prompts()
BODIES: Mapping[str, str] = {name: VERSION.sub("", text, count=1).strip() for name, text in PROMPTS.items()}


def hash_of(prompts: Mapping[str, str]) -> str:
    """Which wording a run was made with: changes when any prompt does."""
    return hashlib.sha256("\0".join(f"{name}\0{text}" for name, text in prompts.items()).encode()).hexdigest()[:16]


HASH = hash_of(PROMPTS)
PIECES: Mapping[str, Sequence[tuple[str, str | None]]] = {
    name: [(text, field) for text, field, _, _ in Formatter().parse(body)] for name, body in BODIES.items()
}
"""Each prompt cut up at its open places, once: a text, and the name of what stands behind it, if anything does."""


def fields_of(name: Name) -> frozenset[str]:
    """The names that a prompt leaves open."""
    return frozenset(field for _, field in PIECES[name] if field)


def render(name: Name, **values: str) -> str:
    """A prompt with its open places filled. Values are inserted as they are and never read as templates."""
    return "".join(text + (values[field] if field else "") for text, field in PIECES[name]).strip()
