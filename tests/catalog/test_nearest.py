"""What a slug that leads nowhere is told: what is spelt much like it, in reach or behind a key."""

import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseline.catalog.catalog import Catalog
from fuseline.catalog.nearness import nearest
from fuseline.types.errors import ModelNotFound
from tests.catalog.desk import catalog
from tests.requirements import requirement


def refusal(shelf: Catalog, slug: str) -> ModelNotFound:
    """The error of a slug that leads nowhere."""
    with pytest.raises(ModelNotFound) as refused:
        shelf.resolve(slug)
    return refused.value


@requirement("ours:nearest")
def test_a_misspelt_vendor_is_told_the_three_nearest_that_can_be_called():
    error = refusal(catalog("ANTHROPIC_API_KEY"), "anthropc/claude-opus-4.8")
    assert error.message.startswith("anthropc/claude-opus-4.8 is not a valid model ID; did you mean anthropic/claude-")
    assert error.nearest[0] == "anthropic/claude-opus-4-8"
    assert len(error.nearest) == 3


@requirement("ours:nearest")
def test_what_is_out_of_reach_is_told_with_the_variable_that_opens_it_and_is_no_fallback():
    error = refusal(catalog("XAI_API_KEY"), "opnai/gpt-5.5")
    assert "did you mean openai/gpt-5.5 (with OPENAI_API_KEY)" in error.message
    assert error.nearest == ()


@requirement("ours:nearest")
def test_what_is_in_reach_is_told_first():
    shelf = catalog(config='aliases."gpt-5-5-house" = "lab/x"\nendpoints.lab.base_url = "http://10.0.0.7/v1"')
    error = refusal(shelf, "gpt-5-5-hous")
    assert error.nearest == ("gpt-5-5-house",)
    assert "did you mean gpt-5-5-house, " in error.message


def test_a_bare_name_is_compared_with_bare_names():
    assert refusal(catalog("ANTHROPIC_API_KEY"), "claude-opus-4.88").nearest[0] == "anthropic/claude-opus-4-8"


def test_nothing_is_suggested_where_nothing_is_like_it():
    assert refusal(catalog("ANTHROPIC_API_KEY"), "acme/zzzz").message == "acme/zzzz is not a valid model ID"


def test_a_model_that_is_known_and_lacks_a_key_is_told_the_key_and_nothing_else():
    assert refusal(catalog("XAI_API_KEY"), "anthropic/claude-opus-4.8").nearest == ()


@requirement("ours:nearest")
def test_a_misspelt_name_at_a_vendor_that_can_be_called_is_told_what_is_near_before_it_is_called():
    with pytest.raises(
        ModelNotFound, match=r"no price is known for .*did you mean anthropic/claude-opus-4-8,"
    ) as refused:
        catalog("ANTHROPIC_API_KEY").priced("anthropic/claude-opos-4.8")
    assert refused.value.nearest[0] == "anthropic/claude-opus-4-8"


@requirement("ours:nearest")
def test_nothing_that_cannot_be_printed_is_said_back():
    error = refusal(catalog("OPENROUTER_API_KEY"), "a\x1b]0;x\x07/\u202eb\n" + "c" * 400)
    assert error.message.isprintable()
    assert len(error.message) < 250


@requirement("ours:nearest")
@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=200))
def test_whatever_is_asked_for_is_answered(slug: str):
    assert all(isinstance(name, str) for name in nearest(slug, {"openai/gpt-5-5": "openai/gpt-5.5"}, 3))


@requirement("ours:nearest")
@pytest.mark.parametrize("slug", ["anthropc/claude-opus-4.8", string.ascii_lowercase * 5])
def test_to_find_what_is_near_takes_no_longer_than_a_few_milliseconds(slug: str):
    shelf = catalog("OPENROUTER_API_KEY", "ANTHROPIC_API_KEY")
    names = {str(number) + model.slug: model.slug for number, model in enumerate(shelf.every())}
    assert len(names) > 4_000
    took = min(timed(slug, names) for _ in range(5))
    assert took < 0.02


def timed(slug: str, names: dict[str, str]) -> float:
    """Seconds that one search takes."""
    began = time.process_time()
    nearest(slug, names, 3)
    return time.process_time() - began
