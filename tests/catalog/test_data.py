"""The generated file, the names in it, and the script that writes it."""

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fuseline.catalog import facts
from fuseline.catalog.names import chats, size, split_variant
from fuseline.catalog.prices import per_million
from fuseline.types.money import Price

ROOT = Path(__file__).parent.parent.parent
ROWS = [(endpoint, row) for endpoint, rows in facts.models().endpoints.items() for row in rows]


def test_the_data_names_its_source_and_its_date():
    assert (facts.models().source, facts.models().date) == ("models.dev (MIT), commit f3fc69229", "2026-07-02")


def test_the_columns_are_those_that_are_read():
    renamed = facts.Row._fields
    assert facts.models().columns == renamed


def test_every_endpoint_has_models():
    assert {endpoint for endpoint, _ in ROWS} == set(facts.endpoints())


def test_rows_are_sorted_by_name():
    assert all(
        [row.name for row in rows] == sorted(row.name for row in rows) for rows in facts.models().endpoints.values()
    )


def test_each_row_has_a_line_of_its_own():
    text = (facts.HERE / "models.json").read_text("utf-8")
    assert sum(line.startswith('["') for line in text.splitlines()) == len(ROWS)


def test_only_models_that_chat_are_listed():
    assert [row.name for _, row in ROWS if not chats(row.name)] == []


def test_prices_are_plain_decimals():
    prices = [
        price for _, row in ROWS for price in (row.price_in, row.price_out, row.price_cached) if price is not None
    ]
    assert [price for price in prices if "E" in price or Decimal(price) < 0] == []


def test_a_price_says_what_the_source_says():
    row = next(row for endpoint, row in ROWS if (endpoint, row.name) == ("deepseek", "deepseek-v4-pro"))
    assert (row.price_in, row.price_out, row.price_cached) == ("0.435", "0.87", "0.003625")


def test_a_price_in_dollars_becomes_nano_dollars():
    assert per_million("0.435", "0.87", "0.003625") == Price(435_000_000, 870_000_000, 3_625_000)


def test_addresses_are_secure_and_end_without_a_slash():
    addresses = [fact.base_url for fact in facts.endpoints().values()]
    assert [url for url in addresses if not url.startswith("https://") or url.endswith("/")] == []


@pytest.mark.parametrize(
    ("slug", "parts"),
    [
        ("a/b", ("a/b", "")),
        ("a/b:free:online", ("a/b", ":free:online")),
        ("llama3.3:70b", ("llama3.3:70b", "")),
        ("llama3.3:70b:nitro", ("llama3.3:70b", ":nitro")),
        (":free", (":free", "")),
    ],
)
def test_only_routing_suffixes_are_variants(slug: str, parts: tuple[str, str]):
    assert split_variant(slug) == parts


@pytest.mark.parametrize(
    ("name", "billions"),
    [("llama3.3:70b", 70), ("Qwen2.5-7B-Instruct", 7), ("qwen3-30b-a3b", 30), ("phi-3.5", 0), ("smol-1.7b", 1.7)],
)
def test_the_size_is_read_from_the_name(name: str, billions: float):
    assert size(name) == billions


DUMP: dict[str, Any] = {
    "source": "test",
    "date": "2026-01-01",
    "providers": {fact.models_dev: {"models": {}} for fact in facts.endpoints().values()}
    | {
        "xai": {
            "models": {
                "z-model": {
                    "family": "z",
                    "release_date": "2026-01-01",
                    "tool_call": True,
                    "cost": {"input": 0.1, "output": 5},
                    "limit": {"context": 10, "output": 5},
                    "modalities": {"input": ["text", "image"], "output": ["text"]},
                },
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
    dump, out = folder / "dump.json", folder / "models.json"
    dump.write_text(json.dumps(DUMP))
    script = ROOT / "scripts" / "generate_models.py"
    environment = {"PYTHONPATH": str(ROOT / "src")}
    subprocess.run([sys.executable, str(script), str(dump), "--out", str(out)], check=True, env=environment)
    return out


def test_the_script_writes_what_the_catalogue_reads(written: Path):
    models = facts.Models.model_validate_json(written.read_bytes())
    assert [row.name for row in models.endpoints["xai"]] == ["a-model", "z-model"]


def test_a_model_takes_facts_but_no_price_from_the_one_it_is_based_on(written: Path):
    row = facts.Models.model_validate_json(written.read_bytes()).endpoints["xai"][0]
    assert row == facts.Row("a-model", "a", "2025-05-05", 1000, 7, "2.5", "10", None, "", False)


def test_a_model_with_facts_of_its_own_is_written_as_it_is(written: Path):
    row = facts.Models.model_validate_json(written.read_bytes()).endpoints["xai"][1]
    assert row == facts.Row("z-model", "z", "2026-01-01", 10, 5, "0.1", "5", None, "image", True)
