"""How well endpoints serve models: what one call showed, what many showed together, and who is not called now."""

from dataclasses import dataclass
from typing import Literal

SHORTEST_S = 0.005
"""A reply that comes in one piece says nothing of how fast it was written."""
BLAMELESS = frozenset({
    "bad_request", "unprocessable", "too_large", "context_length", "unsupported_input", "content_filter", "refusal",
    "no_visible_output", "forbidden", "deadline_exceeded", "output_cap", "pool_exhausted",
})  # fmt: skip
"""Ends of a call that say more of the request, or of us, than of the upstream."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What one call showed of a model at an endpoint. A figure is `None` where the call had none to show."""

    failed: bool
    ttft_s: float | None = None
    """Seconds to the first token."""
    speed: float | None = None
    """Output tokens a second, from the first token on."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A timing as it was read back, with whom it is about."""

    endpoint: str
    asked: str
    """The slug by which the model was asked for."""
    timing: Timing


@dataclass(frozen=True, slots=True)
class Performance:
    """What the latest calls of a model at an endpoint showed together."""

    endpoint: str
    model: str
    """What the upstream calls it."""
    calls: int
    failed: float
    """The share of them that failed, from 0 to 1."""
    ttft_p50: float | None
    """Seconds to the first token; half of the calls took no longer."""
    ttft_p90: float | None
    speed_p50: float | None
    """Output tokens a second; half of the calls were no slower."""
    speed_p90: float | None
    """What nine in ten calls reached."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Why something is not called now."""

    endpoint: str
    model: str
    """What the upstream calls it; empty where the key is of no use for any."""
    state: Literal["open", "probing", "cooling"]
    """The breaker is open, or one call is finding out whether to close it; or a key is set aside."""
    reason: str
    """The row of the fault table."""
    until: float | None
    """Seconds since the epoch; `None` for until the next start."""
    key: str = ""
    """Which key it is about, by where it came from and its last characters; empty for a breaker."""


def timing_of(error: str, ttft_s: float | None, duration_s: float | None, output_tokens: int | None) -> Timing:
    """What a call showed, from the figures of its row; `error` is its reason from the fault table, or empty."""
    failed = bool(error) and error not in BLAMELESS
    if error or ttft_s is None or duration_s is None or not output_tokens:
        return Timing(failed, ttft_s)
    written_s = duration_s - ttft_s
    return Timing(failed, ttft_s, output_tokens / written_s if written_s >= SHORTEST_S else None)
