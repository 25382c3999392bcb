"""Models, endpoints and aliases of the settings file."""

import pytest

from fuseline.catalog import facts
from fuseline.types.errors import BadConfiguration, ModelNotFound
from fuseline.types.money import FREE, Price
from tests.catalog.desk import catalog, ollama

LAB = """
[endpoints.lab]
base_url = "https://lab.example/v1/"
title = "The Lab"

[models."big:free"]
endpoint = "lab"
name = "Big-Model"
context = 32768
price_in = "0.30"
price_out = "1.20"
takes = ["image"]
tools = false
"""


def test_a_model_of_the_settings_file_is_what_its_table_says():
    model = catalog(config=LAB).resolve("big:free")
    assert (model.name, model.context, model.takes, model.calls_tools) == (
        "Big-Model",
        32768,
        {"image"},
        False,
    )


def test_prices_are_read_as_dollars_per_million_tokens():
    assert catalog(config=LAB).resolve("big:free").price == Price(300_000_000, 1_200_000_000, None)


def test_models_of_ones_own_do_not_load_the_data():
    facts.models.cache_clear()
    catalog(config=LAB, local=ollama("qwen3:8b")).resolve("big:free")
    assert facts.models.cache_info().currsize == 0


def test_an_endpoint_of_ones_own_can_be_called_without_a_key():
    assert catalog(config=LAB).resolve("big:free").endpoint.title == "The Lab"


def test_a_base_address_loses_its_last_slash():
    assert catalog(config=LAB).resolve("big:free").endpoint.base_url == "https://lab.example/v1"


def test_a_price_of_which_one_half_is_unknown_is_unknown():
    config = (
        'endpoints.lab.base_url = "https://lab.example/v1"\nmodels.x = { endpoint = "lab", name = "x", price_in = 1 }'
    )
    assert catalog(config=config).resolve("x").price is None


def test_a_keyless_endpoint_on_this_machine_costs_nothing():
    assert catalog(config='endpoints.lab.base_url = "http://localhost:9000/v1"').resolve("lab/x").price == FREE


def test_an_endpoint_on_this_machine_that_wants_a_key_may_be_billed():
    config = 'endpoints.proxy = { base_url = "http://localhost:4000/v1", api_key_env = "PROXY_KEY" }'
    assert catalog(config=config).resolve("proxy/x").price is None


def test_a_model_of_the_settings_file_wins_over_a_built_in_one():
    config = LAB + '[models."openai/gpt-5.5"]\nendpoint = "lab"\nname = "mine"'
    assert catalog("OPENAI_API_KEY", config=config).resolve("openai/gpt-5.5").name == "mine"


def test_a_model_of_the_settings_file_wins_over_a_local_one():
    config = LAB + '[models."ollama/qwen3:8b"]\nendpoint = "lab"\nname = "mine"'
    assert catalog(config=config, local=ollama("qwen3:8b")).resolve("ollama/qwen3:8b").name == "mine"


def test_an_endpoint_of_the_settings_file_wins_over_a_built_in_one():
    model = catalog(config='endpoints.openai.base_url = "http://proxy.example/v1"').resolve("openai/gpt-5.5")
    assert model.endpoint.base_url == "http://proxy.example/v1"
    assert model.endpoint.quirks.max_tokens == "max_completion_tokens"


def test_what_a_models_table_leaves_open_is_taken_from_the_data():
    config = 'models.fast = { endpoint = "groq", name = "llama-3.3-70b-versatile", context = 8192 }'
    model = catalog("GROQ_API_KEY", config=config).resolve("fast")
    assert (model.context, model.price) == (8192, Price(590_000_000, 790_000_000))


def test_a_model_at_a_built_in_endpoint_needs_its_key():
    with pytest.raises(ModelNotFound, match="fast cannot be reached: set GROQ_API_KEY"):
        catalog(config='models.fast = { endpoint = "groq", name = "x" }').resolve("fast")


def test_an_alias_stands_for_another_slug():
    assert catalog("OPENAI_API_KEY", config='aliases.best = "openai/gpt-5.5"').resolve("best").name == "gpt-5.5"


def test_an_alias_wins_over_a_model():
    shelf = catalog("OPENAI_API_KEY", config='aliases."openai/gpt-5.5" = "openai/gpt-5.4"')
    assert shelf.resolve("openai/gpt-5.5").name == "gpt-5.4"


def test_an_alias_may_stand_for_an_alias():
    config = 'aliases = { a = "b", b = "openai/gpt-5.5" }'
    assert catalog("OPENAI_API_KEY", config=config).resolve("a").name == "gpt-5.5"


def test_aliases_that_go_in_a_circle_are_a_wrong_configuration():
    with pytest.raises(BadConfiguration, match="the aliases a -> b -> a lead back to themselves"):
        catalog(config='aliases = { a = "b", b = "a" }')


def test_models_of_ones_own_are_listed_first():
    listed = catalog("OPENAI_API_KEY", config=LAB, local=ollama("qwen3:8b")).reachable()
    assert [model.slug for model in listed[:2]] == ["big:free", "ollama/qwen3:8b"]
