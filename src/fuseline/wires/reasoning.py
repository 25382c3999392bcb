"""How much a model shall think, said in the way that it takes: as a word, as a number of tokens, or not at all.

It knows no wire: a wire says where the word or the number stands.
"""

from collections.abc import Mapping

from fuseline.types.json import JsonObject
from fuseline.types.models import Model

NONE = "none"
EFFORTS = (NONE, "minimal", "low", "medium", "high", "xhigh", "max")
"""All words for it, from the least to the most."""
DEFAULT = "medium"
"""What is meant by thinking that is only switched on."""
SHARES: Mapping[str, float] = {"minimal": 0.1, "low": 0.2, "medium": 0.5, "high": 0.8, "xhigh": 0.95, "max": 0.95}
"""The share of an answer's limit that each word stands for, and the bounds of what comes of it.

As OpenRouter publishes them: https://openrouter.ai/docs/guides/best-practices/reasoning-tokens, November 2026.
"""
LEAST_BUDGET = 1024
MOST_BUDGET = 128_000
STEPS = ((1024, "minimal"), (4096, "low"), (16_384, "medium"))
"""Below how many tokens a budget is told by which word; from there on it is high. Nobody publishes these; they are
ours, and lie between the budgets that clients give for each word."""


def off(reasoning: JsonObject | None) -> bool:
    """Whether the model shall not think at all."""
    asked = reasoning or {}
    return asked.get("enabled") is False or asked.get("effort") == NONE


def effort_of(reasoning: JsonObject | None) -> str | None:
    """How much to think as a word; `None` where nothing is said about it."""
    asked = reasoning or {}
    if off(asked):
        return NONE
    effort, budget = asked.get("effort"), tokens_of(asked)
    if isinstance(effort, str):
        return effort
    if budget is not None:
        return next((word for limit, word in STEPS if budget < limit), "high")
    return DEFAULT if asked.get("enabled") is True else None


def budget_of(reasoning: JsonObject | None, limit: int) -> int | None:
    """How much to think in tokens, less than the `limit` of the answer; zero where it shall not think.

    `None` where nothing is said about it, or the limit leaves no room.
    """
    asked = reasoning or {}
    effort, budget = effort_of(asked), tokens_of(asked)
    if effort is None:
        return None
    if effort == NONE:
        return 0
    if budget is None:
        share = int(limit * SHARES.get(effort, SHARES[DEFAULT]))
        budget = max(min(share, MOST_BUDGET), LEAST_BUDGET)
    return min(budget, limit - 1) if limit > 1 else None


def tokens_of(reasoning: JsonObject) -> int | None:
    """The budget that is asked for, where one is."""
    budget = reasoning.get("max_tokens")
    return budget if isinstance(budget, int) and not isinstance(budget, bool) and budget > 0 else None


def nearest_effort(wanted: str, known: frozenset[str]) -> str:
    """The word that comes nearest among those that a model knows; what is wanted where nobody knows its words.

    Of two that are as near it is the greater. Who wants a model to think never gets none, and who wants one not to
    that cannot do otherwise gets the least.
    """
    if wanted in known or wanted not in EFFORTS:
        return wanted
    words = [word for word in EFFORTS if word in known and word != NONE]
    place = EFFORTS.index(wanted)
    return min(reversed(words), key=lambda word: abs(EFFORTS.index(word) - place), default=wanted)


def effort_for(reasoning: JsonObject | None, model: Model) -> str | None:
    """The word for this model; `None` where nothing is said, or it is known not to think."""
    wanted = effort_of(reasoning)
    return None if wanted is None or model.reasons is False else nearest_effort(wanted, model.efforts)
