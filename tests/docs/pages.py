"""The pages as tests read them: which there are, their code blocks, and their links."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def pages() -> list[Path]:
    """Every page of the project."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


@dataclass(frozen=True, slots=True)
class Block:
    """A code block of a page."""

    page: Path
    line: int
    text: str

    @property
    def name(self) -> str:
        """Where it stands."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(language: str) -> list[Block]:
    """Every code block in a language."""
    return [block for page in pages() for block in blocks_of(page, language)]


def blocks_of(page: Path, language: str) -> Iterator[Block]:
    """The code blocks of one page in a language, whose line counts from 1."""
    text = page.read_text("utf-8")
    for found in BLOCK.finditer(text):
        if found[1] == language:
            yield Block(page, text.count("\n", 0, found.start()) + 2, found[2])


def each(language: str, where: Callable[[Block], bool] = lambda _: True) -> pytest.MarkDecorator:
    """Run a test for every code block in a language of which the condition holds."""
    found = [block for block in blocks(language) if where(block)]
    return pytest.mark.parametrize("block", found, ids=[block.name for block in found])


def links(page: Path) -> list[str]:
    """The links of a page that lead to files of the project, outside its code blocks."""
    text = BLOCK.sub("", page.read_text("utf-8"))
    return [target for target in LINK.findall(text) if "://" not in target]


def anchors(page: Path) -> set[str]:
    """The names that the headings of a page can be linked by."""
    headings = HEADING.findall(BLOCK.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
