"""Settles the runs of processes that died: their open calls are charged at the most they can have cost."""

from sqlalchemy import Connection, case, func, select, update

from fuseline.storage.owners import alive
from fuseline.storage.schema import calls, runs

REASON = "the process ended before the run did"


def settle_orphans(connection: Connection, now: float) -> int:
    """Close every run whose owner is dead, and say how many there were. `now` is in seconds since the epoch."""
    running = runs.c.status == "running"
    owners = connection.scalars(select(runs.c.owner).where(running).distinct()).all()
    dead = [owner for owner in owners if not alive(owner)]
    if not dead:
        return 0
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    orphans = connection.scalars(select(runs.c.id).where(running, runs.c.owner.in_(dead))).all()
    for run_id in orphans:
        settle_calls(connection, run_id)
        close_run(connection, run_id, now)
    connection.commit()
    return len(orphans)


def settle_calls(connection: Connection, run_id: str) -> None:
    """Book each call that was sent and never settled at its hold; where no price is known, its cost stays unknown."""
    connection.execute(
        update(calls)
        .where(calls.c.run_id == run_id, calls.c.duration_s.is_(None))
        .values(
            cost=calls.c.hold,
            cost_source=case((calls.c.hold > 0, "computed"), else_="unknown"),
            certainty="maximum",
            duration_s=0.0,  # settled; how long it took died with the process
            error="unreconciled",
        )
    )


def close_run(connection: Connection, run_id: str, now: float) -> None:
    """Mark a run as failed, with what its calls add up to."""
    mine = calls.c.run_id == run_id
    unknown = select(calls.c.id).where(mine, calls.c.cost_source == "unknown").exists()
    connection.execute(
        update(runs)
        .where(runs.c.id == run_id)
        .values(
            status="failed",
            error=REASON,
            error_kind="server",
            finished_at=now,
            cost=select(func.coalesce(func.sum(calls.c.cost), 0)).where(mine).scalar_subquery(),
            cost_known=~unknown,
            owner="",
        )
    )
