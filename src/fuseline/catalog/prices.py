"""Prices as files state them, turned into money."""

from decimal import Decimal

from fuseline.types.money import Price, nano


def per_million(
    fresh: Decimal | str | None, output: Decimal | str | None, cached: Decimal | str | None
) -> Price | None:
    """Turn US dollars per million tokens into a price; `None` unless both input and output are known."""
    if fresh is None or output is None:
        return None
    return Price(nano(fresh), nano(output), None if cached is None else nano(cached))
