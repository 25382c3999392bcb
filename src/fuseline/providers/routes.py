"""Which endpoints may be asked for a model, and in what order. It measures nothing and calls nobody."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fuseline.providers.statistics import Window
from fuseline.types.errors import NoEndpoint, NotCalled
from fuseline.types.models import Endpoint, Model
from fuseline.types.requests import Request
from fuseline.types.routing import Preferences, Sort

FURTHER = frozenset({"top_k", "min_p", "top_a", "repetition_penalty", "logit_bias"})
"""Parameters that only OpenRouter and servers on this machine are known to take."""
SENTENCES: Mapping[str, str] = {
    "data_policy:training": "none is known not to train on what it is sent",
    "data_policy:zdr": "none is known to keep nothing of what it is sent",
    "max_price": "none is known to cost as little as max_price",
    "require_parameters": "none is known to take every parameter of the request",
    "allowed_providers": "none is among those that may be asked",
}
"""What each of the vendor's words for an exclusion says, of endpoints."""
NO_RANK = 1 << 20
"""The place of an endpoint that an order does not name."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The endpoints that may be asked for a model, and why others may not."""

    models: tuple[Model, ...]
    excluded_by: tuple[str, ...] = ()
    """In the vendor's words, each once."""

    @property
    def code(self) -> str:
        """The vendor's word for a choice of none."""
        if not self.excluded_by:
            return "no_endpoints"
        private = all(word.startswith("data_policy") for word in self.excluded_by)
        return "privacy_restricted" if private else "constraint_filtered"

    def sentence(self, slug: str) -> str:
        """What to say where nobody is left."""
        why = "; ".join(SENTENCES[word] for word in self.excluded_by) or "no endpoint serves it"
        return f"no endpoint that serves {slug[:160]} may be asked: {why}"

    def refusal(self, slug: str) -> NoEndpoint:
        """The error for a request that would need this model."""
        return NoEndpoint(self.sentence(slug), slug, self.code, self.excluded_by)

    def outage(self, slug: str) -> NotCalled:
        """The error for one call that would need it."""
        return NotCalled(self.code, self.sentence(slug))


def admitted(models: Sequence[Model], wishes: Preferences, request: Request) -> Choice:
    """Those of the ways to a model that may be gone, for all that a request and the operator wish."""
    reasons = {index: objection(model, wishes, request) for index, model in enumerate(models)}
    allowed = tuple(model for index, model in enumerate(models) if not reasons[index])
    return Choice(allowed, tuple(dict.fromkeys(filter(None, reasons.values()))))


def objection(model: Model, wishes: Preferences, request: Request) -> str:
    """Why a way may not be gone, in the vendor's word; empty where it may. What is not known counts against it.

    OpenRouter is told the same wishes, and holds its own endpoints to them.
    """
    endpoint = model.endpoint
    if not named(endpoint, wishes):
        return "allowed_providers"
    if endpoint.dialect == "openrouter":
        return ""
    if wishes.no_training and not endpoint.local and endpoint.policy.trains is not False:
        return "data_policy:training"
    if wishes.no_retention and not endpoint.local and endpoint.policy.retains is not False:
        return "data_policy:zdr"
    if wishes.dearest is not None and not affordable(model, wishes):
        return "max_price"
    return "require_parameters" if wishes.all_parameters and any(lacking(model, request)) else ""


def named(endpoint: Endpoint, wishes: Preferences) -> bool:
    """Whether the names in a request's lists let an endpoint be asked."""
    if not (wishes.only or wishes.ignore or not wishes.fallbacks):
        return True
    names = names_of(endpoint)
    if names & wishes.ignore or (wishes.only and not names & wishes.only):
        return False
    return wishes.fallbacks or not wishes.order or bool(names.intersection(wishes.order))


def names_of(endpoint: Endpoint) -> frozenset[str]:
    """All that an endpoint can be called in a request's lists, in lower case."""
    title = endpoint.title.lower()
    kind = {"openrouter"} if endpoint.dialect == "openrouter" else set[str]()
    return frozenset({endpoint.name.lower(), title, title.replace(" ", "-"), *kind} - {""})


def affordable(model: Model, wishes: Preferences) -> bool:
    """Whether a model is known to cost no more than it may."""
    price, most = model.price, wishes.dearest
    return price is not None and most is not None and price.input <= most.input and price.output <= most.output


def lacking(model: Model, request: Request) -> Iterator[str]:
    """Parameters of a request that a model is not known to take."""
    if request.functions and not model.calls_tools:
        yield "tools"
    if request.reasoning is not None and model.reasons is not True:
        yield "reasoning"
    if request.temperature is not None and not model.temperature:
        yield "temperature"
    form = request.response_format
    if form is not None and form.get("type") == "json_schema" and model.schemas is not True:
        yield "response_format"
    if not model.endpoint.local:
        yield from FURTHER.intersection(request.extra)


def ordered(
    models: Sequence[Model], wishes: Preferences, sort: Sort, window: Callable[[Model], Window]
) -> tuple[Model, ...]:
    """The ways to a model as they are preferred; where nothing is wished, as the catalogue has them.

    First those that the order names; those that miss a preferred figure after those that do not; then by the sort.
    """
    if not (wishes.order or sort or wishes.slowest or wishes.least_speed):
        return tuple(models)

    def place(model: Model) -> tuple[int, bool, float]:
        seen = window(model)
        late = not seen.prefers(wishes.slowest, wishes.least_speed)
        return rank(model.endpoint, wishes.order), late, measure(model, sort, seen)

    return tuple(sorted(models, key=place))


def rank(endpoint: Endpoint, order: Sequence[str]) -> int:
    """The place of an endpoint in an order."""
    if not order:
        return NO_RANK
    names = names_of(endpoint)
    return next((index for index, name in enumerate(order) if name in names), NO_RANK)


def measure(model: Model, sort: Sort, seen: Window) -> float:
    """What a sort goes by, the less the better; what is not known comes last."""
    match sort:
        case "price":
            figure = model.price and float(model.price.input + model.price.output)
        case "latency":
            figure = seen.ttft(50)
        case "throughput":
            speed = seen.speed(50)
            figure = speed and -speed
        case "":
            return 0.0
    return float("inf") if figure is None else figure
