"""Every way to a model: which endpoints surely serve it, in which order, under which name and price."""

import pytest

from fuseline.catalog.catalog import Catalog
from fuseline.types.errors import ModelNotFound
from tests.catalog.desk import catalog, ollama
from tests.requirements import requirement

ALL = ("OPENAI_API_KEY", "OPENROUTER_API_KEY", "TOGETHER_API_KEY", "GROQ_API_KEY", "ANTHROPIC_API_KEY", "ZAI_API_KEY")
TWO = """
[endpoints.near]
base_url = "http://10.0.0.7:8000/v1"
[endpoints.far]
base_url = "http://10.0.0.8:8000/v1"
[models."near/oss"]
endpoint = "near"
name = "oss"
price_in = 1
price_out = 2
same_as = "openai/gpt-oss-120b"
[models."far/oss"]
endpoint = "far"
name = "oss-fp8"
price_in = 1
price_out = 1
same_as = "OpenAI/GPT-OSS-120b"
"""


def ways(shelf: Catalog, slug: str) -> list[tuple[str, str]]:
    """The endpoints of a slug's routes, each with its own name for the model."""
    return [(model.endpoint.name, model.name) for model in shelf.routes(slug)]


@requirement("ours:routes")
def test_a_vendors_model_is_at_its_own_endpoint_then_openrouter_then_other_aggregators():
    assert ways(catalog(*ALL), "z-ai/glm-5.2") == [
        ("zai", "glm-5.2"),
        ("openrouter", "z-ai/glm-5.2"),
        ("together", "zai-org/GLM-5.2"),
    ]


@requirement("ours:routes")
def test_each_way_has_the_price_of_its_endpoint():
    prices = {model.endpoint.name: model.price for model in catalog(*ALL).routes("openai/gpt-oss-120b")}
    assert None not in prices.values() and len(set(prices.values())) > 1


@pytest.mark.parametrize(
    "slug", ["anthropic/claude-opus-4.8", "claude-opus-4.8", "~anthropic/claude-opus-latest", "opus"]
)
@requirement("ours:routes")
def test_bare_names_aliases_and_the_newest_of_a_family_have_every_way_too(slug: str):
    shelf = catalog(*ALL, config='aliases.opus = "anthropic/claude-opus-4.8"')
    assert ways(shelf, slug) == [("anthropic", "claude-opus-4-8"), ("openrouter", "anthropic/claude-opus-4.8")]


def test_openrouters_own_alias_is_followed_by_those_who_serve_what_it_means():
    assert ways(catalog("OPENROUTER_API_KEY", "GROQ_API_KEY"), "~openai/gpt-oss-latest") == [
        ("openrouter", "~openai/gpt-oss-latest"),
        ("groq", "openai/gpt-oss-120b"),
    ]


@requirement("ours:routes")
@pytest.mark.parametrize(
    "slug", ["groq/openai/gpt-oss-120b", "groq:openai/gpt-oss-120b", "openrouter/openai/gpt-oss-120b", "lab/anything"]
)
def test_a_slug_that_names_an_endpoint_has_that_one_way(slug: str):
    shelf = catalog(*ALL, config='endpoints.lab.base_url = "http://10.0.0.7:8000/v1"')
    assert [model.endpoint.name for model in shelf.routes(slug)] == [slug.replace(":", "/").partition("/")[0]]


def test_what_resolve_finds_is_the_first_way():
    shelf = catalog(*ALL)
    for slug in ("openai/gpt-5.5", "openai/gpt-oss-120b:nitro", "~openai/gpt-latest", "groq/openai/gpt-oss-20b"):
        assert shelf.resolve(slug) is shelf.routes(slug)[0]


def test_ways_are_remembered():
    shelf = catalog(*ALL)
    assert shelf.routes("openai/gpt-5.5") is shelf.routes("openai/gpt-5.5")


@requirement("ours:routes")
def test_somebodys_own_variant_under_the_same_name_is_not_the_same_model():
    shelf = catalog("TOGETHER_API_KEY")
    assert shelf.resolve("together/pearl-ai/gemma-4-31b-it").name == "pearl-ai/gemma-4-31b-it"
    assert ways(shelf, "google/gemma-4-31b-it") == [("together", "google/gemma-4-31B-it")]


@requirement("ours:routes")
@pytest.mark.parametrize("slug", ["openai/glm-5.2", "mistralai/gpt-oss-120b"])
def test_a_vendors_name_with_anothers_model_has_no_way_through_others(slug: str):
    with pytest.raises(ModelNotFound):
        catalog("TOGETHER_API_KEY", "GROQ_API_KEY", "FIREWORKS_API_KEY").routes(slug)


@requirement("ours:routes")
def test_no_way_leads_to_another_size_speed_or_state():
    shelf = catalog(*ALL)
    assert {name.rpartition("/")[2].lower() for _, name in ways(shelf, "openai/gpt-oss-20b")} == {"gpt-oss-20b"}
    for slug in ("anthropic/claude-opus-4.8", "openai/gpt-5.5", "z-ai/glm-5.2"):
        names = [name for _, name in ways(shelf, slug)]
        assert not [name for name in names if any(word in name for word in ("fast", "preview", "mini", "air"))]


def test_a_vendor_that_is_spelt_otherwise_is_the_same():
    assert ("nvidia", "meta/llama-3.3-70b-instruct") in ways(
        catalog("NVIDIA_API_KEY", "OPENROUTER_API_KEY"), "meta-llama/llama-3.3-70b-instruct"
    )


