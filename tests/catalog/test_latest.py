"""`~vendor/family-latest`: the newest of a family. What OpenRouter's own aliases cost on the data's day is known."""

import pytest

from fuseline.catalog import facts
from fuseline.catalog.aliases import family_of, newest
from fuseline.types.errors import ModelNotFound
from fuseline.types.models import Endpoint, Model
from fuseline.types.money import Price, nano
from tests.catalog.desk import catalog

LAB = Endpoint("lab", "https://lab.example/v1")


@pytest.mark.parametrize(
    ("key", "alias", "name"),
    [
        ("ANTHROPIC_API_KEY", "~anthropic/claude-opus-latest", "claude-opus-4-8"),
        ("ANTHROPIC_API_KEY", "~anthropic/claude-haiku-latest", "claude-haiku-4-5"),
        ("OPENAI_API_KEY", "~openai/gpt-latest", "gpt-5.5"),
        ("OPENAI_API_KEY", "~openai/gpt-mini-latest", "gpt-5.4-mini"),
        ("GEMINI_API_KEY", "~google/gemini-pro-latest", "gemini-3.1-pro-preview"),
        ("GEMINI_API_KEY", "~google/gemini-flash-latest", "gemini-3.5-flash"),
        ("MOONSHOT_API_KEY", "~moonshotai/kimi-latest", "kimi-k2.6"),
        ("DEEPSEEK_API_KEY", "~deepseek/deepseek-v4-flash-latest", "deepseek-v4-flash"),
        ("XAI_API_KEY", "~x-ai/grok-latest", "grok-4.3"),
    ],
)
def test_an_alias_is_the_newest_at_the_vendors_own_endpoint(key: str, alias: str, name: str):
    assert catalog(key).resolve(alias).name == name


@pytest.mark.parametrize(
    ("alias", "dollars_in", "dollars_out"),
    [
        ("~anthropic/claude-haiku-latest", 1, 5),
        ("~anthropic/claude-opus-latest", 5, 25),
        ("~anthropic/claude-sonnet-latest", 2, 10),
        ("~google/gemini-flash-latest", "1.5", 9),
        ("~google/gemini-pro-latest", 2, 12),
        ("~moonshotai/kimi-latest", "0.55", "3.2"),
        ("~openai/gpt-latest", 5, 30),
        ("~openai/gpt-mini-latest", "0.75", "4.5"),
    ],
)
def test_our_newest_costs_what_openrouters_own_alias_costs(alias: str, dollars_in: int | str, dollars_out: int | str):
    price = catalog("OPENROUTER_API_KEY").resolve(alias).price
    assert price is not None and (price.input, price.output) == (nano(dollars_in), nano(dollars_out))


def test_openrouter_is_given_its_alias_as_it_is():
    assert catalog("OPENROUTER_API_KEY").resolve("~openai/gpt-latest").name == "~openai/gpt-latest"


def test_openrouter_is_given_aliases_that_we_do_not_know():
    model = catalog("OPENROUTER_API_KEY").resolve("~openai/gpt-sol-latest")
    assert (model.name, model.price) == ("~openai/gpt-sol-latest", None)


def test_an_alias_keeps_its_variant_at_openrouter():
    assert catalog("OPENROUTER_API_KEY").resolve("~openai/gpt-latest:online").name == "~openai/gpt-latest:online"


def test_an_alias_is_found_at_another_aggregator():
    assert catalog("TOGETHER_API_KEY").resolve("~minimax/minimax-latest").name == "MiniMaxAI/MiniMax-M3"


def test_an_alias_of_which_the_vendor_serves_no_member_is_left_to_openrouter():
    model = catalog("OPENAI_API_KEY", "OPENROUTER_API_KEY").resolve("~openai/gpt-oss-latest")
    assert model.endpoint.name == "openrouter"


def test_an_alias_out_of_reach_is_told_which_variables_would_reach_it():
    with pytest.raises(ModelNotFound, match="set ANTHROPIC_API_KEY or OPENROUTER_API_KEY"):
        catalog("OPENAI_API_KEY").resolve("~anthropic/claude-opus-latest")


def test_an_unknown_alias_is_no_model_without_openrouter():
    with pytest.raises(ModelNotFound, match="~acme/best-latest is not a valid model ID"):
        catalog("OPENAI_API_KEY").resolve("~acme/best-latest")


def test_a_family_belongs_to_one_vendor():
    assert family_of("~google/claude-opus-latest") is None


@pytest.mark.parametrize(
    "name", ["claude-opus-4.8-fast", "gpt-5.5-pro", "gpt-5-image", "gpt-audio", "gemini-3.1-pro-preview-customtools"]
)
def test_variants_of_a_model_belong_to_no_family(name: str):
    assert all(newest([Model(name, LAB, name)], family) is None for family in facts.families().values())


def test_an_undated_name_beats_its_dated_twin():
    dated = Model("b", LAB, "claude-opus-4-5-20251101", released="2025-12-01")
    undated = Model("a", LAB, "claude-opus-4-5", released="2025-11-24")
    assert newest([undated, dated], facts.families()["claude-opus"]) == undated


def test_a_model_is_as_old_as_the_first_who_served_it():
    late = Model("a", LAB, "glm-5", released="2026-12-01")
    first = Model("b", LAB, "z/GLM-5", released="2026-02-11")
    newer = Model("c", LAB, "glm-5.2", released="2026-06-13")
    assert newest([late, first, newer], facts.families()["glm"]) == newer


def test_every_ranked_family_is_a_family():
    ranks = facts.ranks()
    assert {*ranks.high, *ranks.budget, *ranks.fast, *ranks.writers} <= set(facts.families())


def test_an_alias_has_the_price_of_the_concrete_model():
    assert catalog("ANTHROPIC_API_KEY").resolve("~anthropic/claude-opus-latest").price == Price(
        5_000_000_000, 25_000_000_000, 500_000_000, 6_250_000_000
    )
