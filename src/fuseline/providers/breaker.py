"""When to try again and when to leave an upstream alone. It knows nothing of requests."""

import logging
import random
import time
from dataclasses import dataclass

from fuseline.providers.verdicts import may_go_elsewhere
from fuseline.types.errors import NotCalled, ParameterRefused, UpstreamError
from fuseline.types.performance import Condition

logger = logging.getLogger(__name__)

TRIP_AFTER = 5
"""Failures in a row that open the breaker of a model."""
PROBE_AFTER_S = 30.0
CLOSED_FOR_S = {"model_not_found": 60.0}
"""Refusals that will be the same for everyone for a while, in seconds."""
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
    """The state of one model at one endpoint. Open, it lets one call through now and then to find out."""

    endpoint: str
    model: str
    failures: int = 0
    open_until: float = 0.0
    """When it may be found out whether the upstream is well again; 0 while calls go through."""
    probing: bool = False
    """Whether a call is under way to find out."""
    reason: str = ""
    status_code: int | None = None
    troubled: bool = False
    """Whether the last call failed in a way that another endpoint may not."""

    @property
    def shut_off(self) -> bool:
        """Whether a call would be turned away."""
        return self.open_until > 0 and (self.probing or time.monotonic() < self.open_until)

    def enter(self) -> None:
        """Begin a call; where the breaker is open but has waited long enough, as the one that finds out.

        :raises NotCalled: with the reason that opened the breaker.
        """
        if not self.open_until:
            return
        if self.shut_off:
            raise NotCalled(self.reason, "not called: this upstream failed just now", status_code=self.status_code)
        self.probing = True

    def left(self) -> None:
        """A call ended that says nothing of the upstream: it was cancelled, or never went out."""
        self.probing = False

    def succeeded(self) -> None:
        """A call went well."""
        if self.open_until:
            logger.info("%s at %s is well again", self.model, self.endpoint)
        self.failures, self.open_until, self.probing, self.troubled = 0, 0.0, False, False

    def failed(self, error: UpstreamError) -> None:
        """A call went badly: open for a refusal that stands, or after several failures in a row."""
        self.probing = False
        self.troubled = self.troubled or may_go_elsewhere(error)
        closed_for = CLOSED_FOR_S.get(error.reason)
        if closed_for is None and error.reason in HEALTH_REASONS:
            self.failures += 2 if error.reason == "overloaded" else 1
            closed_for = PROBE_AFTER_S if self.failures >= TRIP_AFTER else None
        if closed_for is not None:
            self._open(closed_for, error)

    def _open(self, seconds: float, error: UpstreamError) -> None:
        if not self.open_until:
            logger.warning("%s at %s is left alone for %.0f s: %s", self.model, self.endpoint, seconds, error.reason)
        self.open_until = time.monotonic() + seconds
        self.reason, self.status_code = error.reason, error.status_code

    def condition(self) -> Condition | None:
        """Why calls are turned away, or `None` where they are not."""
        if not self.open_until:
            return None
        until = time.time() + self.open_until - time.monotonic()
        return Condition(self.endpoint, self.model, "probing" if self.probing else "open", self.reason, until)


@dataclass(slots=True)
class RetryBudget:
    """At most a tenth of all calls may be repeats, here or elsewhere, with some in hand for the start."""

    left: float = RETRIES_AT_ONCE

    @property
    def scarce(self) -> bool:
        """Whether less than half is left of what was in hand at the start."""
        return self.left < RETRIES_AT_ONCE / 2

    def called(self) -> None:
        """A first attempt was made: a tenth of a retry is earned."""
        self.left = min(RETRIES_AT_ONCE, self.left + RETRY_SHARE)

    def take(self) -> bool:
        """Spend one repeat, if there is one."""
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def give_back(self) -> None:
        """The repeat that was taken did not go out."""
        self.left += 1

    def wait(self, error: UpstreamError, time_left: float) -> float | None:
        """Seconds to wait before the one retry of a failed call; `None` where it must not be repeated.

        Nothing is repeated after its first output byte, nor when the upstream asks for too long a wait. To wait for
        a call that did not go out at all is no repeat.
        """
        if isinstance(error, ParameterRefused):
            return 0.0 if error.retryable else None
        first = isinstance(error, NotCalled)
        if not error.retryable or error.partial.text or error.partial.reasoning or (self.left < 1 and not first):
            return None
        delay = delay_of(error, time_left)
        if delay is None or delay >= time_left:
            return None
        self.left -= 0 if first else 1
        return delay


def delay_of(error: UpstreamError, time_left: float) -> float | None:
    """Seconds that a failure asks to be let pass, with some chance in it; `None` where that is too long."""
    if error.retry_after is not None:
        longest = min(LONGEST_WAIT_S, SHARE_OF_TIME * time_left)
        return error.retry_after + random.uniform(0, 0.25) if error.retry_after <= longest else None
    return random.uniform(0.5, 2.0) if error.reason == "rate_limited" else random.uniform(0, 0.5)
