"""What the tests of documents share."""

from pathlib import Path

import pytest

from tests.documents.papers import Library


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)
