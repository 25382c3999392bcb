"""When to try again and when to leave an upstream alone. It knows nothing of requests."""

import random
import time
from dataclasses import dataclass

from fuseline.types.errors import ParameterRefused, UpstreamError

TRIP_AFTER = 5
"""Failures in a row that open the breaker of a model."""
PROBE_AFTER_S = 30.0
CLOSED_FOR_S = {"upstream_auth": float("inf"), "upstream_credits": 300.0, "model_not_found": 60.0}
"""Refusals that will be the same for everyone for a while, in seconds; a key is good again after a reload."""
HEALTH_REASONS = frozenset({
    "connect_refused", "connect_timeout", "dns_failure", "upstream_error", "overloaded", "first_byte_timeout",
    "first_token_timeout", "upstream_timeout", "upstream_reset",
})  # fmt: skip
"""Failures that say something about the upstream rather than about the request."""
LONGEST_WAIT_S = 10.0
SHARE_OF_TIME = 0.2
RETRY_SHARE = 0.1
RETRIES_AT_ONCE = 20.0


@dataclass(slots=True)
class Breaker:
    """The state of one model at one endpoint."""

    failures: int = 0
    open_until: float = 0.0
    reason: str = ""
    status_code: int | None = None

    def check(self) -> None:
        """Raise at once, without a call, while the upstream is known to fail.

        :raises UpstreamError: with the reason that opened the breaker.
        """
        if self.open_until and time.monotonic() < self.open_until:
            raise UpstreamError(
                self.reason, "not called: this upstream failed just now", status_code=self.status_code, sent=False
            )

    def succeeded(self) -> None:
        """A call went well."""
        self.failures, self.open_until = 0, 0.0

    def failed(self, error: UpstreamError) -> None:
        """A call went badly: open for a refusal that stands, or after several failures in a row."""
        closed_for = CLOSED_FOR_S.get(error.reason)
        if closed_for is None and error.reason in HEALTH_REASONS:
            self.failures += 2 if error.reason == "overloaded" else 1
            closed_for = PROBE_AFTER_S if self.failures >= TRIP_AFTER else None
        if closed_for is not None:
            self.open_until = time.monotonic() + closed_for
            self.reason, self.status_code = error.reason, error.status_code


@dataclass(slots=True)
class RetryBudget:
    """At most a tenth of all calls may be repeats, with some in hand for the start."""

    left: float = RETRIES_AT_ONCE

    def called(self) -> None:
        """A first attempt was made: a tenth of a retry is earned."""
        self.left = min(RETRIES_AT_ONCE, self.left + RETRY_SHARE)

    def wait(self, error: UpstreamError, time_left: float) -> float | None:
        """Seconds to wait before the one retry of a failed call; `None` where it must not be repeated.

        Nothing is repeated after its first output byte, nor when the upstream asks for too long a wait.
        """
        if isinstance(error, ParameterRefused):
            return 0.0 if error.retryable else None
        if not error.retryable or error.partial.text or error.partial.reasoning or self.left < 1:
            return None
        if error.retry_after is not None:
            longest = min(LONGEST_WAIT_S, SHARE_OF_TIME * time_left)
            delay = error.retry_after + random.uniform(0, 0.25)
            delay = delay if error.retry_after <= longest else None
        elif error.reason == "rate_limited":
            delay = random.uniform(0.5, 2.0)
        else:
            delay = random.uniform(0, 0.5)
        if delay is None or delay >= time_left:
            return None
        self.left -= 1
        return delay
