"""Lists of models as endpoints send them: which figures are taken, and what they change of what ships."""

import json
from pathlib import Path
from typing import Any

import pytest

from fuseline.catalog import facts
from fuseline.catalog.listed import read_page
from fuseline.catalog.lists import FetchedList, Listed, address, load, path_of, save
from fuseline.catalog.shelf import Shelf
from fuseline.types.errors import StorageFailed
from fuseline.types.models import Endpoint
from tests.catalog.desk import catalog
from tests.requirements import requirement

LAB = Endpoint("lab", "https://lab.example/v1")


def read(*entries: dict[str, Any], dialect: str = "") -> tuple[Listed, ...]:
    """The models of a list with these entries."""
    return read_page(json.dumps({"data": entries}).encode(), dialect).models


@requirement("ours:lists")
@pytest.mark.parametrize(
    ("pricing", "dialect", "price"),
    [
        ({"prompt": "0.000003", "completion": "0.000015"}, "openrouter", ("3", "15")),
        ({"prompt": 3e-6, "completion": 1.5e-5}, "", ("3", "15")),
        ({"prompt": "0", "completion": "0"}, "openrouter", ("0", "0")),
        ({"prompt": "0", "completion": "0"}, "", (None, None)),
        ({"prompt": "-1", "completion": "-1"}, "openrouter", (None, None)),
        ({"prompt": "0.5", "completion": "1.5"}, "", (None, None)),
        ({"prompt": "0.000003"}, "openrouter", (None, None)),
        ({"prompt": "free", "completion": "0.1"}, "openrouter", (None, None)),
        ({"prompt": "NaN", "completion": "Infinity"}, "openrouter", (None, None)),
        ({"prompt": "9" * 5000, "completion": "1"}, "openrouter", (None, None)),
        ({"prompt": True, "completion": False}, "openrouter", (None, None)),
        ({"input": 3, "output": 15}, "", (None, None)),
    ],
)
def test_a_price_is_taken_only_where_it_is_surely_dollars_per_token(
    pricing: Any, dialect: str, price: tuple[str | None, str | None]
):
    (model,) = read({"id": "x", "pricing": pricing}, dialect=dialect)
    assert (model.price_in, model.price_out) == price


@requirement("ours:lists")
def test_further_prices_are_taken_where_they_are_more_than_nothing():
    pricing = {
        "prompt": "0.000003", "completion": "0.000015", "input_cache_read": "0.0000003",
        "input_cache_write": "0.00000375", "internal_reasoning": "0",
    }  # fmt: skip
    (model,) = read({"id": "x", "pricing": pricing}, dialect="openrouter")
    assert (model.price_cached, model.price_written, model.price_reasoning) == ("0.3", "3.75", None)


@pytest.mark.parametrize(
    ("entry", "context", "most"),
    [
        ({"context_window": 131_072, "max_completion_tokens": 32_768}, 131_072, 32_768),
        ({"max_input_tokens": 200_000, "max_tokens": 64_000}, 200_000, 64_000),
        ({"context_length": None, "max_context_length": 32_000}, 32_000, None),
        ({"context_length": -1, "max_tokens": "many"}, None, None),
        ({"context_length": True, "max_tokens": 10**18}, None, None),
    ],
)
def test_limits_are_read_by_whichever_name_they_have(entry: dict[str, Any], context: int | None, most: int | None):
    (model,) = read({"id": "x", **entry})
    assert (model.context, model.max_output) == (context, most)


@pytest.mark.parametrize("body", ['[{"id": "x"}]', '{"models": [{"name": "x"}]}', '{"data": [{"id": "models/x"}]}'])
def test_a_list_may_be_bare_or_in_an_envelope(body: str):
    assert [model.name for model in read_page(body.encode()).models] == ["x"]


@requirement("ours:lists")
@pytest.mark.parametrize(
    ("body", "why"), [(b"", "not JSON"), (b"\xff", "not JSON"), (b"7", "no models"), (b'{"error": {}}', "no models")]
)
def test_what_is_no_list_is_refused_with_the_reason(body: bytes, why: str):
    with pytest.raises(ValueError, match=why):
        read_page(body)


