"""What a request and the operator together want of endpoints: read once, and told to those who route by themselves."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from fuseline.catalog import facts
from fuseline.catalog.refusals import LOCAL_SERVERS
from fuseline.settings.sections import RoutingSettings
from fuseline.types.json import Json, object_of
from fuseline.types.money import Price, nano
from fuseline.types.requests import Request
from fuseline.types.routing import ANY, Marks, Preferences, Sort

SORTS: tuple[Sort, ...] = ("price", "throughput", "latency")
PERCENTILES = (50, 75, 90, 99)
NO_LIMIT = Decimal(10**9)
"""Dollars a million tokens that nothing costs, for the side that a request sets no price for."""


class HouseRules:
    """What the operator wants of endpoints. A request may want more, and never less."""

    def __init__(self, settings: RoutingSettings, endpoints: Iterable[str] = ()) -> None:
        self._settings = settings
        own = {name.lower() for name in endpoints if name not in facts.endpoints()}
        self._ours = frozenset({*own, *LOCAL_SERVERS, "openrouter"})
        """Names of endpoints that mean nothing to OpenRouter."""
        self._alone = self._merged({})
        self._plain = self._alone == ANY

    def preferences(self, request: Request) -> Preferences:
        """All that counts for the calls of a request; `ANY` itself where nobody wants anything."""
        wanted = object_of(request.policy.get("provider"))
        if wanted:
            merged = self._merged(wanted)
            return ANY if merged == ANY else merged
        return ANY if self._plain else self._alone

    def policy(self, request: Request) -> Mapping[str, Json]:
        """The request's policy as it travels on, with what the operator wants in it and names of ours taken out."""
        wanted = object_of(request.policy.get("provider"))
        if not wanted and self._plain:
            return request.policy
        told = self._told(wanted)
        rest = {name: value for name, value in request.policy.items() if name != "provider"}
        return {**rest, "provider": told} if told else rest

    def _merged(self, wanted: Mapping[str, Any]) -> Preferences:
        house = self._settings
        return Preferences(
            order=self._with_openrouter(names(wanted.get("order")) or names(house.order)),
            only=frozenset(self._with_openrouter(names(wanted.get("only")))),
            ignore=frozenset((*names(wanted.get("ignore")), *names(house.ignore))),
            fallbacks=wanted.get("allow_fallbacks") is not False,
            sort=sort_of(wanted.get("sort")) or house.sort,
            no_training="deny" in (wanted.get("data_collection"), house.data_collection),
            no_retention=bool(wanted.get("zdr")) or house.zdr,
            all_parameters=bool(wanted.get("require_parameters")),
            dearest=price_of(object_of(wanted.get("max_price"))),
            slowest=marks_of(wanted.get("preferred_max_latency")),
            least_speed=marks_of(wanted.get("preferred_min_throughput")),
        )

    def _with_openrouter(self, listed: Sequence[str]) -> tuple[str, ...]:
        """A list of names with OpenRouter behind the first that it may know: it is told of that one and finds it."""
        known = next((index for index, name in enumerate(listed) if name not in self._ours), None)
        if known is None or "openrouter" in listed:
            return tuple(listed)
        return (*listed[: known + 1], "openrouter", *listed[known + 1 :])

    def _told(self, wanted: Mapping[str, Any]) -> dict[str, Json]:
        """The object that OpenRouter gets."""
        house, told = self._settings, dict[str, Json](wanted)
        lists: dict[str, list[str]] = {
            "order": listed(wanted.get("order")) or list(house.order),
            "only": listed(wanted.get("only")),
            "ignore": [*listed(wanted.get("ignore")), *house.ignore],
        }
        for name, given in lists.items():
            theirs: list[Json] = [one for one in dict.fromkeys(given) if base(one) not in self._ours]
            told.pop(name, None)
            if theirs:
                told[name] = theirs
        if house.data_collection == "deny":
            told["data_collection"] = "deny"
        if house.zdr:
            told["zdr"] = True
        if house.sort and not wanted.get("sort"):
            told["sort"] = house.sort
        return told


def listed(value: object) -> list[str]:
    """A list of names as it was written; empty where there is none."""
    return [str(one) for one in cast("list[object]", value)] if isinstance(value, list | tuple) else []


def names(value: object) -> tuple[str, ...]:
    """A list of names as endpoints are known by: in lower case, less the variant that OpenRouter knows behind them."""
    return tuple(dict.fromkeys(map(base, listed(value))))


def base(name: str) -> str:
    """One such name."""
    return name.strip().lower().partition("/")[0]


def sort_of(value: object) -> Sort:
    """A sort by its name or as an object; empty for none, and for the one that goes by tests of OpenRouter's own."""
    by = object_of(value).get("by") if isinstance(value, Mapping) else value
    for sort in SORTS:
        if sort == by:
            return sort
    return ""


def price_of(wanted: Mapping[str, Any]) -> Price | None:
    """The most that tokens may cost, from dollars a million; `None` where nothing is said of them."""
    given = [wanted.get(side) for side in ("prompt", "completion")]
    if given == [None, None]:
        return None
    most = [nano(NO_LIMIT if one is None else one) for one in given]
    return Price(most[0], most[1])


def marks_of(value: object) -> Marks:
    """The figures that percentiles shall keep to; a number by itself is for the median."""
    if isinstance(value, int | float):
        return ((50, float(value)),)
    wanted = object_of(value)
    return tuple((one, float(wanted[f"p{one}"])) for one in PERCENTILES if wanted.get(f"p{one}") is not None)


NO_RULES = HouseRules(RoutingSettings())
"""An operator who wants nothing."""
