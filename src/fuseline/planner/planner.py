"""A request turned into a plan: who speaks to the client, and whether a panel is convened. What can be checked, is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from fuseline.catalog.catalog import Catalog
from fuseline.engine.form import Form, read_form
from fuseline.engine.grounding import Grounding
from fuseline.planner.checks import check_plan, check_question, checked_choice
from fuseline.planner.grounding import online
from fuseline.planner.history import with_runs
from fuseline.planner.preferences import NO_RULES, HouseRules
from fuseline.planner.terms import Terms
from fuseline.settings.sections import FusionSettings
from fuseline.tools.base import Tool
from fuseline.tools.toolbox import FUSION, open_toolbox
from fuseline.types.deliberation import FusionSpec
from fuseline.types.json import JsonObject
from fuseline.types.quick import replace
from fuseline.types.requests import Named, Request
from fuseline.types.routing import ANY, Preferences

Mode = Literal["forced", "offered", "off"]
"""Whether the panel is convened at once, left to the outer model's decision, or not there."""


REMEMBERED = 256
"""Models whose terms are remembered; clients choose the names, so there must be an end."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a request will be carried through."""

    request: Request
    """As the outer model or the writer gets it: without our tools and plugins, its tool choice adjusted."""
    mode: Mode
    speakers: tuple[str, ...]
    """The outer model and its substitutes; where the panel is forced, the writer and its own."""
    spec: FusionSpec | None
    tools: Mapping[str, Tool]
    """Server tools of the outer model, beside fusion."""
    form: Form | None = None
    """What the answer has to be. A plain call has none: its format is between the client and the upstream."""
    router: str = ""
    """The alias that the request came by, or empty."""
    wishes: Preferences = ANY
    """Which endpoints may be asked, for every call of the run."""
    grounding: Grounding | None = None
    """The search that is made before anybody speaks."""
    collections: tuple[str, ...] = ()
    """Private documents that may be searched in this run."""


class Planner:
    """Makes plans from requests. It keeps nothing of them but what their models' names stand for."""

    def __init__(
        self,
        catalog: Catalog,
        settings: FusionSettings,
        rules: HouseRules = NO_RULES,
        collections: tuple[str, ...] = (),
    ) -> None:
        self._catalog = catalog
        self._settings = settings
        self._rules = rules
        self._collections = collections
        self._plain_terms = lru_cache(REMEMBERED)(self._make_plain_terms)

    def plan(self, request: Request) -> Plan:
        """Decide how a request is carried through.

        :raises InvalidRequest: for whatever is wrong with it, before anything is spent.
        """
        if request.tool_choice is not None:
            request = replace(request, tool_choice=checked_choice(request))
        request, grounding = online(request)
        tools, _ = open_toolbox((tool for tool in request.server_tools if tool.type not in FUSION), "tools")
        terms = self._terms(request)
        outer = terms.outer
        mode = self._mode(request, terms, bool(tools)) if terms.on_table else "off"
        if mode == "offered" and not self._catalog.resolve(outer[0]).calls_tools:
            mode = "forced"  # a model that cannot call tools cannot decide either
        if mode == "forced":
            check_question(request)
        spec = terms.spec if mode != "off" else None
        speakers = (terms.writers or outer) if mode == "forced" else outer
        wishes = self._rules.preferences(request)
        check_plan(request, speakers, spec, self._catalog, wishes)
        form = read_form(request.response_format) if mode != "off" else None
        asked = outer_request(request, mode, bool(tools), self._rules.policy(request))
        collections = spec.collections if spec else self._collections
        return Plan(asked, mode, speakers, spec, tools, form, terms.router, wishes, grounding, collections)

    def _terms(self, request: Request) -> Terms:
        """What a request says of fusion: worked out once for all that say it by their model alone, as most do."""
        if request.server_tools or request.plugins or isinstance(request.tool_choice, Named):
            return Terms(request, self._catalog, self._settings, self._collections)
        return self._plain_terms(request.model, request.fallbacks)

    def _make_plain_terms(self, model: str, fallbacks: tuple[str, ...]) -> Terms:
        return Terms(Request(model, (), fallbacks=fallbacks), self._catalog, self._settings, self._collections)

    def _mode(self, request: Request, terms: Terms, other_tools: bool) -> Mode:
        choice = request.tool_choice
        if request.depth or choice == "none":
            return "off"
        if isinstance(choice, Named):
            return "forced" if choice.name in FUSION else "offered"
        if choice == "required":
            return "offered" if request.functions or other_tools else "forced"
        always = terms.router and choice is None and self._settings.alias_invocation == "always"
        return "forced" if always and not request.functions and request.messages[-1].role == "user" else "offered"


def outer_request(request: Request, mode: Mode, has_tools: bool, policy: JsonObject) -> Request:
    """The request as the one who speaks to the client gets it."""
    choice = request.tool_choice
    if mode == "forced" or (isinstance(choice, Named) and choice.name in FUSION):
        choice = None  # a forced choice is free after the panel was heard
    if mode == "off" and choice == "required" and not (request.functions or has_tools):
        choice = None  # there is nothing left that could be called
    messages = with_runs(request.messages, mode == "offered") or request.messages
    return replace(
        request, messages=messages, server_tools=(), plugins=(), tool_choice=choice, fallbacks=(), policy=policy
    )
