"""What was spent: today, this month, and by model, role and day. Days are those of this machine."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import Field
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import Route

from fuseline.assembly import House
from fuseline.doors.console.answers import API, told
from fuseline.doors.console.views import usd
from fuseline.doors.http.lookups.shapes import DIGITS, Query, read_query
from fuseline.storage.base import Sum
from fuseline.types.json import Json

MOST_DAYS = 366


class SpendQuery(Query):
    """How far to look back."""

    days: Annotated[int, DIGITS, Field(ge=1, le=MOST_DAYS)] = 30
    """Today is the last of them."""


class Spend:
    """The route of what was spent."""

    def __init__(self, house: House) -> None:
        self._store = house.store

    async def tell(self, request: HTTPRequest) -> Response:
        """Tell what was spent."""
        days, today = read_query(SpendQuery, request).days, date.today()
        first = today - timedelta(days=days - 1)
        today_cost, month_cost = await self._store.spent(beginning(today), beginning(today.replace(day=1)))
        spending = await self._store.spending(beginning(first))
        single = usd(spending.single)
        return told(
            {
                "today": usd(today_cost),
                "month": usd(month_cost),
                "by_model": write_sums(spending.models),
                "by_role": write_sums(spending.roles),
                "by_day": write_days(spending.days, first, days),
                "fused": {"runs": spending.panels, "cost": usd(spending.fused), "single_cost": single},
            }
        )


def beginning(day: date) -> float:
    """The moment at which a day begins here, in seconds since the epoch."""
    return datetime(day.year, day.month, day.day).timestamp()


def write_sums(sums: Sequence[Sum]) -> list[Json]:
    """Sums by name."""
    return [{"name": one.name, "cost": usd(one.cost), "calls": one.calls} for one in sums]


def write_days(costs: Mapping[str, int], first: date, days: int) -> list[Json]:
    """Every day's sum, those included on which nothing was spent."""
    names = [(first + timedelta(days=number)).isoformat() for number in range(days)]
    return [{"day": name, "cost": usd(costs.get(name, 0))} for name in names]


def routes(house: House) -> list[Route]:
    """The route of what was spent."""
    return [Route(f"{API}/spend", Spend(house).tell, methods=["GET"])]
