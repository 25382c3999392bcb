"""The script that writes the models of the catalogue from a dump, run as it is run by hand."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fuseline.catalog import facts
from tests.requirements import requirement

pytestmark = requirement("ours:catalogue")
ROOT = Path(__file__).parent.parent.parent
DUMP: dict[str, Any] = {
    "source": "test",
    "date": "2026-01-01",
    "providers": {fact.models_dev: {"models": {}} for fact in facts.endpoints().values()}
    | {
        "azure": {
            "models": {
                "plain-1": {"limit": {"context": 9}},
                "claude-9": {"limit": {"context": 9}, "provider": {"npm": "@ai-sdk/anthropic"}},
                "elsewhere": {
                    "limit": {"context": 9},
                    "provider": {
                        "npm": "@ai-sdk/openai-compatible",
                        "api": "https://${X}.services.ai.azure.com/models",
                    },
                },
            }
        },
        "google-vertex": {
            "models": {
                "gemini-9": {"limit": {"context": 9}},
                "claude-9@default": {"limit": {"context": 9}, "provider": {"npm": "@ai-sdk/google-vertex/anthropic"}},
                "lab/open-maas": {
                    "limit": {"context": 9},
                    "provider": {
                        "npm": "@ai-sdk/openai-compatible",
                        "api": "https://${H}/v1/projects/${P}/locations/${L}/endpoints/openapi",
                    },
                },
            }
        },
        "nvidia": {"models": {"m": {"cost": {"input": 0, "output": 0}, "limit": {"context": 9}}}},
        "groq": {"models": {"gift:free": {"cost": {"input": 0, "output": 0}, "limit": {"context": 9}}}},
        "xai": {
            "models": {
                "z-model": {
                    "family": "z",
                    "release_date": "2026-01-01",
                    "tool_call": True,
                    "reasoning": True,
                    "reasoning_options": [
                        {"type": "toggle"},
                        {"type": "effort", "values": [None, "low", "high"]},
                        {"type": "budget_tokens", "min": 1024},
                    ],
                    "structured_output": False,
                    "temperature": False,
                    "status": "deprecated",
                    "cost": {
                        "input": 0.1,
                        "output": 5,
                        "cache_read": 0.01,
                        "cache_write": 0.125,
                        "reasoning": 7,
                        "tiers": [{"tier": {"size": 200_000}, "input": 0.2, "output": 10, "cache_read": 0.02}],
                    },
                    "limit": {"context": 10, "output": 5},
                    "modalities": {"input": ["text", "image"], "output": ["text"]},
                },
                "b-model": {"cost": {"input": 0, "output": 0}, "limit": {"context": 9}},
                "c-model": {"base_model": "lab/original", "base_model_omit": ["structured_output"]},
                "a-model": {
                    "base_model": "lab/original",
                    "cost": {"input": 2.50, "output": 10},
                    "limit": {"output": 7},
                },
                "painter": {"limit": {"context": 9}, "modalities": {"input": ["text"], "output": ["image"]}},
                "text-embedding-1": {"limit": {"context": 9}},
            }
        },
        "lab": {
            "models": {
                "original": {
                    "family": "a",
                    "release_date": "2025-05-05",
                    "tool_call": False,
                    "status": "deprecated",
                    "cost": {"input": 99, "output": 99, "cache_read": 9},
                    "limit": {"context": 1000, "output": 100},
                    "modalities": {"input": ["text"], "output": ["text"]},
                }
            }
        },
    },
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the script writes of the dump above."""
    folder = tmp_path_factory.mktemp("dump")
    dump, out = folder / "dump.json", folder / "models.jsonl"
    dump.write_text(json.dumps(DUMP))
    generate(dump, out).check_returncode()
    return out


def generate(dump: Path, out: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as it is run by hand."""
    command = [sys.executable, str(ROOT / "scripts" / "generate_models.py"), str(dump), "--out", str(out)]
    return subprocess.run(command, env={"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=False)


def rows_of(written: Path, endpoint: str) -> tuple[facts.Row, ...]:
    """The rows that the script wrote for an endpoint."""
    return facts.read_rows(endpoint, facts.read_models(written.read_bytes()).rows[endpoint])


def test_the_script_writes_what_the_catalogue_reads(written: Path):
    assert [row.name for row in rows_of(written, "xai")] == ["a-model", "b-model", "c-model", "z-model"]


def test_a_model_takes_facts_but_no_price_from_the_one_it_is_based_on(written: Path):
    assert rows_of(written, "xai")[0] == facts.Row(
        "a-model", "a", "2025-05-05", 1000, 7, "2.5", "10", None, None, None, (), "", False, None, None, True, "",
        False, False,
    )  # fmt: skip


def test_a_model_with_facts_of_its_own_is_written_as_it_is(written: Path):
    tier = facts.TierRow(200_000, "0.2", "10", "0.02", None, None)
    assert rows_of(written, "xai")[3] == facts.Row(
        "z-model", "z", "2026-01-01", 10, 5, "0.1", "5", "0.01", "0.125", "7", (tier,), "image", True, True, False,
        False, "low,high", True, True,
    )  # fmt: skip


def test_a_price_of_zero_is_written_only_where_the_model_is_said_to_be_free(written: Path):
    prices = {row.name: (row.price_in, row.price_out) for row in rows_of(written, "xai")}
    assert prices["b-model"] == (None, None)
    assert [row.price_in for row in rows_of(written, "nvidia")] == ["0"]
    assert [(row.name, row.price_in) for row in rows_of(written, "groq")] == [("gift:free", "0")]


def test_a_model_that_speaks_another_wire_than_its_endpoint_is_left_out(written: Path):
    assert [row.name for row in rows_of(written, "azure")] == ["plain-1"]
    assert [row.name for row in rows_of(written, "vertex")] == ["lab/open-maas"]
    assert [row.name for row in rows_of(written, "vertex-gemini")] == ["gemini-9"]


@pytest.mark.parametrize("price", [-1, 10_001, "dear"])
def test_the_script_refuses_a_price_that_cannot_be_one_and_names_the_model(price: float | str, tmp_path: Path):
    models = {"m": {"cost": {"input": price, "output": 1}, "limit": {"context": 9}}}
    dump = {**DUMP, "providers": {**DUMP["providers"], "groq": {"models": models}}}
    (tmp_path / "dump.json").write_text(json.dumps(dump))
    ran = generate(tmp_path / "dump.json", tmp_path / "out")
    assert (ran.returncode, f"groq m: price_in is {price}" in ran.stderr) == (1, True)
