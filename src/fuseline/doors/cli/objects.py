"""A run as one JSON object for scripts. It knows no terminal beyond what would be an order to one."""

import json
import sys

from fuseline.doors.cli.account import Account
from fuseline.doors.cli.terminal import CONTROLS
from fuseline.types.deliberation import PanelAnswer, failed_model
from fuseline.types.errors import FuselineError
from fuseline.types.json import Json
from fuseline.types.money import dollars
from fuseline.wires.accounts import write_call
from fuseline.wires.report import seat_of, write_lookup, write_provenance, writer_of

ESCAPES = {code: f"\\u{code:04x}" for code in CONTROLS if code >= 0x7F}
"""JSON escapes C0 by itself; the rest may stand in it, but not on a terminal."""


def print_json(value: Json) -> None:
    """Print a value as indented JSON that holds no control character."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    print(text.translate(ESCAPES), file=sys.stdout, flush=True)


def account_object(account: Account) -> dict[str, Json]:
    """The object of a run: answer, analysis, panel, failures, usage, run and sources."""
    return {
        "answer": account.answer,
        "analysis": account.analysis.model_dump() if account.analysis else None,
        "panel": [seat_object(answer) for answer in account.panel],
        "failures": [failed_model(answer) for answer in account.panel if answer.failed],
        "usage": {
            "cost": dollars(account.cost),
            "cost_known": account.cost_known,
            "calls": [write_call(call) for call in account.calls],
        },
        "run": run_object(account),
        "sources": [{"url": source.url, "title": source.title} for source in account.sources],
        **research_of(account),
    }


def research_of(account: Account) -> dict[str, Json]:
    """What was looked up, and where the answer comes from, as far as there is any of it."""
    told: dict[str, Json] = {}
    if account.lookups:
        told["research"] = [{**seat_of(one.speaker), **write_lookup(one)} for one in account.lookups]
    if account.provenance is not None:
        models = [answer.model for answer in account.panel]
        told["provenance"] = write_provenance(account.provenance, models, writer_of(account.calls))
    return told


def seat_object(answer: PanelAnswer) -> dict[str, Json]:
    """One seat; `content` and `error` are empty where the other is not."""
    return {
        "seat": answer.seat,
        "model": answer.model,
        "content": answer.content,
        "error": answer.error,
        "reason": answer.reason,
        "truncated": answer.truncated,
    }


def run_object(account: Account) -> dict[str, Json]:
    """The run's own figures."""
    return {
        "id": account.id,
        "status": account.status,
        "degraded": account.degraded or None,
        "error": account.error or None,
        "requested": account.requested,
        "model": account.model,
        "created_at": account.created_at,
        "finished_at": account.finished_at,
        "seconds": round(account.seconds, 3),
    }


def error_object(error: FuselineError) -> dict[str, Json]:
    """What went wrong, with the stable word for it."""
    return {"kind": error.kind, "message": error.message}
