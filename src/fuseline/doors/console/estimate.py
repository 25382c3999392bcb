"""What a run may cost, said before it is begun: from prices of the catalogue and from how much models tend to write."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fuseline.catalog.catalog import Catalog
from fuseline.doors.console.views import usd
from fuseline.planner.terms import Terms
from fuseline.settings.settings import Settings
from fuseline.types.deliberation import FusionSpec, Seat
from fuseline.types.json import Json
from fuseline.types.models import Model
from fuseline.types.requests import Request
from fuseline.types.tokens import estimate_messages

INSTRUCTIONS = 600
"""Tokens of what we tell a model beside the question and the answers."""
LOOKED_UP = 8_000
"""Tokens that a seat with tools may read again and again while it looks things up."""


@dataclass(frozen=True, slots=True)
class Length:
    """How much everybody writes, in tokens."""

    seat: int
    analyst: int
    writer: int
    research: bool
    """Whether seats that have tools use them."""
    repair: bool
    """Whether the writer is asked once more, where that was wanted."""


SHORT = Length(400, 400, 400, research=False, repair=False)
LONG = Length(4_000, 2_500, 4_000, research=True, repair=True)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who would be called."""

    spec: FusionSpec
    panel: Sequence[Model]
    analyst: Model
    writer: Model
    question: int
    """Tokens of the conversation."""

    @property
    def after(self) -> tuple[Model, ...]:
        """Who is called when the panel was heard."""
        return () if self.spec.panel_only else (self.analyst, self.writer)

    @property
    def unknown(self) -> list[str]:
        """Whose price nobody knows."""
        models = (*self.panel, *self.after)
        return list(dict.fromkeys(model.slug for model in models if model.price is None))

    def output(self, seat: Seat, length: Length) -> int:
        """How much a seat writes."""
        return min(length.seat, seat.max_completion_tokens or self.spec.max_completion_tokens)

    def cost(self, length: Length) -> int:
        """What all calls cost together, in nano-dollars; one without a price counts nothing."""
        return sum(self._seats(length)) + (0 if self.spec.panel_only else self._fusion(length))

    def _seats(self, length: Length) -> Iterator[int]:
        for seat, model in zip(self.spec.seats, self.panel, strict=True):
            tools = self.spec.tools if seat.tools is None else seat.tools
            read = LOOKED_UP if length.research and tools and model.calls_tools else 0
            yield price_of(model, self.question + INSTRUCTIONS + read, self.output(seat, length))

    def _fusion(self, length: Length) -> int:
        """What analyst and writer cost: they read the question and all that the seats wrote."""
        written = sum(self.output(seat, length) for seat in self.spec.seats)
        read = self.question + INSTRUCTIONS + written
        analysis = price_of(self.analyst, read, length.analyst)
        answer = price_of(self.writer, read + length.analyst, length.writer)
        again = length.repair and self.spec.repair
        return analysis + answer + (price_of(self.writer, read + length.writer, length.writer) if again else 0)


def estimate(request: Request, settings: Settings, catalog: Catalog) -> dict[str, Json]:
    """What a request may cost, from a short run to a long one, and what the dearest of its panel would cost alone.

    :raises InvalidRequest: when a model is not there, or the panel makes no sense.
    """
    cast = cast_of(request, settings, catalog)
    low, high = cast.cost(SHORT), cast.cost(LONG)
    if cast.spec.max_cost is not None:
        high = max(low, min(high, cast.spec.max_cost))
    known = not cast.unknown
    return {
        "calls": len(cast.panel) + len(cast.after),
        "low": usd(low) if known else None,
        "high": usd(high) if known else None,
        "unknown": list[Json](cast.unknown),
        "single": single(cast.panel, cast.question),
    }


def cast_of(request: Request, settings: Settings, catalog: Catalog) -> Cast:
    """Who would be called for a request."""
    terms = Terms(request, catalog, settings.fusion, settings.documents.collections)
    spec = terms.spec
    writer = (spec.writers or terms.outer)[0]
    panel = [catalog.resolve(seat.model) for seat in spec.seats]
    size = estimate_messages(request.messages)
    return Cast(spec, panel, catalog.resolve(spec.analysts[0]), catalog.resolve(writer), size)


def single(panel: Sequence[Model], question: int) -> Json:
    """What the dearest of a panel would cost alone; `None` where no price is known."""
    costs = {model.slug: costs_alone(model, question) for model in panel if model.price is not None}
    if not costs:
        return None
    dearest = max(costs, key=lambda slug: costs[slug][1])
    low, high = costs[dearest]
    return {"slug": dearest, "low": usd(low), "high": usd(high)}


def costs_alone(model: Model, question: int) -> tuple[int, int]:
    """What a model costs that answers the question by itself, shortly and at length."""
    return price_of(model, question, SHORT.writer), price_of(model, question, LONG.writer)


def price_of(model: Model, read: int, written: int) -> int:
    """What a call costs, in nano-dollars; nothing where no price is known."""
    most = written if model.max_output is None else min(written, model.max_output)
    return model.price.cost(read, most) if model.price else 0
