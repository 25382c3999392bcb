"""What calls cost: never less than the bill, by every kind of token and by how long the input is."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseline.ledger import priced
from fuseline.types.models import Endpoint, Model
from fuseline.types.money import MILLION, Price, Tier, nano
from fuseline.types.replies import Usage
from tests.requirements import requirement

pytestmark = requirement("ours:prices")
figures = st.integers(0, 10_000 * 10**9)
maybe = st.none() | figures
tokens = st.integers(0, 10**7)
flat = st.builds(Price, figures, figures, maybe, maybe, maybe)


@st.composite
def tiered(draw: st.DrawFn) -> Price:
    """A price with tiers, each no cheaper than what holds without it."""
    base = draw(flat)
    more = draw(st.integers(1, 5))
    cached, written, reasoning = (
        None if each is None else each * more for each in (base.cached, base.written, base.reasoning)
    )
    dearer = Price(base.input * more, base.output * more, cached, written, reasoning)
    return replace(base, tiers=(Tier(draw(tokens), dearer),))


@given(tiered(), tokens, tokens, tokens, tokens, tokens)
def test_a_cost_is_never_below_what_holds_without_tiers(
    price: Price, fresh: int, written_out: int, cached: int, written: int, thought: int
):
    plain = replace(price, tiers=())
    counts = (fresh, written_out, cached, written, thought)
    assert price.cost(*counts) >= plain.cost(*counts)


@given(flat, tokens, tokens)
def test_a_cost_is_rounded_up_by_less_than_a_nano_dollar(price: Price, fresh: int, written_out: int):
    exact = Fraction(fresh * price.input + written_out * price.output, MILLION)
    assert exact <= price.cost(fresh, written_out) < exact + 1


@given(flat, tokens, tokens, tokens)
def test_cached_tokens_cost_no_more_than_fresh_ones_unless_the_price_says_so(
    price: Price, fresh: int, written_out: int, cached: int
):
    dearer = price.cached is not None and price.cached > price.input
    assert dearer or price.cost(fresh, written_out, cached) <= price.cost(fresh, written_out)


@given(tiered(), tokens, tokens, tokens, tokens, tokens)
def test_no_counts_make_a_call_cost_more_than_the_most(
    price: Price, fresh: int, written_out: int, cached: int, written: int, thought: int
):
    assert price.cost(fresh, written_out, cached, written, thought) <= price.most(fresh, written_out)


PRICE = Price(
    nano("2"), nano("10"), nano("0.2"), nano("2.5"), tiers=(Tier(200_000, Price(nano("4"), nano("15"), nano("0.4"))),)
)


@pytest.mark.parametrize(
    ("price", "usage", "dollars"),
    [
        (PRICE, Usage(1_000_000 // 10, 1_000), "0.21"),
        (PRICE, Usage(100_000, 1_000, cached_tokens=50_000, cache_write_tokens=40_000), "0.14"),
        (PRICE, Usage(200_000, 1_000), "0.41"),
        (PRICE, Usage(200_001, 1_000), "0.815004"),
        (PRICE, Usage(100_000, 1_000, cached_tokens=90_000, cache_write_tokens=90_000), "0.053"),
        (PRICE, Usage(1_000, 1_000, reasoning_tokens=900), "0.012"),
        (Price(nano("2"), nano("8"), reasoning=nano("3")), Usage(0, 1_000_000, reasoning_tokens=400_000), "6"),
        (Price(nano("2"), nano("8"), reasoning=nano("3")), Usage(0, 1_000, reasoning_tokens=9_000), "0.003"),
        (Price(nano("1"), nano("2"), reasoning=nano("8")), Usage(0, 1_000_000, reasoning_tokens=1), "8"),
        (Price(nano("1"), nano("2"), reasoning=nano("8")), Usage(0, 1_000_000), "2"),
    ],
)
def test_the_ledger_counts_every_kind_of_token_at_its_price(price: Price, usage: Usage, dollars: str):
    model = Model("m", Endpoint("e", "https://e.example/v1"), "m", price=price)
    assert priced(usage, model) == (nano(dollars), "computed")
