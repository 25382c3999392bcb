"""Alias, variant, preset, plugin, tools and tool choice turned into one plan. Whatever can be checked is checked here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from fuseline.planner.parameters import FusionParameters, check, merged, read_reasoning, read_tools
from fuseline.settings import FusionSettings
from fuseline.tools.base import Tool
from fuseline.tools.toolbox import FUSION, open_toolbox
from fuseline.types.deliberation import FusionSpec, Seat
from fuseline.types.errors import InvalidRequest, ModelNotFound
from fuseline.types.models import Model
from fuseline.types.money import nano
from fuseline.types.requests import Named, Request, ServerTool, ToolChoice

ALIASES: Mapping[str, str] = {
    "openrouter/fusion": "",
    "fuseline/fusion": "",
    "fusion": "",
    "openrouter/fusion-flash": "general-fast",
    "fuseline/fusion-flash": "general-fast",
    "fusion-flash": "general-fast",
}
"""The names that stand for fusion itself, and the preset that each implies."""
Mode = Literal["forced", "offered", "off"]
"""Whether the panel is convened at once, left to the outer model's decision, or not there."""


class Preset(Protocol):
    """A named panel, as far as the planner needs it."""

    @property
    def seats(self) -> tuple[Seat, ...]: ...
    @property
    def analysts(self) -> tuple[str, ...]: ...
    @property
    def writers(self) -> tuple[str, ...]: ...
    @property
    def warning(self) -> str: ...


class Catalog(Protocol):
    """What the planner asks of the catalogue."""

    def resolve(self, slug: str) -> Model: ...
    def preset(self, name: str) -> Preset: ...


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
    router: str = ""
    """The alias that the request came by, or empty."""


class Planner:
    """Makes plans from requests. It keeps nothing between them."""

    def __init__(self, catalog: Catalog, settings: FusionSettings) -> None:
        self._catalog = catalog
        self._settings = settings

    def plan(self, request: Request) -> Plan:
        """Decide how a request is carried through.

        :raises InvalidRequest: for whatever is wrong with it, before anything is spent.
        """
        router = alias_of(request.model)
        declared = [tool for tool in request.server_tools if tool.type in FUSION]
        others = [tool for tool in request.server_tools if tool.type not in FUSION]
        tools, _ = open_toolbox(others, "tools")
        sets = parameter_sets(request)
        named = isinstance(request.tool_choice, Named) and request.tool_choice.name in FUSION
        on_table = bool(router or sets or declared or named) and all(one.enabled for one in sets)
        parameters = merged(sets)
        spec = self._spec(parameters, router, request) if on_table or router else None
        outer = spec.writers if router and spec else (request.model, *request.fallbacks)
        mode = self._mode(request, router, bool(tools)) if on_table else "off"
        if mode == "offered" and not self._catalog.resolve(outer[0]).calls_tools:
            mode = "forced"  # a model that cannot call tools cannot decide either
        if spec is not None and not router:
            spec = replace(spec, writers=parameters.writers)
        speakers = (spec.writers if spec else ()) or outer if mode == "forced" else outer
        if spec is not None and mode == "offered":
            spec = replace(spec, writers=parameters.writers)
        plan = Plan(outer_request(request, mode), mode, speakers, spec if mode != "off" else None, tools, router)
        self._check(plan)
        return plan

    def _mode(self, request: Request, router: str, other_tools: bool) -> Mode:
        choice = request.tool_choice
        alone = not request.functions and not other_tools
        if request.depth or choice == "none":
            return "off"
        if isinstance(choice, Named):
            return "forced" if choice.name in FUSION else "offered"
        if choice == "required":
            return "forced" if alone else "offered"
        asked = choice is None and router and self._settings.alias_invocation == "always"
        return "forced" if asked and not request.functions and request.messages[-1].role == "user" else "offered"

    def _spec(self, wanted: FusionParameters, router: str, request: Request) -> FusionSpec:
        """The whole specification: what was asked for, then the preset, then the server's defaults."""
        preset = self._catalog.preset(wanted.preset or ALIASES.get(router, "") or self._settings.preset)
        seats = wanted.seats or preset.seats
        analysts = (wanted.model,) if wanted.model else self._analysts(wanted, preset, router, request)
        defaults = preset.writers or preset.analysts or (preset.seats[0].model,)
        writers = wanted.writers or ((wanted.model,) if wanted.model else defaults)
        tools = read_tools(wanted.tools or ())
        _, warnings = open_toolbox(refuse_fusion(tools), "tools")
        grace = wanted.grace_s if wanted.grace_s is not None else 0.0
        return FusionSpec(
            seats=seats,
            analysts=unique((*analysts, *self._settings.analyst_fallbacks)),
            writers=unique((*writers, *request.fallbacks, *self._settings.writer_fallbacks)),
            tools=tools,
            analyst_tools=tools,
            max_tool_calls=wanted.max_tool_calls or 4,
            max_completion_tokens=wanted.max_completion_tokens or 16_000,
            reasoning=read_reasoning(wanted.reasoning),
            temperature=wanted.temperature,
            min_panel=wanted.min_panel or self._settings.min_panel,
            quorum=None if wanted.quorum is None else min(wanted.quorum, len(seats)),
            grace_s=grace if wanted.quorum is not None else None,
            deadline_s=wanted.deadline_s,
            seed=wanted.seed,
            max_cost=None if wanted.budget is None else nano(wanted.budget),
            expose=wanted.expose or "analysis",
            warnings=(*warnings, *([preset.warning] if preset.warning else [])),
        )

    def _analysts(self, wanted: FusionParameters, preset: Preset, router: str, request: Request) -> tuple[str, ...]:
        """The preset's analyst; on a model of one's own that model, unless a preset was named."""
        return preset.analysts if router or wanted.preset else (request.model,)

    def _check(self, plan: Plan) -> None:
        """Resolve every model that may be called, so that a misspelt one is told before anything is spent."""
        models = [self._resolved(slug, "model") for slug in plan.speakers]
        spec = plan.spec
        if spec is not None:
            if spec.min_panel > len(spec.seats):
                raise InvalidRequest(f"min_panel is {spec.min_panel}, but the panel has {len(spec.seats)} seats", "min_panel")
            models += [self._resolved(seat.model, f"analysis_models[{i}]") for i, seat in enumerate(spec.seats)]
            models += [self._resolved(slug, "model") for slug in (*spec.analysts, *spec.writers)]
            for seat in spec.seats:
                open_toolbox(refuse_fusion(seat.tools or ()), "analysis_models.tools")
        check_prices(models, spec)
        check_policy(models, plan.request)

    def _resolved(self, slug: str, param: str) -> Model:
        if alias_of(slug):
            raise InvalidRequest(f"fusion cannot contain itself: {slug} is no model for a seat, analyst or writer", param)
        try:
            return self._catalog.resolve(slug)
        except ModelNotFound as error:
            error.param = error.param or param
            raise


