"""How well each model was served at each endpoint of late, in memory, from the rows that the ledger writes."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from fuseline.types.performance import Performance, Timing
from fuseline.types.routing import Marks

KEPT = 256
"""Calls of one model at one endpoint that are remembered."""


@dataclass(slots=True)
class Window:
    """The latest calls of one model at one endpoint. Figures are sorted when they are asked for, and kept till then."""

    timings: deque[Timing] = field(default_factory=lambda: deque[Timing](maxlen=KEPT))
    _ttft: list[float] | None = None
    _speed: list[float] | None = None

    def note(self, timing: Timing) -> None:
        """Take in what a call showed."""
        self.timings.append(timing)
        self._ttft = self._speed = None

    @property
    def failed(self) -> float:
        """The share of calls that failed."""
        return sum(timing.failed for timing in self.timings) / len(self.timings) if self.timings else 0.0

    def ttft(self, percent: int) -> float | None:
        """The seconds to the first token that so many in a hundred calls kept to."""
        if self._ttft is None:
            self._ttft = sorted(one.ttft_s for one in self.timings if one.ttft_s is not None and not one.failed)
        return percentile(self._ttft, percent)

    def speed(self, percent: int) -> float | None:
        """The output tokens a second that so many in a hundred calls reached."""
        if self._speed is None:
            self._speed = sorted((one.speed for one in self.timings if one.speed is not None), reverse=True)
        return percentile(self._speed, percent)

    def prefers(self, slowest: Marks, least_speed: Marks) -> bool:
        """Whether it keeps to these marks, as far as anything is known."""
        late = any((known := self.ttft(percent)) is not None and known > most for percent, most in slowest)
        slow = any((known := self.speed(percent)) is not None and known < least for percent, least in least_speed)
        return not (late or slow)


class Statistics:
    """The windows of all models at all endpoints."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], Window] = {}

    def window(self, endpoint: str, model: str) -> Window:
        """What is known of a model at an endpoint; `model` is what the upstream calls it."""
        found = self._windows.get((endpoint, model))
        if found is None:
            found = self._windows[endpoint, model] = Window()
        return found

    def summary(self) -> Iterator[Performance]:
        """What is known of each, in figures."""
        for (endpoint, model), window in sorted(self._windows.items()):
            if window.timings:
                yield summed_up(endpoint, model, window)


def summed_up(endpoint: str, model: str, window: Window) -> Performance:
    """One window in figures."""
    return Performance(
        endpoint,
        model,
        len(window.timings),
        window.failed,
        window.ttft(50),
        window.ttft(90),
        window.speed(50),
        window.speed(90),
    )


def percentile(ordered: list[float], percent: int) -> float | None:
    """The figure that so many in a hundred of an ordered list do not pass; `None` for an empty one."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None
