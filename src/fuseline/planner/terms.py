"""The terms of a fusion run: what tool, plugin, preset and server say of it, each field from the first that does."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from fuseline.catalog.catalog import Catalog
from fuseline.catalog.presets import Preset
from fuseline.planner.parameters import FusionParameters, check, merged, read_reasoning, read_tools
from fuseline.settings.sections import FusionSettings
from fuseline.tools.toolbox import FUSION, open_toolbox
from fuseline.types.deliberation import FusionSpec, Seat
from fuseline.types.errors import InvalidRequest
from fuseline.types.money import nano
from fuseline.types.requests import Named, Request, ServerTool

ALIASES: Mapping[str, str] = {
    "openrouter/fusion": "",
    "fuseline/fusion": "",
    "fusion": "",
    "openrouter/fusion-flash": "general-fast",
    "fuseline/fusion-flash": "general-fast",
    "fusion-flash": "general-fast",
}
"""The names that stand for fusion itself, and the preset that each implies."""


def alias_of(slug: str) -> str:
    """The alias that a slug is, whatever its case and variant suffix; empty where it is a model's own name."""
    bare = slug.strip().lower().partition(":")[0]
    return bare if bare in ALIASES else ""


class Terms:
    """What one request says about fusion. The preset is looked up only where something is left to it."""

    def __init__(
        self, request: Request, catalog: Catalog, settings: FusionSettings, collections: tuple[str, ...] = ()
    ) -> None:
        self._request = request
        self._catalog = catalog
        self._settings = settings
        self._collections = collections
        self._sets = parameter_sets(request)
        self._wanted = merged(self._sets)
        self._found: Preset | None = None
        """The preset, once it was looked up."""
        self.router = alias_of(request.model)

    @property
    def on_table(self) -> bool:
        """Whether the request has fusion at all: by its alias, a plugin, a tool or a tool choice that names it."""
        choice = self._request.tool_choice
        named = isinstance(choice, Named) and choice.name in FUSION
        return bool(self.router or self._sets or named) and all(one.enabled for one in self._sets)

    @cached_property
    def outer(self) -> tuple[str, ...]:
        """The outer model and its substitutes: the request's own, or for the alias the one who also analyses."""
        if not self.router:
            return (self._request.model, *self._request.fallbacks)
        first = (self._wanted.model,) if self._wanted.model else self._preset_writers
        return unique((*first, *self._request.fallbacks, *self._settings.writer_fallbacks))

    @cached_property
    def writers(self) -> tuple[str, ...]:
        """Who takes over from the outer model once the panel was heard; empty where it writes itself."""
        asked = self._wanted.writers
        return unique((*asked, *self._settings.writer_fallbacks)) if asked else ()

    @cached_property
    def spec(self) -> FusionSpec:
        """The whole specification of the run.

        :raises InvalidRequest: for a preset that is not there, or tools that no seat can have.
        """
        wanted = self._wanted
        tools = self._tools
        _, warnings = open_toolbox(refuse_fusion(tools), "tools")
        seats, analysts = self._seats, self._analysts
        grace = wanted.grace_s if wanted.grace_s is not None else 0.0
        return FusionSpec(
            seats=seats,
            analysts=unique((*analysts, *self._settings.analyst_fallbacks)),
            writers=self.writers,
            tools=tools,
            analyst_tools=() if wanted.tools is None else tools,
            max_tool_calls=wanted.max_tool_calls or 4,
            max_completion_tokens=wanted.max_completion_tokens or 16_000,
            reasoning=read_reasoning(wanted.reasoning),
            temperature=wanted.temperature,
            min_panel=self._min_panel(len(seats)),
            quorum=None if wanted.quorum is None else min(wanted.quorum, len(seats)),
            grace_s=grace if wanted.quorum is not None else None,
            deadline_s=wanted.deadline_s,
            seed=wanted.seed,
            max_cost=None if wanted.budget is None else nano(wanted.budget),
            expose=wanted.expose,
            collections=self.collections,
            panel_only=bool(wanted.panel_only),
            repair=(wanted.repair or self._settings.repair) == "on",
            warnings=(*warnings, *self._preset_warnings),
        )

    @property
    def collections(self) -> tuple[str, ...]:
        """The private documents that may be searched: the request's choice, the preset's, or the server's."""
        if self._wanted.collections is not None:
            return tuple(self._wanted.collections)
        preset = self._preset_in_use
        own = preset.collections if preset else None
        return self._collections if own is None else own

    @property
    def _tools(self) -> tuple[ServerTool, ...]:
        """The tools of every seat: the request's, the preset's, or the server's. An empty list is none at all."""
        if self._wanted.tools is not None:
            return read_tools(self._wanted.tools)
        preset = self._preset_in_use
        own = preset.tools if preset else None
        return tuple(ServerTool(name) for name in (self._settings.tools if own is None else own))

    @property
    def _preset_in_use(self) -> Preset | None:
        """The preset, where anything of it is."""
        wanted = self._wanted
        used = wanted.preset or not wanted.analysis_models or (self.router and not wanted.model)
        return self._preset if used else None

    @property
    def _preset(self) -> Preset:
        if self._found is None:
            name = self._wanted.preset or ALIASES.get(self.router, "") or self._settings.preset
            self._found = self._catalog.preset(name)
        return self._found

    @property
    def _preset_writers(self) -> tuple[str, ...]:
        return self._preset.writers or self._preset.analysts

    @property
    def _preset_warnings(self) -> tuple[str, ...]:
        return (self._found.warning,) if self._found and self._found.warning else ()

    @property
    def _seats(self) -> tuple[Seat, ...]:
        return self._wanted.seats or self._preset.seats

    @property
    def _analysts(self) -> tuple[str, ...]:
        """The analyst that was asked for, else the preset's; on a model of one's own that model."""
        if self._wanted.model:
            return (self._wanted.model,)
        return self._preset.analysts if self.router or self._wanted.preset else (self._request.model,)

    def _min_panel(self, seats: int) -> int:
        asked = self._wanted.min_panel
        if asked is not None and asked > seats:
            raise InvalidRequest(f"min_panel is {asked}, but the panel has {seats} seats", "min_panel")
        return asked or min(self._settings.min_panel, seats)


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


def unique(slugs: Sequence[str]) -> tuple[str, ...]:
    """Slugs without repetition, in order."""
    return tuple(dict.fromkeys(slugs))
