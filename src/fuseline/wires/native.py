"""Upstreams' own search: asked for in place of our function, where it is there and can keep to all that was wished.

A wire says how its vendor declares it; `None` means that the vendor has no words for a rule, and our function stays.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fuseline.types.domains import DomainRules, domain_rules
from fuseline.types.json import Json, JsonObject, list_of
from fuseline.types.models import Model
from fuseline.types.requests import FunctionTool, Named, Request, ToolChoice
from fuseline.wires.faults import SEARCH

RULES = ("allowed_domains", "excluded_domains", "blocked_domains")
FOR_OPENROUTER = (
    "max_results", "max_total_results", "max_uses", "search_context_size", "max_characters", "user_location",
)  # fmt: skip
Declare = Callable[[JsonObject], JsonObject | None]


@dataclass(frozen=True, slots=True)
class OwnSearch:
    """An upstream's own search."""

    name: str
    """The function of ours in whose place it stands."""
    body: JsonObject
    """The vendor's declaration of it."""

    def chosen(self, choice: ToolChoice | None) -> bool:
        """Whether a tool choice names the function in whose place it stands."""
        return isinstance(choice, Named) and choice.name == self.name


def own_search(request: Request, model: Model, without: frozenset[str], declare: Declare) -> OwnSearch | None:
    """The upstream's own search, where the request wants it; `declare` is how the protocol's vendor says it."""
    if not request.functions:
        return None
    tool = next((tool for tool in request.functions if tool.native is not None), None)
    refused = not without.isdisjoint((SEARCH, "tools"))
    if tool is None or tool.native is None or refused or not model.endpoint.quirks.searches:
        return None
    routed = model.endpoint.dialect == "openrouter"
    body = write_openrouter(tool.native) if routed else declare(tool.native)
    return None if body is None else OwnSearch(tool.name, body)


def write_tools(
    functions: Sequence[FunctionTool], search: OwnSearch | None, write: Callable[[FunctionTool], JsonObject]
) -> Iterator[JsonObject]:
    """The declarations of functions, the upstream's own search in its place."""
    for tool in functions:
        yield search.body if search and tool.name == search.name else write(tool)


def write_openrouter(wishes: JsonObject) -> JsonObject | None:
    """The search as OpenRouter has it on each of its protocols; `None` for rules that both allow and exclude.

    Not every vendor's search keeps to rules there, and one that does not is refused when it is named: with rules it
    chooses itself. See https://openrouter.ai/docs/guides/features/server-tools/web-search, November 2026.
    """
    rules = rules_of(wishes)
    if rules.allowed and rules.excluded:
        return None
    given: dict[str, Json] = {
        "engine": "auto" if rules.allowed or rules.excluded else "native",
        **{name: wishes.get(name) for name in FOR_OPENROUTER},
        "allowed_domains": list(rules.allowed) or None,
        "excluded_domains": list(rules.excluded) or None,
    }
    parameters = {name: value for name, value in given.items() if value is not None}
    return {"type": "openrouter:web_search", "parameters": parameters}


def rules_of(wishes: JsonObject) -> DomainRules:
    """Where may be searched."""
    allowed, excluded, blocked = (list_of(wishes.get(name)) for name in RULES)
    return domain_rules(allowed, [*excluded, *blocked])


def is_wide(rule: str) -> bool:
    """Whether a rule holds for what is below a host and not for the host itself, which few vendors have words for."""
    return rule.startswith("*.")
