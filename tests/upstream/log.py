"""The upstream's own account of who asked what and who hung up: the oracle that tests compare the gateway with."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from threading import Condition
from typing import Literal

from fuseline.types.json import JsonObject

ClosedBy = Literal["server", "client"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what became of it, as far as it had come when the log was read."""

    number: int
    """Its place in the log."""
    model: str
    body: JsonObject
    headers: Mapping[str, str]
    """Names in lower case."""
    opened_at: float
    """When the request had been read, in seconds of the monotonic clock; so is `closed_at`."""
    turn: int = 0
    """How often this model had been asked before."""
    closed_by: ClosedBy | None = None
    """`None` while the answer is under way; the client's doing where it left before the answer's end."""
    closed_at: float | None = None
    bytes_sent: int = 0
    """All that was handed to the socket, head and framing included."""


class Log:
    """Exchanges in the order of their arrival. Written by the server's thread, read by any."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._exchanges: list[Exchange] = []
        self._turns: Counter[str] = Counter()

    def begin(self, model: str, body: JsonObject, headers: Mapping[str, str]) -> Exchange:
        """Write down a request that has just been read."""
        with self._changed:
            number, turn = len(self._exchanges), self._turns[model]
            exchange = Exchange(number, model, body, headers, time.monotonic(), turn)
            self._turns[model] += 1
            self._exchanges.append(exchange)
            self._changed.notify_all()
            return exchange

    def sent(self, number: int, size: int) -> None:
        """Count bytes of an answer under way."""
        with self._changed:
            exchange = self._exchanges[number]
            self._exchanges[number] = replace(exchange, bytes_sent=exchange.bytes_sent + size)
            self._changed.notify_all()

    def end(self, number: int, closed_by: ClosedBy) -> None:
        """Write down that an exchange is over, and by whom."""
        with self._changed:
            self._exchanges[number] = replace(self._exchanges[number], closed_by=closed_by, closed_at=time.monotonic())
            self._changed.notify_all()

    def read(self) -> list[Exchange]:
        """The exchanges so far, as they stand now."""
        with self._changed:
            return list(self._exchanges)

    def wait_until(self, predicate: Callable[[], bool], timeout: float) -> bool:
        """Block until the log makes the predicate true, for at most `timeout` seconds; says whether it did."""
        with self._changed:
            return self._changed.wait_for(predicate, timeout)
