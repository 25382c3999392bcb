"""What an upstream says of its rate limits beside a good answer: whether the next call would be one too many."""

import re
import time
from collections.abc import Mapping
from datetime import datetime

from multidict import istr

from fuseline.wires.faults import retry_after

LONGEST_S = 60.0
"""However far away the reset is said to be."""
BUDGETS = tuple((istr(left), istr(reset)) for left, reset in (
    ("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    ("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"),
    ("anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"),
    ("anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"),
    ("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"),
))  # fmt: skip
"""What is left of each budget, and when it is full again; spelt so that every call can look for them at no cost."""
RETRY_AFTER = istr("retry-after")
PIECE = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
EPOCH = 1e9
"""A number of seconds beyond this is a moment, and a thousand times this one in milliseconds."""


def cooling(headers: Mapping[str, str]) -> float:
    """Seconds for which nothing should be sent with the same key; 0 where there is room."""
    waits = [reset_in(headers.get(reset, "")) for left, reset in BUDGETS if left in headers and headers[left] == "0"]
    if RETRY_AFTER in headers:
        waits.append(retry_after(headers[RETRY_AFTER]) or 0.0)
    return min(max(waits, default=0.0), LONGEST_S)


def reset_in(value: str) -> float:
    """Seconds until a reset, however it is written: as a number, a length such as `6m0s`, or a moment."""
    try:
        number = float(value)
    except ValueError:
        return length_of(value) or moment_in(value)
    if number > EPOCH:
        number = (number / 1000 if number > EPOCH * 1000 else number) - time.time()
    return number if 0 <= number < float("inf") else 0.0


def length_of(value: str) -> float:
    """Seconds of a length such as `1h2m` or `20ms`; 0 for anything else."""
    pieces = PIECE.findall(value)
    if "".join(number + unit for number, unit in pieces) != value:
        return 0.0
    return sum(float(number) * SECONDS[unit] for number, unit in pieces)


def moment_in(value: str) -> float:
    """Seconds until an ISO moment; 0 for one that has passed, and for anything else."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return 0.0
    return max(0.0, moment.timestamp() - time.time()) if moment.tzinfo else 0.0
