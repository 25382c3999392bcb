"""The web plugin and `:online`: the wish for one search before the call, read from a request and taken out of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fuseline.catalog.names import split_variant
from fuseline.engine.grounding import SEARCH, Grounding
from fuseline.tools.parameters import PATH
from fuseline.tools.toolbox import TOOLS
from fuseline.types.errors import InvalidRequest
from fuseline.types.json import Json
from fuseline.types.requests import Plugin, Request

ONLINE = "online"
RENAMED: Mapping[str, str] = {"include_domains": "allowed_domains", "exclude_domains": "excluded_domains"}
"""What the plugin calls otherwise than the tool does."""
SHARED = ("engine", "mode", "max_results", "max_uses", "user_location", *RENAMED)


def online(request: Request) -> tuple[Request, Grounding | None]:
    """The request without `:online`, and the search that it or the web plugin asks for.

    :raises InvalidRequest: for a parameter of the plugin that is out of its range.
    """
    models = (request.model, *request.fallbacks)
    bare = tuple(without_online(model) for model in models)
    asked = next((plugin for plugin in request.plugins if plugin.id == "web"), None)
    if asked is not None and not asked.enabled:
        asked = None
    if asked is None and bare == models:
        return request, None
    wish = grounding(asked) if asked is not None else Grounding({})
    return replace(request, model=bare[0], fallbacks=bare[1:]), wish


def grounding(plugin: Plugin) -> Grounding:
    """The search that the plugin asks for, in the words of the tool."""
    given: Mapping[str, Any] = plugin.parameters
    parameters: dict[str, Json] = {RENAMED.get(name, name): given[name] for name in SHARED if name in given}
    prompt = given.get("search_prompt")
    if prompt is not None and not isinstance(prompt, str):
        raise InvalidRequest("search_prompt is a text", "plugins.search_prompt")
    try:
        TOOLS[SEARCH](parameters)
    except InvalidRequest as error:
        raise InvalidRequest(error.message.replace(PATH, "plugins"), "plugins") from None
    return Grounding(parameters, prompt or "")


def without_online(slug: str) -> str:
    """A slug without that suffix, its others left."""
    if ":" not in slug:
        return slug
    base, suffix = split_variant(slug)
    kept = [word for word in suffix.split(":") if word and word.lower() != ONLINE]
    return ":".join((base, *kept))
