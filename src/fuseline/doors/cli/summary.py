"""What a run took: a line for each call, and one for all of them. It knows no events."""

from collections.abc import Sequence

from fuseline.doors.cli.account import Account
from fuseline.doors.cli.words import aligned, count, money, seconds
from fuseline.types.runs import Call

RIGHT = frozenset({2, 3, 4, 6, 7})
"""The columns of figures."""


def closing_lines(account: Account, *, kept: bool = True) -> list[str]:
    """What a run took, call by call and in all; first of all that it was stopped, where it was."""
    stopped = ["interrupted: every call was stopped; until then it took"] if account.status == "cancelled" else []
    return ["", *stopped, *call_lines(account.calls), total_line(account, kept=kept)]


def call_lines(calls: Sequence[Call]) -> list[str]:
    """A line for each call, in the order in which they went out."""
    if not calls:
        return []
    ordered = sorted(calls, key=lambda call: (call.started_at, call.speaker.seat))
    return [f"  {line}" for line in aligned([call_row(call) for call in ordered], RIGHT)]


def call_row(call: Call) -> tuple[str, ...]:
    """Role, model, tokens in and out, cost and where it is known from, time to the first token and to the last."""
    usage, known = call.usage, call.cost_source != "unknown"
    return (
        label(call),
        " ".join(call.speaker.model.split()),
        f"{usage.input_tokens:,} in" if usage else "? in",
        f"{usage.output_tokens:,} out" if usage else "? out",
        money(call.cost) if known else "?",
        source(call),
        "" if call.ttft_s is None else f"first {seconds(call.ttft_s)}",
        "" if call.duration_s is None else seconds(call.duration_s),
        call.error,
    )


def label(call: Call) -> str:
    """Who made a call."""
    return f"seat {call.speaker.seat + 1}" if call.speaker.role == "panel" else call.speaker.role


def source(call: Call) -> str:
    """Where a cost is known from, and how well."""
    return call.cost_source if call.certainty == "exact" else f"{call.cost_source} ({call.certainty})"


def total_line(account: Account, *, kept: bool = True) -> str:
    """The one line that says how a run went; it ends with the command that shows it, where the run was `kept`."""
    parts: list[str] = []
    if account.seats:
        heard = sum(1 for answer in account.panel if not answer.failed)
        parts.append(f"{heard}/{account.seats} seats")
    if account.analysis is not None:
        parts.append(count(len(account.analysis.contradictions), "contradiction"))
    if account.degraded:
        parts.append(f"degraded: {account.degraded}")
    spent = money(account.cost) if account.cost_known else f"at least {money(account.cost)}"
    parts += [seconds(account.seconds), spent, f"run {account.id}"]
    if kept:
        parts.append(f"fuseline runs show {account.id}")
    return " · ".join(parts)
