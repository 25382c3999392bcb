"""Token counts and money as chat completions carry them, both ways."""

from collections.abc import Iterable
from typing import Any

from fuseline.types.json import Json, object_of
from fuseline.types.money import dollars, nano
from fuseline.types.replies import Usage
from fuseline.types.runs import Call, Run

MOST_TOKENS = 100_000_000
"""Beyond this a count is a fault, not a figure."""


def read_usage(body: Any) -> Usage | None:
    """Read an upstream's counts; `None` where they are missing or cannot be true. Zero is a count."""
    fields = object_of(body)
    tokens_in, tokens_out = count(fields.get("prompt_tokens")), count(fields.get("completion_tokens"))
    if tokens_in is None or tokens_out is None:
        return None
    prompt = object_of(fields.get("prompt_tokens_details"))
    completion = object_of(fields.get("completion_tokens_details"))
    return Usage(
        tokens_in,
        tokens_out,
        cached_tokens=count(prompt.get("cached_tokens")) or 0,
        cache_write_tokens=count(prompt.get("cache_write_tokens")) or 0,
        reasoning_tokens=count(completion.get("reasoning_tokens")) or 0,
        cost=money(fields.get("cost")),
    )


def count(value: Any) -> int | None:
    """A count of tokens, or `None` where it is not one."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST_TOKENS:
        return None
    return value


def money(value: Any) -> int | None:
    """A price in dollars as nano-dollars, or `None` where it is not one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1_000_000:
        return None
    return nano(value)


def write_usage(run: Run) -> dict[str, Json]:
    """The usage of a run: the tokens of the model that answered, the cost of all calls, and each call."""
    spoken = [call for call in run.calls if call.speaker.to_client and call.usage]
    tokens_in = total(spoken, "input_tokens")
    tokens_out = total(spoken, "output_tokens")
    prompt_cost, completion_cost = split_cost(spoken)
    body: dict[str, Json] = {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
        "cost": dollars(run.cost),
        "is_byok": False,
        "prompt_tokens_details": {
            "cached_tokens": total(spoken, "cached_tokens"),
            "cache_write_tokens": total(spoken, "cache_write_tokens"),
            "audio_tokens": 0,
            "video_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": total(spoken, "reasoning_tokens"),
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        "cost_details": {
            "upstream_inference_cost": dollars(prompt_cost + completion_cost),
            "upstream_inference_prompt_cost": dollars(prompt_cost),
            "upstream_inference_completions_cost": dollars(completion_cost),
            "complete": run.cost_known,
            "calls": [write_call(call) for call in run.calls],
        },
    }
    if run.steps:
        body["server_tool_use_details"] = {"tool_calls_requested": run.steps, "tool_calls_executed": run.steps}
        body["server_tool_use"] = {"web_search_requests": 0}
    return body


def total(calls: Iterable[Call], field: str) -> int:
    """The sum of one count over calls."""
    return sum(getattr(call.usage, field) for call in calls)


def split_cost(calls: Iterable[Call]) -> tuple[int, int]:
    """The cost of calls in nano-dollars, divided between what they read and what they wrote by their tokens."""
    prompt = completion = 0
    for call in calls:
        usage = call.usage or Usage()
        tokens = usage.input_tokens + usage.output_tokens
        read = call.cost * usage.input_tokens // tokens if tokens else call.cost
        prompt += read
        completion += call.cost - read
    return prompt, completion


def write_call(call: Call) -> dict[str, Json]:
    """One call of a run, for `usage.cost_details.calls[]`. Times are whole milliseconds."""
    usage = call.usage
    return {
        "role": call.speaker.role,
        "seat": call.speaker.seat if call.speaker.role == "panel" else None,
        "model": call.speaker.model,
        "served_by": call.model,
        "provider": call.endpoint,
        "prompt_tokens": usage.input_tokens if usage else None,
        "completion_tokens": usage.output_tokens if usage else None,
        "cost": None if call.cost_source == "unknown" else dollars(call.cost),
        "cost_source": call.cost_source,
        "certainty": call.certainty,
        "ttft_ms": milliseconds(call.ttft_s),
        "duration_ms": milliseconds(call.duration_s),
        "finish_reason": call.finish_reason or None,
        "error": call.error or None,
    }


def milliseconds(seconds: float | None) -> int | None:
    """Seconds as whole milliseconds."""
    return None if seconds is None else round(seconds * 1000)
