"""How a messages upstream is told how much its model shall think: a number, a word, or that it may judge itself."""

from fuseline.types.json import JsonObject
from fuseline.types.models import Model
from fuseline.types.requests import Named, Request
from fuseline.wires.reasoning import LEAST_BUDGET, budget_of, effort_for, effort_of, off, tokens_of

EFFORTS = {"minimal": "low"}
"""The nearest word for those that this protocol has not got."""


def write_thinking(request: Request, model: Model, limit: int) -> JsonObject | None:
    """Whether to think, and how much. Not beside a forced call, before which this protocol permits no thought."""
    asked = request.reasoning or {}
    if model.reasons is False or effort_of(asked) is None:
        return None
    if off(asked):
        return {"type": "disabled"}
    if request.functions and (request.tool_choice == "required" or isinstance(request.tool_choice, Named)):
        return None
    if not takes_budget(asked, model):
        return {"type": "adaptive"}
    budget = budget_of(asked, limit)
    if budget is None or limit <= LEAST_BUDGET:
        return None
    return {"type": "enabled", "budget_tokens": max(budget, LEAST_BUDGET)}


def takes_budget(asked: JsonObject, model: Model) -> bool:
    """Whether a model is told a number: one that is known to want it, or of which nothing is known but who asks."""
    return model.budget or (not model.efforts and tokens_of(asked) is not None)


def write_effort(asked: JsonObject, model: Model) -> str | None:
    """How much effort to make; `None` where it is said as a number, or the model is known to have no words for it."""
    word = effort_for(asked, model)
    told = "effort" in asked or (bool(model.efforts) and tokens_of(asked) is not None and not model.budget)
    if word is None or off(asked) or not told or (model.budget and not model.efforts):
        return None
    return EFFORTS.get(word, word)
