"""How a request was routed, as every wire tells those who ask: the `openrouter_metadata` object. It knows no wire."""

from collections.abc import Mapping

from fuseline.types.json import Json
from fuseline.types.money import dollars
from fuseline.types.requests import Request
from fuseline.types.runs import NOT_SENT, Call, Run
from fuseline.wires.accounts import write_call
from fuseline.wires.lookups import fetches, made, searches

FUSION_TOOL = "openrouter:fusion"
STATUS: Mapping[str, int] = {
    "": 200,
    "bad_request": 400,
    "context_length": 400,
    "upstream_auth": 401,
    "upstream_credits": 402,
    "upstream_spend_limit": 402,
    "forbidden": 403,
    "model_not_found": 404,
    "privacy_restricted": 404,
    "constraint_filtered": 404,
    "no_endpoints": 404,
    "too_large": 413,
    "unprocessable": 422,
    "rate_limited": 429,
    "cancelled": 499,
    "pool_exhausted": 503,
    "overloaded": 529,
    "connect_timeout": 504,
    "deadline_exceeded": 504,
    "first_byte_timeout": 504,
    "first_token_timeout": 504,
    "idle_timeout": 504,
    "upstream_timeout": 504,
}
"""The HTTP status that each reason of the fault table stands for; 502 for all others."""


def write_metadata(run: Run, request: Request) -> dict[str, Json]:
    """The whole object, for a reply, the end of a stream, or beside an error."""
    spoken = [call for call in run.calls if call.speaker.to_client and call.settled and call.error != NOT_SENT]
    body: dict[str, Json] = {
        "requested": run.requested,
        "strategy": strategy(run, request),
        "region": None,
        "summary": summary(run, spoken),
        "attempt": max(len(spoken), 1),
        "is_byok": False,
        "endpoints": write_endpoints(run, spoken),
        "attempts": [write_attempt(call) for call in spoken],
    }
    if run.report is not None or run.lookups:
        body["pipeline"] = [write_stage(run, request)]
    return body


def strategy(run: Run, request: Request) -> str:
    """How the model was found, in the vendor's word for it."""
    if run.report is not None or run.router:
        return "fusion"
    spoken = next((call.speaker.model for call in reversed(run.calls) if call.speaker.to_client), run.requested)
    if spoken != run.requested and spoken in request.fallbacks:
        return "fallback"
    return "alias" if run.requested.startswith("~") else "direct"


def summary(run: Run, spoken: list[Call]) -> str:
    """The same in one line for people."""
    available = len(places(run, spoken))
    line = f"available={available}, selected={run.provider}"
    if run.report is None:
        return line
    return f"{line}, panel={len(run.report.heard)}/{len(run.report.answers)}"


def write_endpoints(run: Run, spoken: list[Call]) -> dict[str, Json]:
    """Where those who speak to the client were asked, and which place gave the answer."""
    found = places(run, spoken)
    answered = spoken[-1] if spoken and not spoken[-1].error else None
    chosen = (answered.endpoint, answered.model) if answered else None
    return {
        "total": len(found),
        "available": [
            {"provider": provider, "model": model, "selected": (provider, model) == chosen} for provider, model in found
        ],
    }


def places(run: Run, spoken: list[Call]) -> list[tuple[str, str]]:
    """Each provider and model once, in the order they were asked; what was chosen, where nobody was asked yet."""
    asked = dict.fromkeys((call.endpoint, call.model) for call in spoken)
    return list(asked) or [(run.provider, run.model)]


def write_attempt(call: Call) -> Json:
    """One call, and the status it ended with."""
    return {"provider": call.endpoint, "model": call.model, "status": status_of(call.error)}


def status_of(reason: str) -> int:
    """The HTTP status for a reason of the fault table; 200 for none."""
    return STATUS.get(reason, 502)


def write_stage(run: Run, request: Request) -> Json:
    """What was done beside answering as a stage: every call with its cost, and what was looked up."""
    report = run.report
    heard = f"{len(report.heard)} of {len(report.answers)} panel models answered" if report else ""
    fusion = [FUSION_TOOL] if report else []
    return {
        "type": "server_tools",
        "name": "server-tools",
        "data": {
            "mode": mode(run),
            "tools": list(dict.fromkeys([*fusion, *(tool.type for tool in request.server_tools)])),
            "calls": [write_call(call) for call in run.calls],
            **write_research(run),
        },
        "summary": heard,
        "cost_usd": dollars(sum(call.cost for call in run.calls if not call.speaker.to_client) + run.fees),
    }


def write_research(run: Run) -> dict[str, Json]:
    """How often the web was searched and read, and who answered; nothing where nobody asked."""
    if not run.lookups:
        return {}
    engines = sorted({lookup.engine for lookup in run.lookups if made(lookup, "search")})
    return {"searches": searches(run), "fetches": fetches(run), "engines": engines}


def mode(run: Run) -> str:
    """Whether the panel was convened at once, or because the outer model called for it."""
    return "auto" if any(call.speaker.role == "outer" for call in run.calls) else "forced"
