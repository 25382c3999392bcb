"""A planner over a real catalogue of models that nobody will call, and short ways to say a request."""

from typing import Any

from fuseline.catalog.catalog import Catalog
from fuseline.planner.planner import Plan, Planner
from fuseline.settings.sections import FusionSettings, RoutingSettings
from fuseline.settings.settings import Settings
from fuseline.types.deliberation import FusionSpec
from fuseline.types.errors import InvalidRequest
from fuseline.types.messages import Message, user
from fuseline.types.models import Endpoint, Model, Quirks
from fuseline.types.money import Price
from fuseline.types.requests import FunctionTool, Plugin, Request, ServerTool

ELSEWHERE = Endpoint("lab", "https://lab.example/v1")
PRICED = Price(1, 2)
NAMES = ("a", "b", "c", "d", "judge", "writer", "fast", "cheap")
MODELS = (
    *(Model(f"lab/{name}", ELSEWHERE, name, price=PRICED) for name in NAMES),
    Model("lab/unpriced", ELSEWHERE, "unpriced"),
    Model("lab/mute", ELSEWHERE, "mute", price=PRICED, calls_tools=False),
    Model("teller/new", Endpoint("teller", "https://teller.example/v1", quirks=Quirks(reports_cost=True)), "new"),
    Model("here/x", Endpoint("here", "http://127.0.0.1:1/v1", local=True), "x", price=PRICED),
    Model("router/x", Endpoint("router", "https://router.example/v1", dialect="openrouter"), "x", price=PRICED),
)
PRESETS: Any = {
    "general-high": {"panel": ["lab/a", "lab/b", "lab/c"], "analyst": "lab/judge", "writer": "lab/writer"},
    "general-fast": {"panel": ["lab/fast", "lab/fast"], "analyst": "lab/fast"},
    "general-budget": {"panel": ["lab/cheap", "lab/a"], "analyst": "lab/judge"},
    "mute": {"panel": ["lab/a"], "analyst": "lab/judge", "writer": "lab/mute"},
}
LOOK = FunctionTool("look", "Looks.")


def planner(*, unpriced: bool = False, **fusion: Any) -> Planner:
    """A planner with these settings of fusion; `unpriced` allows models whose price nobody knows."""
    routing = RoutingSettings(allow_unpriced=unpriced)
    settings = Settings(presets=PRESETS, fusion=FusionSettings.model_validate({"tools": (), **fusion}), routing=routing)
    return Planner(Catalog.build(settings, {}, MODELS), settings.fusion)


def plan(request: Request, *, unpriced: bool = False, **fusion: Any) -> Plan:
    """The plan of a request by a planner that has made no other."""
    return planner(unpriced=unpriced, **fusion).plan(request)


def ask(model: str = "openrouter/fusion", *, last: Message | None = None, **fields: Any) -> Request:
    """A request whose last message is the user's, or the one given."""
    return Request(model, (user("Why?"), *([last] if last else [])), **fields)


def plugin(enabled: bool = True, **parameters: Any) -> tuple[Plugin, ...]:
    """The plugin with these parameters."""
    return (Plugin("fusion", enabled, parameters),)


def tool(**parameters: Any) -> tuple[ServerTool, ...]:
    """The server tool with these parameters."""
    return (ServerTool("openrouter:fusion", parameters),)


def spec_of(request: Request, **fusion: Any) -> FusionSpec:
    """The specification of a request that convenes a panel, or might."""
    spec = plan(request, **fusion).spec
    assert spec is not None
    return spec


def refusal_of(request: Request, **fusion: Any) -> InvalidRequest:
    """The error that a request is refused with."""
    try:
        made = plan(request, **fusion)
    except InvalidRequest as error:
        return error
    raise AssertionError(f"not refused, but planned: {made}")
