"""The look-ups of money: what the server's one key may spend, and what was spent. All of it is in dollars."""

from datetime import UTC, datetime, timedelta
from typing import Literal

from starlette.requests import Request as HTTPRequest
from starlette.responses import Response

from fuseline.assembly import House
from fuseline.doors.http.lookups.shapes import Shown, reply
from fuseline.types.money import dollars


class RateLimit(Shown):
    """Obsolete where it comes from, and still required: minus one stands for none."""

    requests: Literal[-1] = -1
    interval: Literal["10s"] = "10s"
    note: Literal["There is no such limit."] = "There is no such limit."


class FreeRequests(Shown):
    """Requests to free models in a day. They are not limited here, and so not counted."""

    limit: Literal[0] = 0
    used: Literal[0] = 0
    remaining: Literal[0] = 0


class KeyInfo(Shown):
    """The server has one key, without a limit of its own; what its runs cost is told by day, week and month of UTC."""

    label: str
    usage: float
    usage_daily: float
    usage_weekly: float
    usage_monthly: float
    limit: None = None
    limit_remaining: None = None
    limit_reset: None = None
    byok_usage: Literal[0] = 0
    byok_usage_daily: Literal[0] = 0
    byok_usage_weekly: Literal[0] = 0
    byok_usage_monthly: Literal[0] = 0
    include_byok_in_limit: Literal[False] = False
    is_free_tier: Literal[False] = False
    is_management_key: Literal[False] = False
    is_provisioning_key: Literal[False] = False
    creator_user_id: None = None
    expires_at: None = None
    organization_id: None = None
    workspace_id: None = None
    allowed_data_regions: tuple[Literal["global"]] = ("global",)
    budgets: tuple[()] = ()
    effective_budget: None = None
    free_model_daily_requests: FreeRequests = FreeRequests()
    rate_limit: RateLimit = RateLimit()


class KeyReply(Shown):
    """The key that the request carried."""

    data: KeyInfo


class Credits(Shown):
    """Nothing is bought here beforehand, so there are no credits, only what was spent."""

    total_credits: Literal[0] = 0
    total_usage: float


class CreditsReply(Shown):
    """What was bought and spent."""

    data: Credits


async def get_key(house: House, request: HTTPRequest) -> Response:
    """Tell that the key is good, and what was spent with it."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday, first = today - timedelta(days=today.weekday()), today.replace(day=1)
    moments = (0.0, today.timestamp(), monday.timestamp(), first.timestamp())
    always, day, week, month = map(dollars, await house.store.spent(*moments))
    label = "the key of this server" if house.settings.server.api_key else "no key is set"
    return reply(
        KeyReply(data=KeyInfo(label=label, usage=always, usage_daily=day, usage_weekly=week, usage_monthly=month))
    )


async def get_credits(house: House, request: HTTPRequest) -> Response:
    """Tell what all runs together cost."""
    (spent,) = await house.store.spent(0.0)
    return reply(CreditsReply(data=Credits(total_usage=dollars(spent))))
