"""Which model a slug means."""

import pytest

from fuseline.catalog import facts
from fuseline.catalog.catalog import Catalog
from fuseline.settings.settings import Settings
from fuseline.types.errors import BadConfiguration, InvalidRequest, ModelNotFound
from fuseline.types.models import Endpoint, Model
from fuseline.types.money import FREE, Price
from tests.catalog.desk import catalog, ollama, opening
from tests.requirements import requirement

LAB = """
[endpoints.lab]
base_url = "http://10.0.0.7:8000/v1"
"""


def test_a_vendors_model_is_served_by_the_vendors_own_endpoint_when_its_key_is_set():
    model = catalog("ANTHROPIC_API_KEY", "OPENROUTER_API_KEY").resolve("anthropic/claude-opus-4.8")
    assert (model.endpoint.name, model.name) == ("anthropic", "claude-opus-4-8")


def test_a_vendors_model_is_served_by_openrouter_when_only_that_key_is_set():
    model = catalog("OPENROUTER_API_KEY").resolve("anthropic/claude-opus-4.8")
    assert (model.endpoint.name, model.name) == ("openrouter", "anthropic/claude-opus-4.8")


def test_a_vendors_model_is_found_at_another_aggregator_whatever_its_spelling_there():
    model = catalog("FIREWORKS_API_KEY").resolve("z-ai/glm-5.2")
    assert model.name == "accounts/fireworks/models/glm-5p2"


def test_openrouter_is_preferred_to_other_aggregators():
    model = catalog("GROQ_API_KEY", "OPENROUTER_API_KEY").resolve("openai/gpt-oss-120b")
    assert model.endpoint.name == "openrouter"


def test_openrouter_is_asked_for_models_that_the_data_does_not_know():
    model = catalog("OPENROUTER_API_KEY").resolve("acme/brand-new-2")
    assert (model.name, model.price, model.slug) == ("acme/brand-new-2", None, "acme/brand-new-2")


def test_openrouter_gets_the_vendor_in_its_own_spelling():
    assert catalog("OPENROUTER_API_KEY").resolve("xai/grok-4.3").name == "x-ai/grok-4.3"


def test_openrouters_own_router_keeps_its_whole_name():
    assert catalog("OPENROUTER_API_KEY").resolve("openrouter/auto").name == "openrouter/auto"


@pytest.mark.parametrize("slug", ["openrouter:fusion", "openrouter/openrouter/fusion-flash", "OpenRouter/Fusion:free"])
def test_openrouters_own_fusion_is_not_called(slug: str):
    with pytest.raises(ModelNotFound, match="is fusion itself"):
        catalog("OPENROUTER_API_KEY").resolve(slug)


def test_a_vendors_endpoint_that_lacks_the_model_leaves_it_to_an_aggregator():
    model = catalog("DEEPSEEK_API_KEY", "OPENROUTER_API_KEY").resolve("deepseek/deepseek-v3.2")
    assert model.endpoint.name == "openrouter"


def test_a_date_may_be_missing_from_the_slug():
    model = catalog("ANTHROPIC_API_KEY").resolve("anthropic/claude-3-7-sonnet")
    assert model.name == "claude-3-7-sonnet-20250219"


def test_a_date_may_be_missing_from_the_endpoint():
    assert catalog("OPENAI_API_KEY").resolve("openai/gpt-5.5-2026-04-23").name == "gpt-5.5"


def test_an_exact_date_comes_before_one_that_is_ignored():
    assert catalog("OPENAI_API_KEY").resolve("openai/gpt-4o-2024-08-06").name == "gpt-4o-2024-08-06"


def test_openrouter_gets_a_date_as_it_was_asked_for():
    model = catalog("OPENROUTER_API_KEY").resolve("openai/gpt-5.5-2026-04-23")
    assert (model.name, model.price) == ("openai/gpt-5.5-2026-04-23", Price(5_000_000_000, 30_000_000_000, 500_000_000))


def test_a_slug_may_begin_with_an_endpoint_instead_of_a_vendor():
    model = catalog("GROQ_API_KEY", "OPENROUTER_API_KEY").resolve("groq/llama-3.3-70b-versatile")
    assert (model.endpoint.name, model.name) == ("groq", "llama-3.3-70b-versatile")


@pytest.mark.parametrize("slug", ["lab/Whatever_1.gguf", "lab:Whatever_1.gguf"])
def test_an_endpoint_of_ones_own_is_asked_for_any_name_as_it_is_written(slug: str):
    model = catalog(config=LAB).resolve(slug)
    assert (model.endpoint.base_url, model.name, model.price) == ("http://10.0.0.7:8000/v1", "Whatever_1.gguf", None)


