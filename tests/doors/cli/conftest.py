"""What the tests of the command line share: an upstream, and a shell that knows it."""

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.doors.cli.shell import Shell, shell_at
from tests.upstream import Upstream, fault_upstream


@pytest.fixture
def upstream() -> Generator[Upstream]:
    with fault_upstream() as running:
        yield running


@pytest.fixture
def shell(tmp_path: Path, upstream: Upstream) -> Shell:
    return shell_at(tmp_path, upstream)
