"""The headers by which a reply names its run and says what the client got."""

from fuseline.types.events import Failed, Finished
from fuseline.types.runs import Run

GENERATION = "X-Generation-Id"
STATUS = "X-Fusion-Status"
PENDING = "pending"
"""The status of a reply that begins before its run has an outcome; its body, or its last event, has the final word."""


def marks(run: Run | None, outcome: Finished | Failed | None) -> dict[str, str]:
    """The headers of a reply, as far as its run has come."""
    named = {GENERATION: run.id} if run else {}
    return {**named, STATUS: status_of(outcome)}


def status_of(outcome: Finished | Failed | None) -> str:
    """What the client got, in one word. A failed run is a degraded one where a panel was heard."""
    match outcome:
        case Finished(run):
            return run.fusion_status
        case Failed(error):
            report = error.run.report if error.run else None
            return "degraded" if report and report.heard else "none"
        case None:
            return PENDING
