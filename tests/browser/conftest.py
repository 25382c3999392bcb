"""One browser for all tests of the console, and the console built anew where its sources changed."""

import shutil
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

import hatch_build

ROOT = Path(__file__).parents[2]
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = ("--no-sandbox", "--host-resolver-rules=MAP *.invalid ~NOTFOUND")
"""Names that lead nowhere are not asked of a name server, for whose answer a page would wait."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One loop for all, since the browser belongs to the loop that started it."""
    return "asyncio"


@pytest.fixture(scope="session")
def console() -> None:
    """The page as its sources say."""
    try:
        hatch_build.build(ROOT)
    except hatch_build.NoConsole as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="session")
async def browser(anyio_backend: str, console: None) -> AsyncGenerator[Browser]:
    """A browser without a window."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("no Chromium on this machine: `apt-get install chromium fonts-dejavu-core` brings one")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=program, args=SWITCHES)
        yield running
        await running.close()
