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
    written: int | None = None
    """Input tokens written to the upstream's cache; `None` where they cost what fresh ones do."""
    reasoning: int | None = None
    """Output tokens that are thoughts; `None` where they cost what an answer does.

    Where they cost more, it is the price of thinking as such: whoever thought pays it for the answer, too.
    """
    tiers: tuple["Tier", ...] = ()
    """What it costs instead where the input is long, shortest first."""

    def at(self, input_tokens: int) -> "Price":
        """The price that holds, for all of a call's tokens, with this much input."""
        for tier in reversed(self.tiers):
            if input_tokens > tier.above:
                return tier.price
        return self

    def cost(
        self,
        input_tokens: int,
        output_tokens: int,
        cached_tokens: int = 0,
        written_tokens: int = 0,
        reasoning_tokens: int = 0,
    ) -> int:
        """The price of a call in nano-dollars, rounded up so that a sum never understates the bill.

        Cached and written tokens are counted in the input, and thoughts in the output; more of them than there is of
        either are not believed.
        """
        price = self.at(input_tokens)
        cached = min(cached_tokens, input_tokens)
        written = min(written_tokens, input_tokens - cached)
        thoughts = price.thoughts(output_tokens, reasoning_tokens)
        total = (
            (input_tokens - cached - written) * price.input
            + cached * stated(price.cached, price.input)
            + written * stated(price.written, price.input)
            + (output_tokens - thoughts) * price.output
            + thoughts * stated(price.reasoning, price.output)
        )
        return -(-total // MILLION)

    def most(self, input_tokens: int, output_tokens: int) -> int:
        """The most that a call of this size can cost, whatever of it is written to the cache or thought."""
        price = self.at(input_tokens)
        return -(-(input_tokens * price.dearest_input + output_tokens * price.dearest_output) // MILLION)

    def thoughts(self, output_tokens: int, reasoning_tokens: int) -> int:
        """How much of the output has the price of thoughts."""
        dearer = reasoning_tokens > 0 and stated(self.reasoning, self.output) > self.output
        return output_tokens if dearer else min(reasoning_tokens, output_tokens)

    @property
    def dearest_input(self) -> int:
        """The most that an input token can cost, tiers aside."""
        return max(self.input, self.cached or 0, self.written or 0)

    @property
    def dearest_output(self) -> int:
        """The most that an output token can cost, tiers aside."""
        return max(self.output, self.reasoning or 0)


@dataclass(frozen=True, slots=True)
class Tier:
    """The price of calls whose input is longer than so many tokens."""

    above: int
    price: Price
    """It has no tiers of its own."""


def stated(price: int | None, otherwise: int) -> int:
    """A price, or the one that holds where none is stated."""
    return otherwise if price is None else price


FREE = Price(0, 0)
"""A model that runs on this machine."""
