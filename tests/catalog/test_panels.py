"""Presets, and the panel of those who chose none."""

import pytest

from fuseline.catalog import facts
from fuseline.types.deliberation import Seat
from fuseline.types.errors import InvalidRequest, NothingToCall
from fuseline.types.models import Endpoint, Model
from tests.catalog.desk import catalog, ollama, opened_by, opening
from tests.requirements import requirement

pytestmark = requirement("ours:default-panel")

QUALITY = ("~anthropic/claude-opus-latest", "~openai/gpt-latest", "~google/gemini-pro-latest")
OWN = """
[presets.mine]
panel = ["openai/gpt-5.5", { model = "a/b", instructions = "Doubt.", temperature = 0.2, max_completion_tokens = 9 }]
"""


def seats(*keys: str, tier: facts.Tier = "high", local: tuple[Model, ...] = (), config: str = "") -> list[str]:
    panel = catalog(*keys, local=local, config=config).default_panel(tier)
    return [seat.model for seat in panel.preset.seats]


def test_the_quality_preset_seats_the_newest_of_three_laboratories():
    assert catalog("OPENROUTER_API_KEY").preset("general-high").seats == tuple(map(Seat, QUALITY))


@pytest.mark.parametrize("name", ["general-high", "general-budget", "general-fast"])
def test_openrouter_alone_reaches_every_shipped_preset(name: str):
    assert catalog("OPENROUTER_API_KEY").preset(name).warning == ""


def test_the_vendors_own_keys_reach_the_quality_preset():
    assert catalog("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY").preset("general-high").warning == ""


def test_a_shipped_preset_names_who_compares_and_who_writes():
    preset = catalog("OPENROUTER_API_KEY").preset("general-budget")
    assert (preset.analysts, preset.writers) == (("~anthropic/claude-opus-latest",), ("~anthropic/claude-opus-latest",))


def test_a_retired_name_is_served_with_a_warning():
    preset = catalog("OPENROUTER_API_KEY").preset("or-general-high")
    assert (preset.name, preset.warning) == (
        "general-high",
        "The preset or-general-high is now called general-high.",
    )


def test_an_unknown_preset_is_refused_with_the_names_that_there_are():
    with pytest.raises(
        InvalidRequest, match="there is no preset nope; there are general-budget, general-fast, general-high, mine"
    ):
        catalog("OPENAI_API_KEY", config=OWN).preset("nope")


def test_a_preset_out_of_reach_gives_way_to_the_best_panel_of_its_tier():
    preset = catalog("OPENAI_API_KEY", "DEEPSEEK_API_KEY").preset("general-high")
    assert [seat.model for seat in preset.seats] == ["openai/gpt-5.5", "deepseek/deepseek-v4-pro"]


def test_a_preset_that_gave_way_says_what_it_lacked():
    warning = catalog("OPENAI_API_KEY").preset("general-high").warning
    assert warning.startswith("general-high needs ~anthropic/claude-opus-latest, which cannot be reached")


def test_a_preset_of_ones_own_has_seats_with_wishes():
    doubter = Seat("a/b", "Doubt.", 0.2, max_completion_tokens=9)
    assert catalog("OPENAI_API_KEY", config=OWN).preset("mine").seats == (Seat("openai/gpt-5.5"), doubter)


def test_without_an_analyst_the_first_seats_model_compares():
    assert catalog("OPENAI_API_KEY", config=OWN).preset("mine").analysts == ("openai/gpt-5.5",)


def test_without_a_writer_the_planner_chooses():
    assert catalog("OPENAI_API_KEY", config=OWN).preset("mine").writers == ()


def test_several_analysts_stay_in_order():
    config = 'presets.mine = { panel = ["a/b"], analyst = ["x", "y"], writer = "z" }'
    assert catalog(config=config).preset("mine").analysts == ("x", "y")


def test_a_preset_of_ones_own_wins_over_a_shipped_one():
    shelf = catalog("OPENROUTER_API_KEY", config='presets.general-high.panel = ["a/b"]')
    assert shelf.preset("general-high").seats == (Seat("a/b"),)


def test_a_preset_of_ones_own_may_have_a_retired_name():
    assert catalog(config='presets.or-general-high.panel = ["a/b"]').preset("or-general-high").warning == ""


@pytest.mark.parametrize("endpoint", facts.endpoints())
@pytest.mark.parametrize("tier", ["high", "budget", "fast"])
def test_every_endpoint_alone_seats_a_panel_of_models_that_it_serves(endpoint: str, tier: facts.Tier):
    shelf = catalog(*opening(endpoint))
    panel = shelf.default_panel(tier).preset
    seated = {shelf.resolve(model).endpoint.name for model in panel.models}
    assert seated and seated <= opened_by(endpoint) and len(panel.seats) >= 2


