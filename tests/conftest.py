"""What all tests share: asyncio, and an environment without anybody's keys or settings."""

import os
from collections.abc import Iterator

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
