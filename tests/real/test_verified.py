"""What is said to be verified is: each protocol named has tests that speak it, to the version named."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.real.software import Software, verified
from tests.requirements import requirement

ROOT = Path(__file__).parents[2]
LOCKS = (ROOT / "requirements" / "dev.txt", *(ROOT / "servers").glob("*/requirements.txt"))

EACH = pytest.mark.parametrize("software", verified().values(), ids=verified())


@EACH
@requirement("real:verified")
def test_each_protocol_that_is_said_to_be_verified_is_spoken(software: Software, collected: tuple[pytest.Item, ...]):
    tests = [item for item in collected if item.path == ROOT / software.test]
    if not tests:
        pytest.skip("its tests were not collected")
    assert spoken(tests) == set(software.wire)


def spoken(tests: list[pytest.Item]) -> set[str]:
    """The protocols that tests are run for, each by itself."""
    calls: list[Any] = [getattr(item, "callspec", None) for item in tests]
    return {str(call.params["wire"]) for call in calls if call is not None and "wire" in call.params}


@EACH
def test_the_file_that_verifies_exists_and_a_verb_runs_it(software: Software):
    assert (ROOT / software.test).is_file()
    assert re.search(rf"^{software.make.removeprefix('make ')}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


@EACH
def test_the_version_that_was_verified_is_the_one_that_is_locked(software: Software):
    package, version = software.version.split()
    pinned = [
        line for lock in LOCKS for line in lock.read_text("utf-8").splitlines() if line.startswith(f"{package}==")
    ]
    assert [line.split()[0] for line in pinned] == [f"{package}=={version}"]
