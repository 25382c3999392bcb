"""Who is called for which model, for the life of the process. It keeps connections, breakers, keys and figures."""

import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Self

import aiohttp
import anyio
from multidict import CIMultiDict

from fuseline.catalog.catalog import Catalog
from fuseline.providers.base import Provider
from fuseline.providers.breaker import Breaker, RetryBudget
from fuseline.providers.bridge import BRIDGED, Bridge
from fuseline.providers.connections import Connections
from fuseline.providers.http import HTTPProvider
from fuseline.providers.keyring import Key, KeyRing
from fuseline.providers.routes import admitted, ordered
from fuseline.providers.statistics import Statistics, Window
from fuseline.settings.sections import Clocks, Limits
from fuseline.types.errors import ModelNotFound, NotCalled, UpstreamError
from fuseline.types.models import Endpoint, Model
from fuseline.types.performance import Condition, Performance, Timed
from fuseline.types.requests import Request
from fuseline.types.routing import ANY, Preferences
from fuseline.wires.base import ClientWire

STICKY_S = 600.0
"""How long a session that says nothing is still led to where it was answered last."""
SESSIONS = 10_000
"""Sessions that are remembered; clients choose their names, so there must be an end."""


@dataclass(slots=True)
class Line:
    """One endpoint for the life of the process: its session, its places and what it refuses."""

    endpoint: Endpoint
    ring: KeyRing
    session: aiohttp.ClientSession | None = None
    refused: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Optional parameters that each model was seen to refuse."""
    places: anyio.Semaphore = field(init=False)
    """As many as there may be connections."""

    def __post_init__(self) -> None:
        self.places = anyio.Semaphore(self.endpoint.connections, fast_acquire=True)


@dataclass(slots=True)
class Passage:
    """Leave to make one call: of this model, with this key. Exactly one of the other methods ends it."""

    model: Model
    key: Key
    breaker: Breaker

    def succeeded(self) -> None:
        """The call went well."""
        self.breaker.succeeded()
        self.key.succeeded(self.model.name)

    def failed(self, error: UpstreamError) -> None:
        """The call went badly."""
        self.breaker.failed(error)
        self.key.failed(self.model.name, error)

    def left(self) -> None:
        """The call was given up, or never went out."""
        self.breaker.left()


class Switchboard:
    """Connects models to providers. Opened once; one session for each endpoint, closed with it."""

    def __init__(
        self,
        catalog: Catalog,
        wires: Mapping[str, ClientWire],
        clocks: Clocks,
        limits: Limits,
        bridge: Bridge | None = None,
    ) -> None:
        self.resolve, self.thinks = catalog.resolve, catalog.thinks
        self.clocks = clocks
        self.retries = RetryBudget()
        self.statistics = Statistics()
        self.toolless: set[str] = set()
        """Slugs whose endpoints refused calls with tools in them."""
        self._catalog = catalog
        self._wires = wires
        self._bridge = bridge
        self._limits = limits
        self._lines: dict[str, Line] = {}
        self._breakers: dict[tuple[str, str], Breaker] = {}
        self._sessions: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()
        """Where a session was answered last for a slug, and until when that holds."""
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._open.__aenter__()
        return self

    async def __aexit__(self, *problem: object) -> None:
        await self._open.aclose()

    def routes(self, slug: str, request: Request, wishes: Preferences = ANY, session: str = "") -> Sequence[Model]:
        """The ways to a model, the one to go first in front.

        :raises NotCalled: when none may be gone.
        """
        found: Sequence[Model] = self._catalog.routes(slug)
        if wishes is not ANY:
            choice = admitted(found, wishes, request)
            if not choice.models:
                raise choice.outage(slug)
            found = choice.models
        return found if len(found) == 1 else self._in_order(slug, found, wishes, session)

    def expected(self, slug: str, request: Request, wishes: Preferences = ANY, session: str = "") -> Model:
        """The model as it would be asked for first; where nobody may be asked, as the catalogue has it."""
        try:
            return self.routes(slug, request, wishes, session)[0]
        except NotCalled:
            return self.resolve(slug)

    def _in_order(self, slug: str, found: Sequence[Model], wishes: Preferences, session: str) -> Sequence[Model]:
        sort = wishes.sort or self._catalog.sort_of(slug)
        found = ordered(found, wishes, sort, self.window)
        kept = "" if wishes.order else self._kept(slug, session)
        if kept:
            found = sorted(found, key=lambda model: model.endpoint.name != kept)
        if not wishes.fallbacks:
            return found if wishes.order else found[:1]
        well = [self.well(model) for model in found]
        if all(well):
            return found
        return [
            model for wanted in (True, False) for model, is_well in zip(found, well, strict=True) if is_well is wanted
        ]

    def well(self, model: Model) -> bool:
        """Whether a call would go out now, and where repeats are scarce, whether the last one went well.

        An endpoint that fails each time would otherwise use up all repeats, and then fail every run.
        """
        breaker = self.breaker(model)
        if breaker.shut_off or (breaker.troubled and self.retries.scarce):
            return False
        return self.line(model.endpoint).ring.serves(model.name)

    def another_key(self, model: Model, tried: int) -> bool:
        """Whether a call that failed with so many keys could go out with another."""
        ring = self.line(model.endpoint).ring
        return len(ring.keys) > tried and ring.serves(model.name)

    def admit(self, model: Model) -> Passage:
        """Leave to call a model at its endpoint, with the key whose turn it is.

        :raises NotCalled: while the upstream or all keys for it are known to fail.
        """
        key = self.line(model.endpoint).ring.take(model.name)
        breaker = self.breaker(model)
        breaker.enter()
        return Passage(model, key, breaker)

    async def provider(self, passage: Passage) -> Provider:
        """Who makes the call."""
        key = passage.key
        if key.provider is None:
            key.provider = await self._connect(self.line(passage.model.endpoint), key)
        return key.provider

    def breaker(self, model: Model) -> Breaker:
        """The breaker of a model at its endpoint."""
        place = (model.endpoint.name, model.name)
        found = self._breakers.get(place)
        if found is None:
            found = self._breakers[place] = Breaker(*place)
        return found

    def line(self, endpoint: Endpoint) -> Line:
        """An endpoint with its keys."""
        found = self._lines.get(endpoint.name)
        if found is None:
            found = self._lines[endpoint.name] = Line(endpoint, KeyRing(list(self._keys_of(endpoint))))
        return found

    def window(self, model: Model) -> Window:
        """What is known of a model at its endpoint."""
        return self.statistics.window(model.endpoint.name, model.name)

    def title(self, endpoint: str) -> str:
        """What replies call an endpoint that was called."""
        line = self._lines.get(endpoint)
        return (line.endpoint.title if line else "") or endpoint

    def stick(self, slug: str, session: str, model: Model) -> None:
        """Remember where a session was answered, so that its next call finds what is kept of it there."""
        if session:
            self._sessions[slug, session] = (model.endpoint.name, time.monotonic() + STICKY_S)
            self._sessions.move_to_end((slug, session))
            if len(self._sessions) > SESSIONS:
                self._sessions.popitem(last=False)

    def _kept(self, slug: str, session: str) -> str:
        place, until = self._sessions.get((slug, session), ("", 0.0)) if session else ("", 0.0)
        return place if time.monotonic() < until else ""

    def conditions(self) -> list[Condition]:
        """What is not called now, and why."""
        broken = (breaker.condition() for breaker in self._breakers.values())
        keys = (one for line in self._lines.values() for key in line.ring.keys for one in key.conditions())
        return [*(one for one in broken if one is not None), *keys]

    def performance(self) -> list[Performance]:
        """How well each model was served of late, by endpoint."""
        return list(self.statistics.summary())

    def recall(self, timings: Iterable[Timed]) -> None:
        """Take in what earlier calls showed, the oldest first. What can be called no more is left out."""
        known: dict[tuple[str, str], Window | None] = {}
        for timed in timings:
            place = (timed.endpoint, timed.asked)
            if place not in known:
                known[place] = self._window_of(*place)
            if window := known[place]:
                window.note(timed.timing)

    def _window_of(self, endpoint: str, slug: str) -> Window | None:
        try:
            models = self._catalog.routes(slug)
        except ModelNotFound:
            return None
        return next((self.window(model) for model in models if model.endpoint.name == endpoint), None)

    def _keys_of(self, endpoint: Endpoint) -> Iterator[Key]:
        """The keys of an endpoint, or where it wants none one that is empty."""
        secrets = self._catalog.keys.of(endpoint)
        places = [place for place in self._catalog.keys.where(endpoint) if not place.unused]
        for index, secret in enumerate(secrets or ("",)):
            place = places[index] if index < len(places) else None
            ending = f", ending in {place.ending}" if place and place.ending else ""
            yield Key(endpoint.name, secret, f"{place.name}{ending}" if place else "")

    async def _connect(self, line: Line, key: Key) -> Provider:
        endpoint = line.endpoint
        if self._bridge is not None and endpoint.wire == BRIDGED:
            found = self._bridge.connect(endpoint, key.secret, self.clocks, self._limits, line.places, line.refused)
            self._open.push_async_callback(found.aclose)
            return found
        wire = self._wires[endpoint.wire]
        if line.session is None:
            headers = CIMultiDict(wire.headers)
            headers.update(endpoint.headers)
            line.session = await self._open.enter_async_context(
                aiohttp.ClientSession(
                    connector=Connections(limit=endpoint.connections, keepalive_timeout=30),
                    headers=headers,
                    cookie_jar=aiohttp.DummyCookieJar(),
                    auto_decompress=False,
                    trust_env=False,
                )
            )
        return HTTPProvider(endpoint, wire, line.session, key, self.clocks, self._limits, line.places, line.refused)
