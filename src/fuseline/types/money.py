"""Money as whole nano-dollars: int64 holds nine billion dollars, and sums are exact."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

NANO = 1_000_000_000
"""Nano-dollars in a dollar."""
MILLION = 1_000_000


def nano(usd: Decimal | str | int | float) -> int:
    """Turn dollars into nano-dollars, rounding half up. A float is read by its shortest decimal form."""
    return int((Decimal(str(usd)) * NANO).to_integral_value(ROUND_HALF_UP))


def dollars(amount: int) -> float:
    """Turn nano-dollars into dollars for a wire that carries a JSON number. Never computed with."""
    return amount / NANO


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, each in nano-dollars per million tokens."""

    input: int
    output: int
    cached: int | None = None
    """Input tokens read from the upstream's cache; `None` where they cost what fresh ones do."""

    def cost(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0) -> int:
        """The price of a call in nano-dollars, rounded up so that a sum never understates the bill."""
        cached = min(cached_tokens, input_tokens) if self.cached is not None else 0
        total = (input_tokens - cached) * self.input + cached * (self.cached or 0) + output_tokens * self.output
        return -(-total // MILLION)


FREE = Price(0, 0)
"""A model that runs on this machine."""