@requirement("ours:lists")
def test_a_list_lies_over_what_ships_and_leaves_what_it_does_not_tell():
    endpoint = catalog("ANTHROPIC_API_KEY").resolve("anthropic/claude-opus-4.8").endpoint
    before = Shelf(endpoint)
    listed = (Listed(name="claude-opus-4-8", max_output=7), Listed(name="claude-opus-9"))
    with_list = Shelf(endpoint, fetched(endpoint, listed))
    known, now = before.whole("claude-opus-4-8"), with_list.whole("claude-opus-4-8")
    assert known is not None and now is not None
    assert (now.max_output, now.price, now.takes, now.context) == (7, known.price, known.takes, known.context)
    assert len(with_list.models) == len(before.models) + 1
    new = with_list.whole("claude-opus-9")
    assert new is not None and (new.slug, new.price) == ("anthropic/claude-opus-9", None)


@requirement("ours:lists")
def test_the_price_of_a_list_wins_over_the_one_that_ships():
    endpoint = catalog("OPENROUTER_API_KEY").resolve("openrouter/openai/gpt-5.5").endpoint
    shelf = Shelf(endpoint, fetched(endpoint, (Listed(name="openai/gpt-5.5", price_in="7", price_out="8"),)))
    model = shelf.whole("openai/gpt-5.5")
    assert model is not None and model.price is not None
    assert (model.price.input, model.price.output) == (7_000_000_000, 8_000_000_000)


@requirement("ours:lists")
def test_a_newer_list_makes_a_model_known_as_the_newest_of_its_family(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("FUSELINE_HOME", str(tmp_path))
    endpoint = catalog("ANTHROPIC_API_KEY").resolve("anthropic/claude-opus-4.8").endpoint
    save(tmp_path / "models", endpoint, "2099-01-01", [Listed(name="claude-opus-9", released="2099-01-01")])
    later = catalog("ANTHROPIC_API_KEY")
    assert later.resolve("~anthropic/claude-opus-latest").name == "claude-opus-9"
    assert later.dates() == (facts.models().date, {"anthropic": "2099-01-01"})


@requirement("ours:lists")
@pytest.mark.parametrize("name", ["lab", "../../lab", "a/b", "..", "x.json", "ü"])
def test_a_list_stays_in_its_folder_whatever_its_endpoint_is_called(name: str, tmp_path: Path):
    endpoint = Endpoint(name, "https://lab.example/v1")
    save(tmp_path, endpoint, "2026-01-01", [Listed(name="x")])
    assert [path.resolve().parent for path in tmp_path.rglob("*")] == [tmp_path.resolve()]
    assert (found := load(tmp_path, endpoint, "")) is not None and found.models[0].name == "x"


@requirement("ours:lists")
@pytest.mark.parametrize(
    "wrong",
    [
        {"date": "soon"},
        {"models": []},
        {"models": [{"name": "x", "price_in": "-1"}]},
        {"models": [{"name": "x", "surprise": 1}]},
    ],
)
def test_a_file_that_is_not_as_it_should_be_is_left_out_with_a_warning(
    wrong: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    text = json.dumps({"source": address(LAB), "date": "2026-01-01", "models": [{"name": "x"}], **wrong})
    path_of(tmp_path, "lab").write_text(text, "utf-8")
    assert load(tmp_path, LAB, "") is None
    assert "is left out" in caplog.text


@requirement("ours:lists")
def test_a_list_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path):
    (tmp_path / "models").write_text("a file in the way", "utf-8")
    with pytest.raises(StorageFailed, match="cannot be written"):
        save(tmp_path / "models", LAB, "2026-01-01", [Listed(name="x")])


def fetched(endpoint: Endpoint, models: tuple[Listed, ...]) -> FetchedList:
    """A list of these models, of this endpoint."""
    return FetchedList(source=address(endpoint), date="2099-01-01", models=models)
