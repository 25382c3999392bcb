"""The response object, as it stands in a whole reply and at both ends of a stream."""

from collections.abc import Sequence

from pydantic_core import to_json

from fuseline.types.errors import FuselineError
from fuseline.types.json import Json
from fuseline.types.money import dollars
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from fuseline.wires.accounts import spoken, spoken_cost, write_details, write_server_tools
from fuseline.wires.metadata import write_metadata
from fuseline.wires.refusals import public_type
from fuseline.wires.report import traced
from fuseline.wires.responses.errors import error_field
from fuseline.wires.responses.items import INCOMPLETE, output_items

UNSAID: dict[str, Json] = {
    "background": False,
    "frequency_penalty": None,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "presence_penalty": None,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "prompt_cache_options": None,
    "reasoning": None,
    "safety_identifier": None,
    "service_tier": "auto",
    "store": False,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": None,
    "truncation": "disabled",
    "user": None,
}
"""What a response says of a request that said nothing."""


def write_reply(run: Run, request: Request) -> bytes:
    """The body of a whole reply."""
    return to_json(finished_response(run, request, output_items(run, request)))


def write_failed_reply(error: FuselineError, request: Request) -> bytes:
    """The body of a reply that began as a good one and has no answer."""
    return to_json(failed_response(error, error.run, request, ()))


def opened_response(run: Run, request: Request) -> dict[str, Json]:
    """A response that has just begun."""
    return {**response_head(run, request), "status": "in_progress", "output": []}


def finished_response(run: Run, request: Request, output: Sequence[Json]) -> dict[str, Json]:
    """A response with its answer. One that stops short says why."""
    reply = run.reply or Reply(run.model)
    reason = INCOMPLETE.get(reply.finish_reason)
    body: dict[str, Json] = {
        **response_head(run, request),
        "status": "incomplete" if reason else "completed",
        "completed_at": None if run.finished_at is None else int(run.finished_at),
        "incomplete_details": {"reason": reason} if reason else None,
        "output": output,
        **closing(run, request),
        **traced(run),
    }
    if run.report is not None:
        body["fusion_status"] = run.fusion_status
    if run.degraded:
        body["degraded"] = run.degraded
    return body


def failed_response(error: FuselineError, run: Run | None, request: Request, output: Sequence[Json]) -> dict[str, Json]:
    """A response that ended without an answer, with what it had brought and cost."""
    known = run or Run("", request.model, request.model, "", 0)
    return {
        **response_head(known, request),
        "status": "failed",
        "output": output,
        "error": error_field(error),
        "error_type": public_type(error),
        **(closing(run, request) if run else {}),
    }


def response_head(run: Run, request: Request) -> dict[str, Json]:
    """What is the same in a response from beginning to end."""
    return {
        "id": run.id,
        "object": "response",
        "created_at": int(run.created_at),
        "completed_at": None,
        "model": run.model,
        "error": None,
        "incomplete_details": None,
        **UNSAID,
        **request.echo,
    }


def closing(run: Run, request: Request) -> dict[str, Json]:
    """What is known once a run is over."""
    metadata: dict[str, Json] = {"openrouter_metadata": write_metadata(run, request)}
    return {"usage": write_usage(run), **(metadata if request.include_metadata else {})}


def write_usage(run: Run) -> dict[str, Json]:
    """The usage of a run: the tokens of the model that answered, the cost of all calls, and each call."""
    usage = spoken(run)
    input_cost, output_cost = spoken_cost(run)
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "cost": dollars(run.cost),
        "is_byok": False,
        "cost_details": {
            "upstream_inference_cost": dollars(input_cost + output_cost),
            "upstream_inference_input_cost": dollars(input_cost),
            "upstream_inference_output_cost": dollars(output_cost),
            **write_details(run),
        },
        **write_server_tools(run),
    }
