"""The keys of one endpoint, used in turn. One that is refused, unpaid or at its limit is set aside by itself."""

import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from fuseline.providers.base import Provider
from fuseline.types.errors import NotCalled, UpstreamError
from fuseline.types.performance import Condition

logger = logging.getLogger(__name__)

ASIDE_S = {"upstream_auth": math.inf, "upstream_credits": 300.0, "upstream_spend_limit": 300.0}
"""Seconds that a key is set aside for what only its owner can mend; one that is refused, until the next start."""
KEY_REASONS = frozenset({*ASIDE_S, "rate_limited"})
"""Failures that another key of the same endpoint may not have."""
LONGEST_COOLING_S = 300.0
"""However long an upstream asks to be left alone."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Why a key is set aside, and until when on the monotonic clock."""

    until: float
    reason: str
    status_code: int | None

    def error(self) -> NotCalled:
        """What a call is turned away with. It may wait for a limit, and not for what has to be mended."""
        wait = self.until - time.monotonic() if self.reason == "rate_limited" else None
        return NotCalled(
            self.reason,
            "not called: every key of this endpoint is set aside just now",
            status_code=self.status_code,
            retry_after=None if wait is None else max(0.0, wait),
        )


@dataclass(slots=True, eq=False)
class Key:
    """One key at one endpoint, and how it fared."""

    endpoint: str
    secret: str = field(repr=False)
    name: str = ""
    """Where it came from, with its last characters: all of it that may be shown."""
    provider: Provider | None = None
    """Who calls with it, once it was needed."""
    aside: Outage | None = None
    """Why it is passed over for every model, as long as there is another key."""
    models: dict[str, Outage] = field(default_factory=dict[str, Outage])
    """For which models it is not used at all, and why."""

    @property
    def in_favour(self) -> bool:
        """Whether nothing is held against it as a whole."""
        return self.aside is None or self.aside.until <= time.monotonic()

    def outage(self, model: str) -> Outage | None:
        """What keeps it from serving a call of this model."""
        found = self.models.get(model) if self.models else None
        return found if found is not None and found.until > time.monotonic() else None

    def succeeded(self, model: str) -> None:
        """It served a call, so that whatever was held against it is about other models, or over."""
        if self.aside is not None:
            logger.info("%s serves again", self)
            self.aside = None
        if self.models and (found := self.models.get(model)) and found.reason in ASIDE_S:
            del self.models[model]

    def failed(self, model: str, error: UpstreamError) -> None:
        """It failed a call: where its owner has to do something, it is not used for this model, and last for others."""
        seconds = ASIDE_S.get(error.reason)
        if seconds is not None:
            known = self.aside if not self.in_favour else None
            self.aside = self.models[model] = Outage(time.monotonic() + seconds, error.reason, error.status_code)
            if known is None or known.reason != error.reason:
                logger.warning("%s is set aside %s: %s (%s)", self, until(seconds), error.message, error.reason)
        elif error.reason == "rate_limited" and error.retry_after:
            self.cool(model, min(error.retry_after, LONGEST_COOLING_S), error.status_code)

    def cool(self, model: str, seconds: float, status_code: int | None = 429) -> None:
        """Leave it alone for a while with this model, as the upstream asks."""
        if self.outage(model) is None:
            logger.info("%s is at its limit for %s, for %.0f s", self, model, seconds)
            self.models[model] = Outage(time.monotonic() + seconds, "rate_limited", status_code)

    def conditions(self) -> list[Condition]:
        """What is held against it now."""
        now, clock = time.monotonic(), time.time()
        if self.aside is not None and not self.in_favour:
            return [self._condition("", self.aside, clock - now)]
        return [self._condition(model, one, clock - now) for model, one in self.models.items() if one.until > now]

    def _condition(self, model: str, outage: Outage, offset: float) -> Condition:
        until = None if math.isinf(outage.until) else outage.until + offset
        return Condition(self.endpoint, model, "cooling", outage.reason, until, self.name)

    def __str__(self) -> str:
        """The key as the operator knows it."""
        return f"the key of {self.endpoint} ({self.name})" if self.name else f"{self.endpoint}, without a key"


class KeyRing:
    """The keys of one endpoint."""

    def __init__(self, keys: Sequence[Key]) -> None:
        """Hold these; an endpoint without a key has one that is empty."""
        self.keys = tuple(keys)
        self._turn = 0

    def take(self, model: str) -> Key:
        """The next key that serves.

        One that was refused for another model is taken only where there is no better: that model may be all it was
        refused for.

        :raises NotCalled: when all are set aside for this model, with why the first of them to come back is.
        """
        if len(self.keys) == 1 and self.keys[0].outage(model) is None:
            return self.keys[0]
        able = [key for key in self._in_turn() if key.outage(model) is None]
        if not able:
            found = [outage for key in self.keys if (outage := key.outage(model))]
            raise min(found, key=lambda outage: outage.until).error()
        key = next((key for key in able if key.in_favour), able[0])
        self._turn = self.keys.index(key) + 1
        return key

    def _in_turn(self) -> tuple[Key, ...]:
        """The keys from the one on whose turn it is."""
        turn = self._turn % len(self.keys)
        return (*self.keys[turn:], *self.keys[:turn])

    def serves(self, model: str) -> bool:
        """Whether there is a key that is not set aside."""
        return any(key.outage(model) is None for key in self.keys)


def until(seconds: float) -> str:
    """How long something lasts, in words."""
    return "until the next start" if math.isinf(seconds) else f"for {seconds:.0f} s"
