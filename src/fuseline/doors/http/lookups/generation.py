"""The look-ups of one run: what it was, did and cost, and what was said in it."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from fuseline.assembly import House
from fuseline.doors.http.lookups.shapes import Query, Shown, read_query, reply
from fuseline.journal import LOOKED_UP
from fuseline.storage.base import StoredRun
from fuseline.types.errors import NotFound
from fuseline.types.json import list_of, object_of
from fuseline.types.money import dollars
from fuseline.types.replies import Usage
from fuseline.types.runs import Call, CostSource, Role, RunStatus


class GenerationQuery(Query):
    """Which run is asked about."""

    id: Annotated[str, Field(min_length=1)]
    """The run's id, as `X-Generation-Id` told it."""


class ProviderResponse(Shown):
    """A call whose words the client read."""

    provider_name: str
    status: int | None
    model_permaslug: str
    latency: int | None
    id: str


class ChildCall(Shown):
    """A call of the run: a seat's, the analyst's or the writer's. Upstream nothing links it to its request."""

    id: str
    role: Role
    seat: int | None
    model: str
    served_by: str
    cost: float | None
    cost_source: CostSource
    tokens_prompt: int | None
    tokens_completion: int | None
    duration_ms: int | None
    finish_reason: str | None
    error: str | None


class Generation(Shown):
    """A run. Times are milliseconds, money is dollars; what means nothing here is null."""

    id: str
    model: str
    router: Literal["openrouter/fusion"] | None
    provider_name: str
    created_at: str
    total_cost: float
    usage: float
    upstream_inference_cost: float
    is_byok: Literal[False] = False
    tokens_prompt: int
    tokens_completion: int
    native_tokens_prompt: int
    native_tokens_completion: int
    native_tokens_reasoning: int
    native_tokens_cached: int
    latency: int
    generation_time: int
    streamed: bool
    cancelled: bool
    finish_reason: str | None
    native_finish_reason: str | None
    api_type: Literal["completions"] = "completions"
    data_region: Literal["global"] = "global"
    origin: str = ""
    status: RunStatus
    error: str | None
    children: list[ChildCall]
    provider_responses: list[ProviderResponse]
    upstream_id: None = None
    cache_discount: None = None
    native_tokens_completion_images: None = None
    moderation_latency: None = None
    app_id: None = None
    http_referer: None = None
    user_agent: None = None
    external_user: None = None
    session_id: None = None
    request_id: None = None
    preset_id: None = None
    response_cache_source_id: str | None = None
    """The run whose reply was given again, for a hit of the cache."""
    service_tier: None = None
    num_media_prompt: None = None
    num_media_completion: None = None
    num_input_audio_prompt: None = None
    num_search_results: int
    num_fetches: int
    web_search_engine: str | None
    workspace_id: None = None


class GenerationReply(Shown):
    """One run."""

    data: Generation


class SaidIn(Shown):
    """What was asked; attachments only by their kind."""

    messages: list[dict[str, Any]]


class SaidOut(Shown):
    """What was answered; reasoning is not kept."""

    completion: str | None
    reasoning: None = None


class ContentError(Shown):
    """Why there is no answer, or not all of it."""

    message: str
    previous_errors: tuple[()] = ()
    provider_name: str | None
    raw: None = None
    status: None = None


class Content(Shown):
    """What was said in a run."""

    input: SaidIn
    output: SaidOut
    error: ContentError | None


class ContentReply(Shown):
    """What was said in one run."""

    data: Content


async def get_generation(house: House, request: HTTPRequest) -> Response:
    """Tell what a run was, did and cost; it can be read as soon as its reply has ended."""
    return reply(GenerationReply(data=generation(await stored(house, request))))


async def get_generation_content(house: House, request: HTTPRequest) -> Response:
    """Tell what was said in a run, where content is kept."""
    run = await stored(house, request)
    messages = list_of(run.request.get("messages"))
    if not messages:
        raise NotFound("the content of this run was not kept: `store.content` was off when it was made", "id")
    answer = run.result.get("answer")
    failure = ContentError(message=run.error, provider_name=run.provider or None) if run.error else None
    said = SaidOut(completion=answer if isinstance(answer, str) else None)
    return reply(
        ContentReply(
            data=Content(input=SaidIn(messages=[dict(object_of(one)) for one in messages]), output=said, error=failure)
        )
    )


