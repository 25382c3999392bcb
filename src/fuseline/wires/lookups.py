"""Searching and reading pages: how clients declare it beside our own tools, and what replies say of it. No wire's own.

Declarations of other vendors have their parameters beside their type; here they become those of the gateway's tools.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from fuseline.types.json import Json, JsonObject, list_of, object_of
from fuseline.types.requests import Request, ServerTool
from fuseline.types.runs import Lookup, Run

SEARCH_CALL = "openrouter_web_search"
"""The name by which a model calls our search, and below that by which it reads a page."""
FETCH_CALL = "openrouter_web_fetch"
Kind = Literal["search", "fetch"]
TYPE = re.compile(r"(?:openrouter:|fuseline:)?web_(search|fetch)(?:_preview)?(?:_[\d_]+)?")
"""Our types, the shorthands, and the vendors' own with whatever date."""
ANTHROPIC = re.compile(r"web_(?:search|fetch)_\d{8}")
BESIDE: Mapping[Kind, tuple[str, ...]] = {
    "search": (
        "engine", "mode", "max_results", "max_total_results", "max_uses", "max_characters", "search_context_size",
        "user_location", "allowed_domains", "excluded_domains", "external_web_access",
    ),
    "fetch": ("engine", "max_uses", "max_content_tokens", "allowed_domains", "blocked_domains"),
}  # fmt: skip
"""What of a declaration means something here; anything else is for its vendor alone, and let through and forgotten."""


def kind_of(type: str) -> Kind | None:
    """Which of the two a type declares; `None` for one that is neither."""
    found = TYPE.fullmatch(type)
    if found is None:
        return None
    return "search" if found[1] == "search" else "fetch"


def read_tool(type: str, parameters: JsonObject | None, beside: Mapping[str, Any] | None) -> ServerTool:
    """A server tool as it was declared: what stands in its `parameters`, before what stands beside its type."""
    kind = kind_of(type)
    own = parameters_beside(kind, beside or {}) if kind else {}
    return ServerTool(type, {**own, **(parameters or {})})


def parameters_beside(kind: Kind, fields: Mapping[str, Any]) -> dict[str, Json]:
    """The parameters among the fields of a declaration, under the names that our tools have for them."""
    given = {**object_of(fields.get("filters")), **fields}
    if kind == "search" and (blocked := list_of(given.get("blocked_domains"))):
        given["excluded_domains"] = [*list_of(given.get("excluded_domains")), *blocked]
    found = {name: given[name] for name in BESIDE[kind] if given.get(name) is not None}
    if place := object_of(found.get("user_location")):
        found["user_location"] = read_place(place)
    return found


def read_place(place: Mapping[str, Any]) -> dict[str, Json]:
    """Where the user is, told flat; chat completions have it in an object of its own."""
    told = {**place, **object_of(place.get("approximate"))}
    names = ("city", "region", "country", "timezone")
    return {"type": "approximate", **{name: told[name] for name in names if told.get(name) is not None}}


def declared(name: str, tools: Iterable[ServerTool]) -> str:
    """The type under which the tool was declared that a choice names, be it by another type of the same kind."""
    types = [tool.type for tool in tools]
    kind = kind_of(name)
    if name in types or kind is None:
        return name
    return next((type for type in types if kind_of(type) == kind), name)


def declares(request: Request, kind: Kind, types: re.Pattern[str]) -> bool:
    """Whether a request declares a tool of this kind by such a type."""
    return any(kind_of(tool.type) == kind and types.fullmatch(tool.type) for tool in request.server_tools)


def searches(run: Run) -> int:
    """How many searches answered, whoever asked for them, those included that upstreams made by themselves."""
    own = sum([call.usage.searches for call in run.calls if call.usage])
    return own + sum([made(lookup, "search") for lookup in run.lookups])


def fetches(run: Run) -> int:
    """How many pages were read, whoever asked for them."""
    return sum(made(lookup, "fetch") for lookup in run.lookups)


def made(lookup: Lookup, kind: Kind) -> bool:
    """Whether something of this kind was really asked of somebody, who answered."""
    return lookup.kind == kind and lookup.verdict == "ok" and lookup.engine != "cache"


def titles_of(lookups: Iterable[Lookup]) -> dict[str, str]:
    """What the pages are called that were found, by their addresses. Where they have two names, the first counts."""
    titles: dict[str, str] = {}
    for lookup in lookups:
        for source in lookup.sources:
            titles.setdefault(source.url, source.title)
            if lookup.kind == "fetch":
                titles.setdefault(lookup.asked, source.title)
    return titles
