"""The table of look-ups: where each stands, what it takes and what it gives. Routes and the document follow from it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import Route

from fuseline.assembly import House
from fuseline.doors.http.lookups.account import CreditsReply, KeyReply, get_credits, get_key
from fuseline.doors.http.lookups.generation import (
    ContentReply,
    GenerationQuery,
    GenerationReply,
    get_generation,
    get_generation_content,
)
from fuseline.doors.http.lookups.health import HealthReply, healthz, readyz
from fuseline.doors.http.lookups.listing import ModelsQuery
from fuseline.doors.http.lookups.models import (
    CountReply,
    EndpointsReply,
    ModelReply,
    ModelsReply,
    count_models,
    get_model,
    list_endpoints,
    list_models,
    retrieve_model,
)
from fuseline.doors.http.lookups.presets import PresetReply, PresetsQuery, PresetsReply, get_preset, list_presets
from fuseline.doors.http.lookups.providers import ProvidersReply, list_providers
from fuseline.doors.http.lookups.rows import ModelRow
from fuseline.doors.http.lookups.shapes import Query, Shown

PREFIXES = ("/v1", "/api/v1", "")
"""What stands before every path but those of the process itself: OpenAI's clients, OpenRouter's, and none."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A route that only reads."""

    path: str
    answer: Callable[[House, HTTPRequest], Awaitable[Response]]
    reply: type[Shown]
    query: type[Query] | None = None
    open: bool = False
    """Whether it needs no key: it holds nothing of anybody's."""
    refusals: Sequence[int] = ()
    """Statuses that it may answer with beside those of every route."""


PROCESS = (
    Lookup("/healthz", healthz, HealthReply, open=True),
    Lookup("/readyz", readyz, HealthReply, open=True, refusals=(503,)),
)
LOOKUPS = (
    Lookup("/models", list_models, ModelsReply, ModelsQuery, open=True),
    Lookup("/models/count", count_models, CountReply, ModelsQuery, open=True),
    Lookup("/models/user", list_models, ModelsReply, ModelsQuery),
    Lookup("/models/{slug:path}/endpoints", list_endpoints, EndpointsReply, open=True, refusals=(404,)),
    Lookup("/models/{slug:path}", retrieve_model, ModelRow, open=True, refusals=(404,)),
    Lookup("/model/{slug:path}", get_model, ModelReply, open=True, refusals=(404,)),
    Lookup("/generation", get_generation, GenerationReply, GenerationQuery, refusals=(404,)),
    Lookup("/generation/content", get_generation_content, ContentReply, GenerationQuery, refusals=(404,)),
    Lookup("/key", get_key, KeyReply),
    Lookup("/auth/key", get_key, KeyReply),
    Lookup("/credits", get_credits, CreditsReply),
    Lookup("/providers", list_providers, ProvidersReply),
    Lookup("/presets", list_presets, PresetsReply, PresetsQuery),
    Lookup("/presets/{slug:path}", get_preset, PresetReply, refusals=(404,)),
)


def lookup_routes(house: House) -> list[Route]:
    """Every look-up as a route; of two that match, the one above answers."""
    prefixed = [route(house, one, prefix) for prefix in PREFIXES for one in LOOKUPS]
    return [*(route(house, one, "") for one in PROCESS), *prefixed]


def route(house: House, lookup: Lookup, prefix: str) -> Route:
    """One look-up under one prefix."""

    async def answer(request: HTTPRequest) -> Response:
        return await lookup.answer(house, request)

    return Route(prefix + lookup.path, answer)