@requirement("ours:routes")
def test_models_of_ones_own_that_are_declared_the_same_come_first():
    assert ways(catalog("GROQ_API_KEY", config=TWO), "openai/gpt-oss-120b") == [
        ("near", "oss"),
        ("far", "oss-fp8"),
        ("groq", "openai/gpt-oss-120b"),
    ]


def test_a_model_of_ones_own_asked_for_by_its_own_slug_is_itself_alone():
    assert ways(catalog("GROQ_API_KEY", config=TWO), "near/oss") == [("near", "oss")]


def test_models_that_are_declared_the_same_need_no_model_that_anybody_knows():
    shelf = catalog(config=TWO.replace("openai/gpt-oss-120b", "acme/x").replace("OpenAI/GPT-OSS-120b", "acme/x"))
    assert ways(shelf, "acme/x") == [("near", "oss"), ("far", "oss-fp8")]


OVERRIDE = TWO + '[models."openai/gpt-5.5"]\nendpoint = "near"\nname = "mine"\nprice_in = 1\nprice_out = 2\n'


def test_a_model_of_ones_own_under_a_known_slug_stands_for_it_alone():
    assert ways(catalog("OPENAI_API_KEY", config=OVERRIDE), "openai/gpt-5.5") == [("near", "mine")]


def test_one_that_says_that_it_is_the_same_is_followed_by_the_others():
    shelf = catalog("OPENAI_API_KEY", config=OVERRIDE + 'same_as = "openai/gpt-5.5"\n')
    assert ways(shelf, "openai/gpt-5.5") == [("near", "mine"), ("openai", "gpt-5.5")]


UNPRICED = """
endpoints.lab.base_url = "http://10.0.0.7:8000/v1"
models."lab/x" = { endpoint = "lab", name = "x", same_as = "openai/gpt-5.5" }
"""


@requirement("ours:unpriced")
def test_a_way_without_a_price_is_left_out_where_others_have_one():
    assert ways(catalog("OPENAI_API_KEY", config=UNPRICED), "openai/gpt-5.5") == [("openai", "gpt-5.5")]


@requirement("ours:unpriced")
def test_a_way_without_a_price_stays_where_the_settings_allow_it_or_there_is_no_other():
    allowed = catalog("OPENAI_API_KEY", config=UNPRICED + "routing.allow_unpriced = true")
    assert ways(allowed, "openai/gpt-5.5")[0] == ("lab", "x")
    assert ways(catalog(config=UNPRICED), "openai/gpt-5.5") == [("lab", "x")]


@requirement("ours:variants")
@pytest.mark.parametrize(
    ("slug", "sort"),
    [
        ("openai/gpt-oss-120b", ""),
        ("openai/gpt-oss-120b:nitro", "throughput"),
        ("openai/gpt-oss-120b:floor", "price"),
        ("openai/gpt-oss-120b:Floor:thinking", "price"),
        ("quick", "throughput"),
        ("ollama/odd:nitro", ""),
    ],
)
def test_a_suffix_says_how_endpoints_are_ordered_unless_it_is_part_of_a_name(slug: str, sort: str):
    shelf = catalog(*ALL, config='aliases.quick = "openai/gpt-oss-120b:nitro"', local=ollama("odd:nitro"))
    assert shelf.sort_of(slug) == sort


@requirement("ours:variants")
def test_a_suffix_goes_to_openrouter_and_is_dropped_for_others_on_the_way():
    assert ways(catalog(*ALL), "openai/gpt-oss-120b:nitro") == [
        ("openrouter", "openai/gpt-oss-120b:nitro"),
        ("together", "openai/gpt-oss-120b"),
        ("groq", "openai/gpt-oss-120b"),
    ]


@requirement("ours:variants")
def test_what_only_openrouter_can_do_is_left_to_openrouter():
    assert ways(catalog(*ALL), "z-ai/glm-5.2:exacto") == [("openrouter", "z-ai/glm-5.2:exacto")]


@requirement("ours:variants")
def test_free_is_only_what_is_known_to_cost_nothing():
    shelf = catalog(*ALL, "GEMINI_API_KEY")
    assert ways(shelf, "google/gemma-4-31b-it:free")[0][0] in ("gemini", "openrouter")
    for model in shelf.routes("google/gemma-4-31b-it:free"):
        assert model.price is not None and not (model.price.input or model.price.output)


@requirement("ours:variants")
def test_free_is_refused_where_it_would_be_charged():
    with pytest.raises(ModelNotFound, match="at zai it is not known to be free; leave the variant out"):
        catalog("ZAI_API_KEY").routes("z-ai/glm-5.2:free")


@requirement("ours:variants")
def test_a_model_on_this_machine_is_free():
    assert ways(catalog(local=ollama("qwen3:8b")), "ollama/qwen3:8b:free") == [("ollama", "qwen3:8b")]


@requirement("ours:variants")
def test_thinking_is_asked_for_by_its_suffix():
    shelf = catalog(*ALL)
    assert shelf.thinks("z-ai/glm-5.2:thinking")
    assert not shelf.thinks("z-ai/glm-5.2")


@requirement("ours:variants")
def test_thinking_is_not_asked_of_a_model_that_is_known_not_to_think():
    shelf = catalog("OPENAI_API_KEY")
    assert shelf.resolve("openai/gpt-4o:thinking").reasons is False
    assert not shelf.thinks("openai/gpt-4o:thinking")


def test_an_aggregator_that_lists_a_variant_by_its_name_is_asked_for_that():
    model = catalog("NANO_GPT_API_KEY").resolve("nano-gpt/z-ai/glm-4.6:thinking")
    assert model.name == "z-ai/glm-4.6:thinking"
