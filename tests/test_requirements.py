"""Every requirement has a test. Known only when the whole suite is collected."""

from pathlib import Path

import pytest

from tests.requirements import REQUIREMENTS

HERE = Path(__file__).parent


def test_every_requirement_is_shown_by_a_test(collected: tuple[pytest.Item, ...]):
    if {item.path for item in collected} != set(HERE.rglob("test_*.py")):
        pytest.skip("only a part of the tests was collected")
    shown = {one for item in collected for mark in item.iter_markers("requirement") for one in mark.args}
    assert sorted(REQUIREMENTS.keys() - shown) == []