def test_a_model_that_nobody_knows_is_left_to_the_vendor_it_is_said_to_be_of():
    assert catalog("OPENAI_API_KEY").resolve("openai/gpt-12").name == "gpt-12"


def test_a_model_that_only_others_have_is_not_asked_of_its_vendor():
    with pytest.raises(ModelNotFound, match=r"^deepseek/deepseek-v3\.2 cannot be reached: set OPENROUTER_API_KEY"):
        catalog("DEEPSEEK_API_KEY").resolve("deepseek/deepseek-v3.2")


def test_a_bare_name_means_the_one_vendor_that_has_it():
    assert catalog("OPENAI_API_KEY", "OPENROUTER_API_KEY").resolve("gpt-5.5").slug == "openai/gpt-5.5"


def test_a_bare_name_that_two_endpoints_have_is_refused_with_both_slugs():
    with pytest.raises(ModelNotFound, match="together/openai/gpt-oss-120b or groq/openai/gpt-oss-120b"):
        catalog("GROQ_API_KEY", "TOGETHER_API_KEY").resolve("gpt-oss-120b")


def test_a_bare_name_keeps_its_variant_at_openrouter():
    assert catalog("OPENROUTER_API_KEY").resolve("gpt-5.5:nitro").name == "openai/gpt-5.5:nitro"


@pytest.mark.parametrize(
    "variant", ["free", "nitro", "floor", "exacto", "extended", "thinking", "online", "free:online"]
)
def test_variants_are_kept_for_openrouter(variant: str):
    slug = f"z-ai/glm-5.2:{variant}"
    assert catalog("OPENROUTER_API_KEY").resolve(slug).name == slug


@requirement("ours:variants")
@pytest.mark.parametrize("variant", ["nitro", "floor", "thinking", "online", "floor:thinking"])
def test_variants_that_we_honour_are_dropped_for_others(variant: str):
    assert catalog("ZAI_API_KEY").resolve(f"z-ai/glm-5.2:{variant}").name == "glm-5.2"


@requirement("ours:variants")
@pytest.mark.parametrize("variant", ["exacto", "extended"])
def test_variants_that_only_openrouter_honours_are_refused_elsewhere(variant: str):
    with pytest.raises(
        ModelNotFound, match=r"only OpenRouter can serve :.*asked for at zai; leave the variant out"
    ) as no:
        catalog("ZAI_API_KEY").resolve(f"z-ai/glm-5.2:{variant}")
    assert no.value.nearest == ("z-ai/glm-5.2",)


def test_a_free_variant_that_is_listed_has_its_own_price():
    assert catalog("OPENROUTER_API_KEY").resolve("google/gemma-4-31b-it:free").price == FREE


def test_a_free_variant_that_is_not_listed_has_no_known_price():
    assert catalog("OPENROUTER_API_KEY").resolve("openai/gpt-5.5:free").price is None


def test_the_tag_of_a_local_model_is_no_variant():
    assert catalog(local=ollama("llama3.3:70b")).resolve("ollama/llama3.3:70b").name == "llama3.3:70b"


def test_a_local_model_is_found_by_its_bare_name():
    assert (
        catalog("OPENROUTER_API_KEY", local=ollama("llama3.3:70b")).resolve("llama3.3:70b").slug
        == "ollama/llama3.3:70b"
    )


def test_a_local_model_may_have_a_name_that_no_slug_could_have():
    assert (
        catalog(local=ollama("models/my model.gguf")).resolve("ollama/models/my model.gguf").name
        == "models/my model.gguf"
    )


def test_a_local_server_is_asked_for_models_that_it_got_later():
    model = catalog(local=ollama("llama3.3:70b")).resolve("ollama/qwen3:8b")
    assert (model.endpoint.name, model.name, model.price) == ("ollama", "qwen3:8b", FREE)


def test_a_local_server_that_does_not_answer_is_named():
    with pytest.raises(ModelNotFound, match="no ollama server answers on this machine"):
        catalog("OPENROUTER_API_KEY").resolve("ollama/qwen3:8b")


def test_an_unknown_model_is_said_to_be_no_model():
    with pytest.raises(ModelNotFound, match=r"^acme/fake-1\.0 is not a valid model ID$"):
        catalog("ANTHROPIC_API_KEY").resolve("acme/fake-1.0")


def test_an_unknown_vendors_model_is_not_taken_for_anothers_of_the_same_name():
    with pytest.raises(ModelNotFound):
        catalog("GROQ_API_KEY").resolve("acme/gpt-oss-120b")


