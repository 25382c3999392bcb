"""Token counts and money as chat completions carry them, both ways."""

from typing import Any

from fuseline.types.json import Json, object_of
from fuseline.types.money import dollars
from fuseline.types.replies import Usage
from fuseline.types.runs import Run
from fuseline.wires.accounts import count, money, spoken, spoken_cost, write_details, write_server_tools


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


def write_usage(run: Run) -> dict[str, Json]:
    """The usage of a run: the tokens of the model that answered, the cost of all calls, and each call."""
    usage = spoken(run)
    prompt_cost, completion_cost = spoken_cost(run)
    return {
        "prompt_tokens": usage.input_tokens,
        "completion_tokens": usage.output_tokens,
        "total_tokens": usage.input_tokens + usage.output_tokens,
        "cost": dollars(run.cost),
        "is_byok": False,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
            "audio_tokens": 0,
            "video_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
        "cost_details": {
            "upstream_inference_cost": dollars(prompt_cost + completion_cost),
            "upstream_inference_prompt_cost": dollars(prompt_cost),
            "upstream_inference_completions_cost": dollars(completion_cost),
            **write_details(run),
        },
        **write_server_tools(run),
    }
