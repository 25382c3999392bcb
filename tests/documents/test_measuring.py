"""The measurement of an index, on a small folder."""

from pathlib import Path

import pytest

from bench.documents import measure
from tests.requirements import requirement

pytestmark = pytest.mark.anyio


@requirement("ours:documents-fresh")
async def test_a_small_folder_is_indexed_indexed_again_and_searched(tmp_path: Path):
    figures = await measure(tmp_path, 200, 20)
    assert (figures["indexed"], figures["unchanged"], figures["changed"]) == (200, 200, 2)
    assert figures["hits_mean"] > 4
    assert figures["nothing_changed_s"] < figures["index_s"]
