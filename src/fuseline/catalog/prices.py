"""Prices as files state them, checked and turned into money."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TypeAlias

from fuseline.types.money import Price, Tier, nano, stated

Figure: TypeAlias = Decimal | str | None
"""US dollars per million tokens; `None` where nobody says."""
Figures: TypeAlias = Sequence[Figure]
"""The price of input and of output, then those of input read from cache and written to it, and of thoughts."""
NAMES = ("price_in", "price_out", "price_cached", "price_written", "price_reasoning")
DEAREST = 10_000
"""Dollars per million tokens above which a figure is taken for a mistake."""


def per_million(
    fresh: Figure,
    output: Figure,
    cached: Figure = None,
    written: Figure = None,
    reasoning: Figure = None,
    tiers: Mapping[int, Figures] | None = None,
) -> Price | None:
    """Turn US dollars per million tokens into a price; `None` unless both input and output are known.

    A tier is kept under the number of input tokens above which it holds; what it leaves open is as without it.
    :raises ValueError: naming the first figure that cannot be a price.
    """
    if fresh is None or output is None:
        return None
    base = over(Price(0, 0), (fresh, output, cached, written, reasoning))
    if not tiers:
        return base
    longer = (Tier(above, over(base, figures)) for above, figures in sorted(tiers.items()))
    return replace(base, tiers=tuple(longer))


def over(base: Price, figures: Figures) -> Price:
    """A price with these figures for those that they state."""
    named = zip(NAMES, figures, strict=True)
    fresh, output, cached, written, reasoning = [money(name, figure) for name, figure in named]
    return Price(
        stated(fresh, base.input),
        stated(output, base.output),
        base.cached if cached is None else cached,
        base.written if written is None else written,
        base.reasoning if reasoning is None else reasoning,
    )


@lru_cache(1024)  # a few hundred figures are those of thousands of models
def money(name: str, figure: Figure) -> int | None:
    """Dollars as nano-dollars; `None` where nobody says.

    :raises ValueError: when it is no number, negative, or more than any model costs.
    """
    if figure is None:
        return None
    try:
        amount = Decimal(figure)
    except InvalidOperation:
        raise ValueError(f"{name} is {figure}, which is not a number") from None
    if not amount.is_finite() or not 0 <= amount <= DEAREST:
        raise ValueError(f"{name} is {figure}, which is not between 0 and {DEAREST:,} dollars per million tokens")
    return nano(amount)
