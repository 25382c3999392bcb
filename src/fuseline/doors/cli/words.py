"""Figures as people read them: money, time, counts, and columns of them."""

from collections.abc import Collection, Sequence
from decimal import Decimal

from fuseline.types.money import NANO

CENT = NANO // 100


def money(nano: int) -> str:
    """An amount of nano-dollars: finer the smaller it is."""
    usd = Decimal(nano) / NANO
    if nano >= NANO:
        return f"${usd:,.2f}"
    if nano >= CENT:
        return f"${usd:.3f}"
    if 0 < nano < NANO // 10_000:
        return "<$0.0001"
    return f"${usd:.4f}" if nano else "$0"


def seconds(value: float) -> str:
    """A time in seconds, with minutes where there are some."""
    if value < 100:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s"


def count(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def aligned(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Rows as lines whose columns stand under one another; those in `right` are set to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
