"""Token counts and money as chat completions carry them, both ways."""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from fuseline.types.json import Json, object_of
from fuseline.types.money import dollars
from fuseline.types.replies import Usage
from fuseline.types.runs import Run
from fuseline.wires.accounts import (
    count,
    money,
    read_searches,
    spoken,
    spoken_cost,
    write_details,
    write_server_tools,
)


class Counts:
    """The counts of one reply, of which a stream may bring several."""

    def __init__(self, several: Literal["last", "sum"]) -> None:
        self._sums = several == "sum"
        self._parts: list[Usage | None] = []

    def take(self, body: Any) -> Usage | None:
        """Take in a count; return what all of them together say. A sum with a part that cannot be true is none."""
        counted = read_usage(body)
        if not self._sums:
            return counted
        self._parts.append(counted)
        return added(self._parts)


def added(parts: Iterable[Usage | None]) -> Usage | None:
    """Several counts as one; `None` where one of them is unknown. The cost is that of those that say theirs."""
    total = Usage()
    for part in parts:
        if part is None:
            return None
        known = [cost for cost in (total.cost, part.cost) if cost is not None]
        total = Usage(
            total.input_tokens + part.input_tokens,
            total.output_tokens + part.output_tokens,
            total.cached_tokens + part.cached_tokens,
            total.cache_write_tokens + part.cache_write_tokens,
            total.reasoning_tokens + part.reasoning_tokens,
            sum(known) if known else None,
            total.searches + part.searches,
        )
    return total


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
        cached_tokens=count(prompt.get("cached_tokens")) or first_count(fields, CACHED),
        cache_write_tokens=first_count(prompt, WRITTEN) or first_count(fields, WRITTEN),
        reasoning_tokens=count(completion.get("reasoning_tokens")) or 0,
        cost=money(fields.get("cost")),
        searches=read_searches(fields),
    )


CACHED = ("prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens")
"""Where DeepSeek, Moonshot and gateways to Anthropic count what was cached, beside the place that most have for it."""
WRITTEN = ("cache_write_tokens", "cache_creation_input_tokens")
"""What OpenRouter, and what Alibaba and gateways to Anthropic call the count of what was kept."""


def first_count(fields: Mapping[str, Any], names: Iterable[str]) -> int:
    """The first count that one of these fields holds; zero where none does."""
    for name in names:
        if name in fields and (found := count(fields[name])):
            return found
    return 0


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
