"""The records of one fusion, as the engine would have them kept."""

from dataclasses import replace

from fuseline.types.replies import Usage
from fuseline.types.runs import Call, Noted, Record, Run, RunClosed, RunOpened, Speaker

BORN = 1_790_000_000.25


def opened(run_id: str = "gen-1-aaaa", created_at: float = BORN) -> RunOpened:
    """A run that begins."""
    run = Run(run_id, "fuseline/fusion", "lab/one", "Lab", created_at, router="fuseline/fusion", streamed=True)
    return RunOpened(run, {"messages": [{"role": "user", "content": "who\x00 was first? ☂"}]}, "prompts-1")


def dispatched(run_id: str = "gen-1-aaaa", call_id: str = "call-1", hold: int = 7_000) -> Call:
    """A call that goes out."""
    return Call(call_id, run_id, Speaker("panel", "~lab/one", 2), "lab", "lab/one", BORN + 1, hold=hold)


def settled(call: Call) -> Call:
    """The same call once it has come back."""
    return replace(
        call,
        model="lab/one-2026",
        usage=Usage(10, 20, 3, 4, 5, 6_000),
        cost=6_000,
        cost_source="reported",
        certainty="estimate",
        ttft_s=0.25,
        duration_s=1.5,
        finish_reason="stop",
    )


def noted(run_id: str = "gen-1-aaaa", sequence: int = 0) -> Noted:
    """Something that happened."""
    return Noted(run_id, sequence, BORN + 2, "seat_answered", {"seat": 2, "share": 0.5, "tags": ["a", None, True]})


def closed(start: RunOpened, *calls: Call) -> RunClosed:
    """The end of a run."""
    run = replace(
        start.run,
        status="completed",
        model="lab/two",
        convened=True,
        calls=calls,
        finished_at=BORN + 9,
        error="none to speak of",
        error_kind="server",
        degraded="no_analysis",
    )
    return RunClosed(run, {"text": "the answer"})


def fusion(run_id: str) -> list[Record]:
    """All that a small run leaves behind, in order."""
    start, call = opened(run_id), dispatched(run_id, f"call-of-{run_id}")
    return [start, call, noted(run_id, 0), settled(call), noted(run_id, 1), closed(start, settled(call))]
