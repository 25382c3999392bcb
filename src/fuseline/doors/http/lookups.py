"""What can be looked up over HTTP: models, past runs, and whether the server is well."""

from collections.abc import Iterable
from datetime import UTC, datetime

from pydantic_core import to_json
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from fuseline.catalog.catalog import Catalog
from fuseline.storage.base import Store, StoredRun
from fuseline.types.errors import InvalidRequest, NotFound
from fuseline.types.json import Json
from fuseline.types.models import Model
from fuseline.types.money import MILLION, dollars
from fuseline.types.replies import Usage
from fuseline.types.runs import Call

FUSION_MODELS = {
    "openrouter/fusion": "Fusion",
    "openrouter/fusion-flash": "Fusion Flash",
    "fuseline/fusion": "Fusion",
}
FUSION_CREATED = 1_781_371_647
FUSION_CONTEXT = 1_000_000
PARAMETERS = [
    "temperature", "top_p", "max_tokens", "max_completion_tokens", "stop", "seed", "frequency_penalty",
    "presence_penalty", "response_format", "structured_outputs", "tools", "tool_choice", "reasoning",
    "include_reasoning",
]  # fmt: skip
"""What the outer model is handed on; models that lack one of them have it dropped by their upstream or by us."""


def reply(body: Json, status: int = 200) -> Response:
    """A JSON response."""
    return Response(to_json(body), status, media_type="application/json")


class Lookups:
    """The routes that only read."""

    def __init__(self, catalog: Catalog, store: Store) -> None:
        self._catalog = catalog
        self._store = store

    async def models(self, request: HTTPRequest) -> Response:
        """List fusion and every model that can be called, as both OpenRouter's and OpenAI's clients read it."""
        rows = [*fusion_rows(), *(model_row(model) for model in self._catalog.reachable())]
        body: dict[str, Json] = {"object": "list", "data": rows, "total_count": len(rows), "links": {"next": None}}
        return reply(body)

    async def count(self, request: HTTPRequest) -> Response:
        """Tell how many models there are."""
        return reply({"data": {"count": len(FUSION_MODELS) + len(self._catalog.reachable())}})

    async def generation(self, request: HTTPRequest) -> Response:
        """Tell what a run was, did and cost; it can be read as soon as its reply has ended."""
        run_id = request.query_params.get("id", "")
        if not run_id:
            raise InvalidRequest("id is required", "id")
        run = await self._store.run(run_id) if run_id.startswith("gen-") else None
        if run is None or run.id != run_id:
            raise NotFound(f"there is no generation {run_id[:60]!r}", "id")
        return reply({"data": generation(run)})

    async def healthz(self, request: HTTPRequest) -> Response:
        """Tell that the process lives."""
        return reply({"status": "ok"})

    async def readyz(self, request: HTTPRequest) -> Response:
        """Tell whether requests can be served: the database answers and there is something to call."""
        await self._store.runs(limit=1)
        ready = bool(self._catalog.reachable())
        return reply({"status": "ok" if ready else "nothing to call"}, 200 if ready else 503)


def fusion_rows() -> Iterable[Json]:
    """The rows of fusion itself. Minus one stands for a price that varies."""
    for slug, name in FUSION_MODELS.items():
        yield row(slug, name, FUSION_CREATED, FUSION_CONTEXT, None, ["text"], {"prompt": "-1", "completion": "-1"})


def model_row(model: Model) -> Json:
    """The row of one model."""
    price = model.price
    per_token = {
        "prompt": str_price(price.input) if price else "0",
        "completion": str_price(price.output) if price else "0",
    }
    modalities = ["text", *sorted(model.takes)]
    return row(model.slug, model.name, 0, model.context, model.max_output, modalities, per_token)


def str_price(nano_per_million: int) -> str:
    """A price in dollars per token, as a plain decimal string."""
    return f"{nano_per_million / MILLION / 1e9:.12f}".rstrip("0").rstrip(".") or "0"