def alias_of(slug: str) -> str:
    """The alias that a slug is, whatever its case and variant suffix; empty where it is a model's own name."""
    bare = slug.strip().lower().partition(":")[0]
    return bare if bare in ALIASES else ""


def parameter_sets(request: Request) -> list[FusionParameters]:
    """The parameters of fusion in a request, those of the tool before those of the plugin."""
    tools = [
        check(tool.parameters, f"tools[{index}].parameters")
        for index, tool in enumerate(request.server_tools)
        if tool.type in FUSION
    ]
    plugins = [
        check({"enabled": plugin.enabled, **plugin.parameters}, f"plugins[{index}]")
        for index, plugin in enumerate(request.plugins)
        if plugin.id == "fusion"
    ]
    return tools + plugins


def refuse_fusion(tools: Sequence[ServerTool]) -> Sequence[ServerTool]:
    """The tools of a seat, none of which may be fusion."""
    if any(tool.type in FUSION for tool in tools):
        raise InvalidRequest("fusion cannot contain itself: take openrouter:fusion out of its tools", "tools")
    return tools


def outer_request(request: Request, mode: Mode) -> Request:
    """The request as the one who speaks to the client gets it."""
    choice: ToolChoice | None = request.tool_choice
    if mode == "forced" or (isinstance(choice, Named) and choice.name in FUSION):
        choice = None  # a forced choice is free after the panel was heard
    if mode == "off" and choice == "required" and not request.functions:
        choice = None
    return replace(request, server_tools=(), plugins=(), tool_choice=choice, fallbacks=())


def unique(slugs: Sequence[str]) -> tuple[str, ...]:
    """Slugs without repetition, in order."""
    return tuple(dict.fromkeys(slugs))


def check_prices(models: Sequence[Model], spec: FusionSpec | None) -> None:
    """Refuse a limit on cost where a price is not known: it could not be kept."""
    if spec is None or spec.max_cost is None:
        return
    unpriced = next((model.slug for model in models if model.price is None), None)
    if unpriced is not None:
        raise InvalidRequest(
            f"max_cost cannot be kept: no price is known for {unpriced}; "
            f'set price_in and price_out in [models."{unpriced}"]',
            "max_cost",
        )


def check_policy(models: Sequence[Model], request: Request) -> None:
    """Refuse a promise about the data that the chosen endpoints do not make."""
    provider = request.policy.get("provider")
    if not isinstance(provider, Mapping) or not (provider.get("data_collection") == "deny" or provider.get("zdr")):
        return
    loose = next((one for one in models if not one.endpoint.local and one.endpoint.dialect != "openrouter"), None)
    if loose is not None:
        raise InvalidRequest(
            f"{loose.endpoint.name} cannot be asked to keep no data; leave out provider.data_collection and provider.zdr, "
            "or use models that can",
            "provider",
            kind="not_found",
            status=404,
        )
