"""What was spent, added up. A run counts from the moment at which it began, and what is removed stays in the sums."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Engine, Subquery, case, func, literal, select, union_all

from fuseline.storage.base import Spending, Sum
from fuseline.storage.schema import calls, runs, tallies
from fuseline.types.runs import NOT_SENT

SEARCH = "search"
"""The role, and the model, of what searches and pages cost."""


def read_sums(engine: Engine, since: Sequence[float]) -> tuple[int, ...]:
    """The cost of all runs from each moment on; moments are in seconds since the epoch."""
    spent = union_all(select(runs.c.created_at.label("at"), runs.c.cost), select(tallies.c.at, tallies.c.cost))
    rows = spent.subquery()
    sums = [func.coalesce(func.sum(case((rows.c.at >= moment, rows.c.cost), else_=0)), 0) for moment in since]
    with engine.connect() as connection:
        return tuple(connection.execute(select(*sums)).one())


def read_spending(engine: Engine, since: float) -> Spending:
    """What was spent since a moment, in every way it is looked at."""
    charged = charges(since)
    day = func.date(charged.c.at, "unixepoch", "localtime")
    names = (day, charged.c.role, charged.c.model)
    asked = select(*names, func.sum(charged.c.cost), func.sum(charged.c.calls)).group_by(*names)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")  # all sums as of one moment
        days, models, roles = Counter[str](), Counter[str](), Counter[str]()
        model_calls, role_calls = Counter[str](), Counter[str]()
        for day_of, role, model, cost, made in connection.execute(asked):
            days[day_of] += cost
            models[model] += cost
            roles[role] += cost
            model_calls[model] += made
            role_calls[role] += made
        panels, single = read_dearest(connection, since)
        return Spending(
            models=dearest_first(models, model_calls),
            roles=dearest_first(roles, role_calls),
            days=days,
            panels=panels,
            fused=read_fused(connection, since),
            single=single,
        )


def dearest_first(costs: "Counter[str]", made: "Counter[str]") -> tuple[Sum, ...]:
    """Sums by name."""
    return tuple(sorted((Sum(name, costs[name], made[name]) for name in costs), key=lambda one: (-one.cost, one.name)))


def charges(since: float) -> Subquery:
    """Everything that was paid for: calls, searches and pages, and what is left of runs that were removed."""
    recent = runs.c.created_at >= since
    mine = select(func.coalesce(func.sum(calls.c.cost), 0)).where(calls.c.run_id == runs.c.id)
    fees = runs.c.cost - mine.correlate(runs).scalar_subquery()
    searched = literal(SEARCH)
    return union_all(
        select(
            runs.c.created_at.label("at"),
            calls.c.role.label("role"),
            calls.c.asked.label("model"),
            calls.c.cost.label("cost"),
            literal(1).label("calls"),
        )
        .join(runs, runs.c.id == calls.c.run_id)
        .where(recent, calls.c.error != NOT_SENT),
        select(runs.c.created_at, searched, searched, fees, literal(0)).where(recent, fees > 0),
        select(tallies.c.at, tallies.c.role, tallies.c.model, tallies.c.cost, tallies.c.calls).where(
            tallies.c.at >= since
        ),
    ).subquery()


def read_fused(connection: Connection, since: float) -> int:
    """What the completed runs cost that heard a panel, or wrote from one that had been heard."""
    asked = select(func.coalesce(func.sum(runs.c.cost), 0)).where(*fused_since(since))
    return connection.scalar(asked) or 0


def read_dearest(connection: Connection, since: float) -> tuple[int, int]:
    """How many completed runs paid for a panel, and what the dearest seats of all these panels cost."""
    seats = (
        select(calls.c.run_id, func.sum(calls.c.cost).label("cost"))
        .join(runs, runs.c.id == calls.c.run_id)
        .where(*fused_since(since), calls.c.role == "panel", calls.c.error != NOT_SENT)
        .group_by(calls.c.run_id, calls.c.seat)
        .subquery()
    )
    dearest = select(func.max(seats.c.cost).label("cost")).group_by(seats.c.run_id).subquery()
    row = connection.execute(select(func.count(), func.coalesce(func.sum(dearest.c.cost), 0))).one()
    return row[0], row[1]


def fused_since(since: float) -> tuple[ColumnElement[bool], ...]:
    """Whether a run was completed with a panel, and began at or after a moment."""
    return (runs.c.created_at >= since, runs.c.status == "completed", runs.c.convened)