def row(
    slug: str, name: str, created: int, context: int | None, most: int | None, takes: list[str], price: dict[str, str]
) -> Json:
    """A row of the list, with every field that some client requires."""
    return {
        "id": slug,
        "object": "model",
        "owned_by": slug.partition("/")[0],
        "canonical_slug": slug,
        "name": name,
        "created": created,
        "description": "",
        "context_length": context or 0,
        "architecture": {
            "modality": f"{'+'.join(takes)}->text",
            "input_modalities": takes,
            "output_modalities": ["text"],
            "tokenizer": "Router" if price["prompt"] == "-1" else "Other",
            "instruct_type": None,
        },
        "pricing": price,
        "top_provider": {"is_moderated": False, "context_length": context, "max_completion_tokens": most},
        "per_request_limits": None,
        "supported_parameters": PARAMETERS,
        "supported_voices": None,
        "default_parameters": None,
        "links": {"details": f"/api/v1/models/{slug}/endpoints"},
    }


def generation(run: StoredRun) -> dict[str, Json]:
    """A stored run in the vendor's shape, with its calls as children."""
    spoken = [call for call in run.calls if call.speaker.to_client and call.usage]
    usage = [call.usage or Usage() for call in spoken]
    tokens_in, tokens_out = sum(one.input_tokens for one in usage), sum(one.output_tokens for one in usage)
    elapsed = round(((run.finished_at or run.created_at) - run.created_at) * 1000)
    finish = run.result.get("finish_reason")
    first = next((call.ttft_s for call in spoken if call.ttft_s is not None), None)
    unknown: dict[str, Json] = dict.fromkeys(NULLS)
    return {
        **unknown,
        "id": run.id,
        "model": run.model,
        "router": "openrouter/fusion" if run.router else None,
        "provider_name": run.provider,
        "created_at": timestamp(run.created_at),
        "total_cost": dollars(run.cost),
        "usage": dollars(run.cost),
        "upstream_inference_cost": dollars(sum(call.cost for call in spoken)),
        "is_byok": False,
        "tokens_prompt": tokens_in,
        "tokens_completion": tokens_out,
        "native_tokens_prompt": tokens_in,
        "native_tokens_completion": tokens_out,
        "native_tokens_reasoning": sum(one.reasoning_tokens for one in usage),
        "native_tokens_cached": sum(one.cached_tokens for one in usage),
        "latency": round(first * 1000) if first is not None else elapsed,
        "generation_time": elapsed,
        "streamed": run.streamed,
        "cancelled": run.status == "cancelled",
        "finish_reason": finish,
        "native_finish_reason": finish,
        "api_type": "completions",
        "data_region": "global",
        "origin": "",
        "status": run.status,
        "error": run.error or None,
        "children": [child(call) for call in run.calls],
        "provider_responses": [
            {
                "provider_name": call.endpoint,
                "status": None if call.error else 200,
                "model_permaslug": call.model,
                "latency": milliseconds(call),
                "id": call.id,
            }
            for call in spoken
        ],
    }


NULLS = (
    "upstream_id", "cache_discount", "native_tokens_completion_images", "moderation_latency", "app_id",
    "http_referer", "user_agent", "external_user", "session_id", "request_id", "preset_id", "response_cache_source_id",
    "service_tier", "num_media_prompt", "num_media_completion", "num_input_audio_prompt",
    "num_search_results", "num_fetches", "web_search_engine", "workspace_id",
)  # fmt: skip
"""Fields that clients require and that mean nothing here."""


def child(call: Call) -> Json:
    """One call of a run, which upstream nothing links to its request."""
    return {
        "id": call.id,
        "role": call.speaker.role,
        "seat": call.speaker.seat if call.speaker.role == "panel" else None,
        "model": call.speaker.model,
        "served_by": call.model,
        "cost": None if call.cost_source == "unknown" else dollars(call.cost),
        "cost_source": call.cost_source,
        "tokens_prompt": call.usage.input_tokens if call.usage else None,
        "tokens_completion": call.usage.output_tokens if call.usage else None,
        "duration_ms": milliseconds(call),
        "finish_reason": call.finish_reason or None,
        "error": call.error or None,
    }


def milliseconds(call: Call) -> int | None:
    """How long a call took, in whole milliseconds."""
    return None if call.duration_s is None else round(call.duration_s * 1000)


def timestamp(seconds: float) -> str:
    """Seconds since the epoch as an ISO time."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
