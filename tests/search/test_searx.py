"""searx, a real search engine by the same API as SearXNG, over a corpus that is served here."""

import subprocess
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from fuseline.search.base import Hit, Query, SearchFailed
from fuseline.search.desk import Desk, open_search
from fuseline.settings.research import SearchSettings
from tests.real.processes import free_port, running
from tests.requirements import requirement
from tests.search.vendors import Says, Vendor, vendor

pytestmark = pytest.mark.anyio

PYTHON = "/usr/bin/python3"
"""Debian's own, whose package python3-searx is a program and not a library for ours."""
START = "from searx.webapp import run; run()"
SETTINGS = Path(__file__).with_name("searx.yml")
CORPUS = {
    "results": [
        {"link": "https://a.example/one", "heading": "One <b>&amp; only</b>", "text": "The <i>first</i> text"},
        {"link": "https://b.example/two", "heading": "Two", "text": "The second\u200b text"},
        {"link": "https://spam.example/", "heading": "Three", "text": "Buy"},
    ]
}


def installed() -> bool:
    """Whether searx can be run; asked of Debian's Python, without loading it."""
    look = "import importlib.util, sys; sys.exit(importlib.util.find_spec('searx') is None)"
    return Path(PYTHON).exists() and subprocess.run([PYTHON, "-c", look], check=False).returncode == 0


@contextmanager
def searx(folder: Path, corpus: str) -> Generator[str]:
    """searx in a process of its own; the value is its address."""
    written = folder / "settings.yml"
    filled = SETTINGS.read_text("utf-8").replace("PORT", str(free_port())).replace("CORPUS", corpus)
    written.write_text(filled, "utf-8")
    with running([PYTHON, "-c", START], r"Running on (http://\S+)", {"SEARX_SETTINGS_PATH": str(written)}) as address:
        yield address


@asynccontextmanager
async def searching(folder: Path, answer: Says) -> AsyncGenerator[tuple[Desk, Vendor]]:
    """A desk whose searches go to searx, and from there to a corpus."""
    async with vendor(answer) as corpus:
        with searx(folder, corpus.url) as address:
            async with open_search(SearchSettings(searxng_url=address), {}) as desk:
                yield desk, corpus


@requirement("real:searched", "ours:search-engines")
async def test_searx_is_asked_read_and_known_for_failing_when_those_behind_it_fail(tmp_path: Path):
    if not installed():
        pytest.skip("searx is not installed: apt-get install python3-searx")
    async with searching(tmp_path, Says(CORPUS)) as (desk, corpus):
        found = await desk.search(Query("solid state", 2), "searxng")
        assert found.engine == "searxng"
        assert found.hits == (
            Hit("https://a.example/one", "One & only", "The first text"),
            Hit("https://b.example/two", "Two", "The second text"),
        )
        assert corpus.asked[0].query == {"q": "solid state"}
        corpus.answer = Says({}, 500)
        with pytest.raises(SearchFailed, match="none of the engines behind it responded"):
            await desk.search(Query("solid state again"), "searxng")
