"""The rows of endpoints and of models: what they say, what they must not say, and the names in them."""

import json
from decimal import Decimal

import pytest

from fuseline.assembly import CLIENT_WIRES
from fuseline.catalog import facts
from fuseline.catalog.names import bare, chats, size, split_variant
from fuseline.catalog.prices import per_million
from fuseline.catalog.shelf import stocked
from fuseline.types.errors import BadConfiguration
from fuseline.types.models import DataPolicy, Endpoint
from fuseline.types.money import Price
from tests.catalog.desk import catalog
from tests.requirements import requirement

ROWS = [(endpoint, row) for endpoint in facts.models().rows for row in facts.rows(endpoint)]


def test_the_data_names_its_source_and_its_date():
    assert (facts.models().source, facts.models().date) == ("models.dev (MIT), commit f3fc69229", "2026-07-02")


def test_the_columns_are_those_that_are_read():
    renamed = facts.Row._fields
    assert facts.models().columns == renamed


def test_every_endpoint_has_models():
    assert {endpoint for endpoint, _ in ROWS} == set(facts.endpoints())


def test_rows_are_sorted_by_name():
    tables = [[row.name for row in facts.rows(endpoint)] for endpoint in facts.models().rows]
    assert all(names == sorted(names) for names in tables)


def test_each_row_has_a_line_of_its_own():
    text = (facts.HERE / "models.jsonl").read_text("utf-8")
    assert sum(line.startswith('["') for line in text.splitlines()) == len(ROWS)


def test_only_models_that_chat_are_listed():
    assert [row.name for _, row in ROWS if not chats(row.name)] == []


def figures(row: facts.Row) -> list[str | None]:
    """Every price that a row states, its tiers included."""
    base = [row.price_in, row.price_out, row.price_cached, row.price_written, row.price_reasoning]
    return base + [price for tier in row.tiers for price in tier[1:]]


def test_prices_are_plain_decimals():
    prices = [price for _, row in ROWS for price in figures(row) if price is not None]
    assert [price for price in prices if "E" in price or Decimal(price) < 0] == []


def test_a_price_says_what_the_source_says():
    row = next(row for endpoint, row in ROWS if (endpoint, row.name) == ("deepseek", "deepseek-v4-pro"))
    assert (row.price_in, row.price_out, row.price_cached) == ("0.435", "0.87", "0.003625")


def test_a_price_in_dollars_becomes_nano_dollars():
    assert per_million("0.435", "0.87", "0.003625") == Price(435_000_000, 870_000_000, 3_625_000)


@requirement("ours:catalogue")
def test_at_least_sixty_endpoints_that_speak_openais_wires_are_known_and_each_says_where_it_is_described():
    known = facts.endpoints().values()
    assert sum(fact.wire in ("chat", "responses") for fact in known) >= 60
    assert [fact.title for fact in known if not fact.source.startswith("https://")] == []


def test_every_wire_that_an_endpoint_speaks_is_one_that_we_speak():
    assert {fact.wire for fact in facts.endpoints().values()} <= set(CLIENT_WIRES)


def test_a_policy_is_claimed_only_where_a_public_page_says_so():
    claims = [fact for fact in facts.endpoints().values() if fact.policy != DataPolicy()]
    assert claims and all(fact.policy_source.startswith("https://") for fact in claims)
    assert [fact.title for fact in claims if fact.policy.retains is False and fact.policy.trains is not False] == []


def test_no_two_endpoints_share_an_address():
    addresses = [fact.base_url for fact in facts.endpoints().values()]
    assert len(set(addresses)) == len(addresses)


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


@requirement("ours:catalogue")
def test_at_least_four_hundred_models_are_known_with_context_limit_and_both_prices():
    whole = {
        bare(row.name) for _, row in ROWS if row.context and row.max_output and row.price_in and row.price_out
    }  # fmt: skip
    assert len(whole) > 800


def test_what_is_known_of_a_model_is_known_offline():
    model = catalog("ANTHROPIC_API_KEY").resolve("anthropic/claude-opus-4.8")
    assert (model.context, model.max_output) == (1_000_000, 128_000)
    assert model.price == Price(5_000_000_000, 25_000_000_000, 500_000_000, 6_250_000_000)
    assert (model.reasons, model.temperature, model.deprecated) == (True, False, False)
    assert {"low", "high", "max"} <= model.efforts


def test_a_price_of_long_input_is_known():
    price = catalog("OPENAI_API_KEY").resolve("openai/gpt-5.4").price
    assert price and price.at(272_000) == price
    assert price.at(272_001) == Price(5_000_000_000, 22_500_000_000, 500_000_000)


def broken(column: str, value: object) -> bytes:
    """A row in which one column is not as it should be."""
    row = ROWS[0][1]._replace(**{column: value}, name="m")
    return json.dumps(row).encode()


@requirement("ours:prices")
@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("price_in", "-0.1", "m of lab: price_in is -0.1, which is not between 0 and 10,000"),
        ("price_out", "10000.01", "m of lab: price_out is 10000.01, which is not between 0 and 10,000"),
        ("price_cached", "cheap", "m of lab: price_cached is cheap, which is not a number"),
        ("price_written", "NaN", "m of lab: price_written is NaN, which is not between"),
        ("tiers", [[9, "1", "Infinity", None, None, None]], "m of lab: price_out is Infinity, which is not between"),
        ("price_in", 0.1, "m of lab: price_in: Input should be a valid string"),
        ("context", "long", "m of lab: context: Input should be a valid integer"),
    ],
)
def test_a_row_that_cannot_be_true_is_refused_by_its_name(column: str, value: object, said: str):
    with pytest.raises(BadConfiguration) as refused:
        for row in facts.read_rows("lab", broken(column, value)):
            stocked(Endpoint("lab", "https://lab.example/v1"), row)
    assert said in refused.value.message


def test_a_price_in_the_settings_file_that_cannot_be_one_is_refused_by_its_name():
    config = """
        endpoints.lab.base_url = "https://lab.example/v1"
        models."lab/x" = { endpoint = "lab", name = "x", price_in = "20000", price_out = "1" }
    """
    with pytest.raises(BadConfiguration, match=r"models\.lab/x: price_in is 20000"):
        catalog(config=config)