async def stored(house: House, request: HTTPRequest) -> StoredRun:
    """The run that a query names, by its whole id.

    :raises NotFound: when there is none.
    """
    run_id = read_query(GenerationQuery, request).id
    run = await house.store.run(run_id) if run_id.startswith("gen-") else None
    if run is None or run.id != run_id:
        raise NotFound(f"there is no generation {run_id[:60]!r}", "id")
    return run


def generation(run: StoredRun) -> Generation:
    """A stored run in the vendor's shape, with its calls as children."""
    spoken = [call for call in run.calls if call.speaker.to_client and call.usage]
    usage = [call.usage or Usage() for call in spoken]
    tokens_in, tokens_out = sum(one.input_tokens for one in usage), sum(one.output_tokens for one in usage)
    elapsed = round(((run.finished_at or run.created_at) - run.created_at) * 1000)
    finish = run.result.get("finish_reason")
    reason = finish if isinstance(finish, str) else None
    source = run.result.get("cached_from")
    first = next((call.ttft_s for call in spoken if call.ttft_s is not None), None)
    lookups = [event.body for event in run.events if event.kind == LOOKED_UP and event.body.get("verdict") == "ok"]
    searches = [one for one in lookups if one.get("kind") == "search"]
    return Generation(
        id=run.id,
        model=run.model,
        router="openrouter/fusion" if run.router else None,
        provider_name=run.provider,
        created_at=timestamp(run.created_at),
        total_cost=dollars(run.cost),
        usage=dollars(run.cost),
        upstream_inference_cost=dollars(sum(call.cost for call in spoken)),
        tokens_prompt=tokens_in,
        tokens_completion=tokens_out,
        native_tokens_prompt=tokens_in,
        native_tokens_completion=tokens_out,
        native_tokens_reasoning=sum(one.reasoning_tokens for one in usage),
        native_tokens_cached=sum(one.cached_tokens for one in usage),
        latency=elapsed if first is None else round(first * 1000),
        generation_time=elapsed,
        streamed=run.streamed,
        cancelled=run.status == "cancelled",
        finish_reason=reason,
        native_finish_reason=reason,
        num_search_results=sum(len(list_of(one.get("sources"))) for one in searches),
        num_fetches=len([one for one in lookups if one.get("kind") == "fetch"]),
        web_search_engine=next((str(one.get("engine")) for one in searches), None),
        response_cache_source_id=source if isinstance(source, str) else None,
        status=run.status,
        error=run.error or None,
        children=[child(call) for call in run.calls],
        provider_responses=[response(call) for call in spoken],
    )


def child(call: Call) -> ChildCall:
    """One call of a run."""
    return ChildCall(
        id=call.id,
        role=call.speaker.role,
        seat=call.speaker.seat if call.speaker.role == "panel" else None,
        model=call.speaker.model,
        served_by=call.model,
        cost=None if call.cost_source == "unknown" else dollars(call.cost),
        cost_source=call.cost_source,
        tokens_prompt=call.usage.input_tokens if call.usage else None,
        tokens_completion=call.usage.output_tokens if call.usage else None,
        duration_ms=milliseconds(call),
        finish_reason=call.finish_reason or None,
        error=call.error or None,
    )


def response(call: Call) -> ProviderResponse:
    """A call to a speaker whom the client heard, as an upstream's response."""
    return ProviderResponse(
        provider_name=call.endpoint,
        status=None if call.error else 200,
        model_permaslug=call.model,
        latency=milliseconds(call),
        id=call.id,
    )


def milliseconds(call: Call) -> int | None:
    """How long a call took, in whole milliseconds."""
    return None if call.duration_s is None else round(call.duration_s * 1000)


def timestamp(seconds: float) -> str:
    """Seconds since the epoch as an ISO time."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
