"""Which of the endpoints that serve a model may be asked, and in what order: the `provider` object of a request."""

from dataclasses import dataclass
from typing import Literal

from fuseline.types.money import Price

Sort = Literal["", "price", "throughput", "latency"]
Marks = tuple[tuple[int, float], ...]
"""Percentiles, each with the figure that it shall keep to."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a request, or the operator, wants of the endpoints. Names are those of endpoints, in lower case."""

    order: tuple[str, ...] = ()
    """Those to ask first, in this order; the others follow, unless `fallbacks` is false."""
    only: frozenset[str] = frozenset()
    """None but these; empty for all."""
    ignore: frozenset[str] = frozenset()
    fallbacks: bool = True
    """Whether another endpoint may be asked when the first cannot answer."""
    sort: Sort = ""
    """What the rest is ordered by; empty for the catalogue's own order."""
    no_training: bool = False
    """Only endpoints that are known not to train on what they are sent (`data_collection: "deny"`)."""
    no_retention: bool = False
    """Only endpoints that are known to keep nothing (`zdr`)."""
    all_parameters: bool = False
    """Only models that are known to take every parameter of the request (`require_parameters`)."""
    dearest: Price | None = None
    """No model that costs more than this, for input or output (`max_price`); an unknown price is more."""
    slowest: Marks = ()
    """Seconds to the first token that should not be passed (`preferred_max_latency`): who does is asked later."""
    least_speed: Marks = ()
    """Output tokens a second that should be reached (`preferred_min_throughput`)."""


ANY = Preferences()
"""No wishes."""