def test_three_laboratories_sit_by_quality():
    assert seats("MISTRAL_API_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY") == [
        "anthropic/claude-opus-4-8",
        "openai/gpt-5.5",
        "google/gemini-3.1-pro-preview",
    ]


def test_one_laboratory_sits_twice():
    assert seats("ANTHROPIC_API_KEY") == ["anthropic/claude-opus-4-8", "anthropic/claude-opus-4-8"]


def test_a_panel_of_one_laboratory_says_why_and_what_would_help():
    why, _, advice = catalog("ANTHROPIC_API_KEY").default_panel().reasons
    assert ("sits twice" in why, advice) == (True, "With OPENAI_API_KEY or OPENROUTER_API_KEY set, gpt would sit too.")


def test_the_best_panel_needs_no_advice():
    assert not any(reason.startswith("With ") for reason in catalog("OPENROUTER_API_KEY").default_panel().reasons)


def test_the_writer_is_who_keeps_most_not_who_scores_best_alone():
    panel = catalog("OPENAI_API_KEY", "MINIMAX_API_KEY").default_panel().preset
    assert (panel.seats[0].model, panel.writers) == ("openai/gpt-5.5", ("minimax/MiniMax-M3",))


def test_a_cheap_panel_keeps_a_strong_writer():
    panel = catalog("ANTHROPIC_API_KEY", "GEMINI_API_KEY").default_panel("budget").preset
    assert panel.writers == ("anthropic/claude-opus-4-8",)


def test_a_fast_panel_is_written_up_by_one_of_its_seats():
    panel = catalog("ANTHROPIC_API_KEY", "GEMINI_API_KEY").default_panel("fast").preset
    assert panel.writers[0] in {seat.model for seat in panel.seats}


def test_the_largest_local_model_of_each_family_sits():
    assert seats(local=ollama("qwen3:8b", "qwen3:32b", "gemma3:27b")) == ["ollama/qwen3:32b", "ollama/gemma3:27b"]


def test_local_models_of_four_families_sit_by_rank():
    here = ollama("phi4:14b", "mistral-small:24b", "llama3.3:70b", "deepseek-r1:14b")
    assert seats(local=here) == ["ollama/deepseek-r1:14b", "ollama/llama3.3:70b", "ollama/mistral-small:24b"]


def test_a_local_model_sits_after_a_hosted_one():
    assert seats("ANTHROPIC_API_KEY", local=ollama("qwen3:32b")) == ["anthropic/claude-opus-4-8", "ollama/qwen3:32b"]


def test_a_small_local_model_does_not_sit_beside_large_ones():
    assert "ollama/llama3.2:3b" not in seats("ANTHROPIC_API_KEY", local=ollama("llama3.2:3b"))


def test_small_local_models_sit_among_themselves():
    assert seats(local=ollama("llama3.2:3b", "qwen3:4b")) == ["ollama/qwen3:4b", "ollama/llama3.2:3b"]


def test_models_that_do_not_chat_do_not_sit():
    here = ollama("nomic-embed-text", "bge-reranker", "whisper-large-v3", "llama3.3:70b")
    assert set(seats(local=here)) == {"ollama/llama3.3:70b"}


def test_models_of_ones_own_with_unknown_names_sit_too():
    config = """
    endpoints.lab.base_url = "https://lab.example/v1"
    models.a = { endpoint = "lab", name = "alpha" }
    models.b = { endpoint = "lab", name = "beta" }
    """
    assert seats(config=config) == ["a", "b"]


def test_without_any_model_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("FUSELINE_LOCAL_PROBE", raising=False)
    with pytest.raises(NothingToCall, match=r"Set OPENROUTER_API_KEY.*Ollama.*none answered.*`fuseline demo`"):
        catalog().default_panel()


def test_without_any_model_and_without_a_probe_the_error_says_so():
    with pytest.raises(NothingToCall, match=r"not looked for, since local\.probe is off"):
        catalog(config="local.probe = false").preset("general-high")


def test_a_local_server_with_only_embeddings_is_nothing_to_call():
    with pytest.raises(NothingToCall):
        catalog(local=ollama("nomic-embed-text")).default_panel()


def test_a_reason_names_the_endpoint_by_its_title():
    lab = Endpoint("lab", "https://lab.example/v1", title="The Lab")
    shelf = catalog(
        config='endpoints.lab = { base_url = "https://lab.example/v1", title = "The Lab" }\n'
        'models.q = { endpoint = "lab", name = "qwen-72b" }\nmodels.l = { endpoint = "lab", name = "llama-70b" }'
    )
    assert lab.title in shelf.default_panel().reasons[0]
