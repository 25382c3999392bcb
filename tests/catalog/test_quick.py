"""How long the catalogue takes to be there, and how much room: each figure is of a fresh process, after its imports.

Time is the processor's, since nothing is waited for: what else the machine does counts little.
"""

import json
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

from tests.requirements import requirement

pytestmark = requirement("ours:quick-catalogue")
ROOT = Path(__file__).parent.parent.parent
PROCESSES = 9
LONGEST_MS = 30
LARGEST_BYTES = 20 << 20
LOOK = """
import json, sys, time, tracemalloc
from fuseline.catalog import facts
from fuseline.catalog.catalog import Catalog
from fuseline.settings.settings import Settings

settings, keys = Settings(), dict.fromkeys(json.loads(sys.argv[1]), "secret")
if sys.argv[2] == "memory":
    tracemalloc.start()
began = time.process_time()
catalog = Catalog.build(settings, keys)
found = [catalog.resolve(slug).name for slug in json.loads(sys.argv[3])]
took = (time.process_time() - began) * 1000
_, peak = tracemalloc.get_traced_memory()
print(json.dumps({"ms": took, "bytes": peak, "found": found, "read": facts.rows.cache_info().currsize}))
"""
CASES = [
    (["ANTHROPIC_API_KEY"], ["anthropic/claude-opus-4.8"]),
    (["OPENROUTER_API_KEY", "OPENAI_API_KEY"], ["openai/gpt-5.5", "qwen/qwen3-max", "acme/brand-new"]),
]


def look(keys: list[str], what: str, slugs: list[str]) -> dict[str, float]:
    """What a fresh process measures of a whole catalogue and of finding models in it."""
    command = [sys.executable, "-c", LOOK, json.dumps(keys), what, json.dumps(slugs)]
    ran = subprocess.run(command, env={"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


@pytest.mark.parametrize(("keys", "slugs"), CASES)
def test_a_catalogue_is_built_and_asked_within_thirty_milliseconds(keys: list[str], slugs: list[str]):
    assert median(look(keys, "time", slugs)["ms"] for _ in range(PROCESSES)) < LONGEST_MS


@pytest.mark.parametrize(("keys", "slugs"), CASES)
def test_a_catalogue_takes_less_than_twenty_megabytes(keys: list[str], slugs: list[str]):
    assert look(keys, "memory", slugs)["bytes"] < LARGEST_BYTES


def test_the_models_of_endpoints_that_are_not_asked_stay_unread():
    assert look(["ANTHROPIC_API_KEY"], "time", ["anthropic/claude-opus-4.8"])["read"] <= 2
