"""The look-ups of models: the list, how many there are, one of them, and where it would be asked."""

from typing import Literal

from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from fuseline.assembly import House
from fuseline.catalog import facts
from fuseline.catalog.names import split_variant
from fuseline.doors.http.lookups.listing import ModelsQuery, chosen, next_page, page
from fuseline.doors.http.lookups.rows import (
    AliasRow,
    Architecture,
    ModelRow,
    Pricing,
    all_rows,
    model_row,
)
from fuseline.doors.http.lookups.shapes import Shown, read_query, reply
from fuseline.planner.terms import alias_of
from fuseline.types.errors import NotFound
from fuseline.types.models import Model


class NextPage(Shown):
    """Where the list goes on."""

    next: str | None


class Figures(Shown):
    """Where limits and prices are from, but for those of one's own, and of what day they are."""

    source: str
    date: str


class ModelsReply(Shown):
    """A page of the list."""

    object: Literal["list"] = "list"
    data: list[AliasRow | ModelRow]
    total_count: int
    """How many there are on all pages."""
    links: NextPage
    figures: Figures


class Counted(Shown):
    """A number of models."""

    count: int


class CountReply(Shown):
    """How many models there are."""

    data: Counted


class ModelReply(Shown):
    """One model."""

    data: AliasRow | ModelRow


class ToolChoices(Shown):
    """Which tool choices a model can be given."""

    auto: bool
    function: bool
    none: bool
    required: bool


class EndpointRow(Shown):
    """A model at the endpoint that would be asked for it. Nothing here is measured, so figures of traffic are null."""

    name: str
    model_id: str
    model_name: str
    provider_name: str
    tag: str
    context_length: int
    max_completion_tokens: int | None
    max_prompt_tokens: None = None
    pricing: Pricing
    quantization: None = None
    service_tier: None = None
    status: Literal[0] = 0
    supported_parameters: list[str]
    supports_implicit_caching: bool
    supports_diarization: Literal[False] = False
    supports_tool_choice: ToolChoices
    native_tools: dict[str, dict[str, str]]
    uptime_last_5m: None = None
    uptime_last_30m: None = None
    uptime_last_1d: None = None
    latency_last_30m: None = None
    throughput_last_30m: None = None


class ModelEndpoints(Shown):
    """A model and where it would be asked; fusion has no endpoint of its own."""

    id: str
    name: str
    created: int
    description: str
    architecture: Architecture
    endpoints: list[EndpointRow]


class EndpointsReply(Shown):
    """Where a model would be asked."""

    data: ModelEndpoints


async def list_models(house: House, request: HTTPRequest) -> Response:
    """List fusion and every model that can be called, as both OpenRouter's and OpenAI's clients read it."""
    query = read_query(ModelsQuery, request)
    rows = chosen(rows_of(house), query)
    following = NextPage(next=next_page(request.url.path, query, len(rows)))
    listed = facts.models()
    figures = Figures(source=listed.source, date=listed.date)
    return reply(ModelsReply(data=page(rows, query), total_count=len(rows), links=following, figures=figures))


async def count_models(house: House, request: HTTPRequest) -> Response:
    """Tell how many models the list has."""
    query = read_query(ModelsQuery, request)
    return reply(CountReply(data=Counted(count=len(chosen(rows_of(house), query)))))


async def get_model(house: House, request: HTTPRequest) -> Response:
    """Tell of one model what the list tells of it."""
    return reply(ModelReply(data=row_of(house, request)))


async def retrieve_model(house: House, request: HTTPRequest) -> Response:
    """Tell the same without an envelope, as OpenAI's clients read it."""
    return reply(row_of(house, request))


async def list_endpoints(house: House, request: HTTPRequest) -> Response:
    """Tell where a model would be asked, and what it takes and costs there."""
    row = row_of(house, request)
    return reply(
        EndpointsReply(
            data=ModelEndpoints(
                id=row.id,
                name=row.name,
                created=row.created,
                description=row.description,
                architecture=row.architecture,
                endpoints=[] if alias_of(row.id) else [endpoint_row(row, one) for one in house.catalog.routes(row.id)],
            )
        )
    )


def rows_of(house: House) -> tuple[ModelRow, ...]:
    """Every row of the list."""
    return all_rows(house.catalog, house.settings.fusion.preset)


def row_of(house: House, request: HTTPRequest) -> ModelRow:
    """The row of the model that a path names, with a routing suffix or without.

    :raises NotFound: when the list has none of that name.
    """
    slug = str(request.path_params["slug"])
    rows = {row.id: row for row in rows_of(house)}
    if slug in rows:
        return rows[slug]
    base, _ = split_variant(slug)
    if base not in rows:
        raise NotFound(f"there is no model {slug[:60]!r} in the list of this server", "slug")
    if alias_of(base) or not house.catalog.known(slug):
        return rows[base]
    return model_row(house.catalog.resolve(slug))


def endpoint_row(listed: ModelRow, model: Model) -> EndpointRow:
    """One of the endpoints at which a listed model would be asked, with what it is there."""
    row = model_row(model)
    title, tools = model.endpoint.title or model.endpoint.name, model.calls_tools
    return EndpointRow(
        name=f"{title} | {model.name}",
        model_id=listed.id,
        model_name=listed.name,
        provider_name=title,
        tag=model.endpoint.name,
        context_length=row.context_length,
        max_completion_tokens=model.max_output,
        pricing=row.pricing,
        supported_parameters=row.supported_parameters,
        native_tools={},
        supports_implicit_caching=bool(row.pricing.input_cache_read),
        supports_tool_choice=ToolChoices(auto=tools, function=tools, none=tools, required=tools),
    )