def test_a_model_out_of_reach_is_told_which_variables_would_reach_it():
    with pytest.raises(ModelNotFound, match="set ANTHROPIC_API_KEY, OPENROUTER_API_KEY or AI_GATEWAY_API_KEY"):
        catalog().resolve("anthropic/claude-opus-4.8")


def test_an_endpoint_without_its_key_is_told_so_even_when_openrouter_is_there():
    with pytest.raises(ModelNotFound, match="set GROQ_API_KEY"):
        catalog("OPENROUTER_API_KEY").resolve("groq/llama-3.3-70b-versatile")


def test_an_endpoint_before_a_colon_needs_its_key_too():
    with pytest.raises(ModelNotFound, match="set GROQ_API_KEY"):
        catalog("OPENROUTER_API_KEY").resolve("groq:llama-3.3-70b-versatile")


def test_a_bare_name_that_nobody_has_is_no_model():
    with pytest.raises(ModelNotFound, match="gpt-fake is not a valid model ID"):
        catalog("OPENAI_API_KEY").resolve("gpt-fake")


def test_a_bare_name_out_of_reach_is_told_which_variables_would_reach_it():
    with pytest.raises(ModelNotFound, match="set OPENAI_API_KEY, OPENROUTER_API_KEY or AI_GATEWAY_API_KEY"):
        catalog("XAI_API_KEY").resolve("gpt-5.5")


def test_an_empty_key_is_no_key():
    shelf = Catalog.build(Settings(), {"OPENAI_API_KEY": " "})
    assert not shelf.known("openai/gpt-5.5")


@pytest.mark.parametrize("slug", ["", "a b", "-x/y", "a/" + "b" * 127, "a/b\n", "ü/x", "openai/gpt-5.5 "])
def test_what_cannot_be_a_slug_is_no_model(slug: str):
    with pytest.raises(ModelNotFound, match="is not a valid model ID"):
        catalog("OPENROUTER_API_KEY").resolve(slug)


def test_a_slug_may_be_in_capitals():
    assert catalog("ANTHROPIC_API_KEY").resolve("Anthropic/Claude-Opus-4.8").name == "claude-opus-4-8"


def test_not_finding_a_model_is_the_clients_mistake():
    with pytest.raises(InvalidRequest) as caught:
        catalog().resolve("acme/fake-1.0")
    assert caught.value.status == 400


def test_a_slug_that_was_asked_before_is_the_same_value():
    shelf = catalog("OPENROUTER_API_KEY")
    assert shelf.resolve("acme/brand-new-2") is shelf.resolve("acme/brand-new-2")


def test_known_is_what_can_be_resolved():
    shelf = catalog("OPENAI_API_KEY")
    assert (shelf.known("openai/gpt-5.5"), shelf.known("acme/fake-1.0")) == (True, False)


@pytest.mark.parametrize("endpoint", facts.endpoints())
def test_every_model_that_is_listed_is_found_again_by_its_slug(endpoint: str):
    shelf = catalog(*opening(endpoint))
    assert [model.slug for model in shelf.reachable() if shelf.resolve(model.slug) != model] == []


def test_what_two_endpoints_serve_is_listed_once_at_the_one_that_is_asked():
    listed = catalog("ANTHROPIC_API_KEY", "OPENROUTER_API_KEY").reachable()
    opus = [
        model.endpoint.name
        for model in listed
        if model.slug in ("anthropic/claude-opus-4.8", "anthropic/claude-opus-4-8")
    ]
    assert opus == ["anthropic"]


def test_nothing_is_listed_that_has_no_key():
    assert catalog().reachable() == ()


def test_the_first_variable_that_is_set_opens_an_endpoint():
    assert catalog("GOOGLE_API_KEY").resolve("google/gemini-3.5-flash").endpoint.name == "gemini"


def test_an_unknown_endpoint_of_a_model_is_a_wrong_configuration():
    with pytest.raises(BadConfiguration, match=r"models\.mine\.endpoint: there is no endpoint nowhere"):
        catalog(config='models.mine = { endpoint = "nowhere", name = "x" }')


def test_a_settings_endpoint_wins_over_a_local_one_of_its_name():
    here = Endpoint("ollama", "http://10.0.0.9:11434/v1", local=False)
    shelf = catalog(config='endpoints.ollama.base_url = "http://10.0.0.9:11434/v1"', local=ollama("qwen3:8b"))
    assert shelf.resolve("ollama/qwen3:8b") == Model("ollama/qwen3:8b", here, "qwen3:8b")
