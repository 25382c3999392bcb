"""What a run took, as every wire counts it: sums over its calls, and each call by itself.

And the two questions that every wire asks of an upstream's own figures: is this a count, is this a price.
"""

from collections.abc import Mapping
from typing import Any

from fuseline.types.json import Json, object_of
from fuseline.types.money import dollars, nano
from fuseline.types.replies import Usage
from fuseline.types.runs import Call, Run
from fuseline.wires.lookups import searches

MOST_TOKENS = 100_000_000
"""Beyond this a count is a fault, not a figure."""


def count(value: Any) -> int | None:
    """A count of tokens, or `None` where it is not one."""
    return value if type(value) is int and 0 <= value <= MOST_TOKENS else None


def money(value: Any) -> int | None:
    """A price in dollars as nano-dollars, or `None` where it is not one."""
    return nano(value) if type(value) in (int, float) and 0 <= value < 1_000_000 else None


def read_searches(usage: Mapping[str, Any]) -> int:
    """How often an upstream says it searched the web, under any of the names that there are for it; else zero."""
    told = usage.get("server_tool_use") or usage.get("server_tool_use_details")
    return (count(object_of(told).get("web_search_requests")) or 0) if told else 0


def spoken(run: Run) -> Usage:
    """The tokens of those who spoke to the client: the outer model and the writer."""
    counted = [call.usage for call in run.calls if call.speaker.to_client and call.usage]
    if len(counted) == 1:
        return counted[0]
    return Usage(
        sum(usage.input_tokens for usage in counted),
        sum(usage.output_tokens for usage in counted),
        sum(usage.cached_tokens for usage in counted),
        sum(usage.cache_write_tokens for usage in counted),
        sum(usage.reasoning_tokens for usage in counted),
    )


def spoken_cost(run: Run) -> tuple[int, int]:
    """What those cost in nano-dollars, divided between what they read and what they wrote by their tokens."""
    prompt = completion = 0
    for call in run.calls:
        if not (call.speaker.to_client and call.usage):
            continue
        tokens = call.usage.input_tokens + call.usage.output_tokens
        read = call.cost * call.usage.input_tokens // tokens if tokens else call.cost
        prompt += read
        completion += call.cost - read
    return prompt, completion


def write_details(run: Run) -> dict[str, Json]:
    """What we add to a reply's `cost_details`: each call, the fees of what was looked up, whether all is known."""
    fees: dict[str, Json] = {"tools": dollars(run.fees)} if run.lookups else {}
    return {"complete": run.cost_known, "calls": [write_call(call) for call in run.calls], **fees}


def write_server_tools(run: Run) -> dict[str, Json]:
    """How often the gateway's own tools were used, under both of the names that clients look for.

    Steps are those of the outer model, as the vendor counts them; searches are those of the whole run, as its cost is.
    """
    searched = searches(run)
    if not (run.steps or searched):
        return {}
    counted: dict[str, Json] = {"web_search_requests": searched} if searched else {}
    return {
        "server_tool_use_details": {
            "tool_calls_requested": run.steps,
            "tool_calls_executed": run.steps,
            **counted,
        },
        "server_tool_use": {"web_search_requests": searched},
    }


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
        "cached_tokens": usage.cached_tokens if usage else None,
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
