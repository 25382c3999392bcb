"""How a server that speaks chat completions is told how much its model shall think. Each has its own words for it."""

from fuseline.types.json import Json, JsonObject
from fuseline.types.models import Model
from fuseline.types.requests import Request
from fuseline.wires.reasoning import budget_of, effort_for, off, tokens_of

PARAMETERS = frozenset({"reasoning", "reasoning_effort", "thinking", "enable_thinking", "thinking_budget"})
"""All of those words."""


def write_thinking(request: Request, model: Model) -> dict[str, Json]:
    """What is said of it, in the words of this endpoint; nothing where its model is known not to think."""
    asked, endpoint = request.reasoning, model.endpoint
    if asked is None or model.reasons is False:
        return {}
    word = effort_for(asked, model)
    match "object" if endpoint.dialect == "openrouter" else endpoint.quirks.thinking:
        case "object":
            return {"reasoning": asked}
        case "effort" if word:
            return {"reasoning_effort": word}
        case "thinking" if word:
            return write_object(asked, word, request, model)
        case "enable_thinking" if word:
            return write_switch(asked, request, model)
        case _:
            return {}


def write_object(asked: JsonObject, word: str, request: Request, model: Model) -> dict[str, Json]:
    """The object `thinking`, and the word beside it for a model that is known to take one."""
    if off(asked):
        return {"thinking": {"type": "disabled"}}
    counted = model.budget or not model.efforts
    budget = budget_for(asked, request, model, shared=model.budget) if counted else None
    tokens: dict[str, Json] = {} if budget is None else {"budget_tokens": budget}
    effort: dict[str, Json] = {"reasoning_effort": word} if model.efforts else {}
    return {"thinking": {"type": "enabled", **tokens}, **effort}


def write_switch(asked: JsonObject, request: Request, model: Model) -> dict[str, Json]:
    """The switch `enable_thinking`, beside which only a number can say how much."""
    if off(asked):
        return {"enable_thinking": False}
    budget = budget_for(asked, request, model, shared=True)
    return {"enable_thinking": True, **({} if budget is None else {"thinking_budget": budget})}


def budget_for(asked: JsonObject, request: Request, model: Model, *, shared: bool) -> int | None:
    """The number of tokens: the one that is asked for, or where `shared` a word's share of what the answer may have."""
    if tokens_of(asked) is None and not (shared and "effort" in asked):
        return None
    limit = request.max_tokens or model.max_output
    return budget_of(asked, limit) if limit else tokens_of(asked)
