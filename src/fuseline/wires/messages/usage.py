"""Token counts and money as messages carry them."""

from fuseline.types.json import Json
from fuseline.types.money import dollars
from fuseline.types.runs import Run
from fuseline.wires.accounts import spoken, spoken_cost, write_details
from fuseline.wires.lookups import fetches, searches

NOTHING: dict[str, Json] = {
    "input_tokens": 0,
    "output_tokens": 0,
    "output_tokens_details": None,
    "cache_creation_input_tokens": None,
    "cache_read_input_tokens": None,
    "cache_creation": None,
    "inference_geo": None,
    "server_tool_use": None,
    "service_tier": None,
}
"""The usage at the start of a stream, when nothing has been called yet."""


def write_usage(run: Run) -> dict[str, Json]:
    """The usage of a run: the tokens of the model that answered, the cost of all calls, and each call.

    Input that was cached is not in `input_tokens`, as this vendor's clients expect who add the three up.
    """
    usage = spoken(run)
    prompt_cost, completion_cost = spoken_cost(run)
    return {
        **NOTHING,
        "input_tokens": max(usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens, 0),
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"thinking_tokens": usage.reasoning_tokens},
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cached_tokens,
        "server_tool_use": write_server_tools(run),
        "cost": dollars(run.cost),
        "is_byok": False,
        "cost_details": {
            "upstream_inference_cost": dollars(prompt_cost + completion_cost),
            "upstream_inference_prompt_cost": dollars(prompt_cost),
            "upstream_inference_completions_cost": dollars(completion_cost),
            **write_details(run),
        },
    }


def write_server_tools(run: Run) -> Json:
    """How often the web was searched and read in a run; `None` where none of our tools was used."""
    searched, read = searches(run), fetches(run)
    used = run.steps or searched or read
    return {"web_search_requests": searched, "web_fetch_requests": read} if used else None
