"""What all tests share: asyncio, and an environment without anybody's keys or settings."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The loop that the doors and the storage run on."""
    return "asyncio"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """Hide keys and settings of whoever runs the tests."""
    for name in list(os.environ):
        if name.endswith("_API_KEY") or name.startswith("FUSELINE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("FUSELINE_HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.setenv("FUSELINE_LOCAL_PROBE", "false")
    yield


SLOW = (
    "load",
    "faults",
    "replay",
    "doors/cli",
    "doors/test_demo.py",
    "doors/http/test_pace.py",
    "storage/test_survival.py",
)
"""What `make check` leaves out: whole processes, real waits, and much text."""
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow parts, so that what is quick can be run on every save."""
    for item in items:
        if item.path.relative_to(HERE).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)
