"""Runs as they are looked up: one with all that hangs on it, or the headers of the newest."""

from sqlalchemy import Connection, Engine, or_, select

from fuseline.storage.base import StoredRun
from fuseline.storage.rows import HEADER, read_call, read_event, read_run
from fuseline.storage.schema import calls, events, runs
from fuseline.types.runs import NOT_SENT

HEADERS = select(*(runs.c[name] for name in HEADER), runs.c.prompts)
NEWEST = (runs.c.created_at.desc(), runs.c.id.desc())


def read_whole(engine: Engine, run_id: str) -> StoredRun | None:
    """One run and all that hangs on it, as of one moment."""
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN")
        found = find(connection, run_id)
        if found is None:
            return None
        header = connection.execute(select(runs).where(runs.c.id == found)).mappings().one()
        made = (calls.c.run_id == found, calls.c.error != NOT_SENT)
        called = connection.execute(select(calls).where(*made).order_by(calls.c.started_at, calls.c.id))
        noted = connection.execute(select(events).where(events.c.run_id == found).order_by(events.c.sequence))
        return read_run(header, tuple(map(read_call, called.mappings())), tuple(map(read_event, noted.mappings())))


def find(connection: Connection, run_id: str) -> str | None:
    """The full id of a run; `None` where there is none, or more than one."""
    if not run_id:
        return None  # every id ends in nothing
    if run_id == "last":
        return connection.scalar(select(runs.c.id).order_by(*NEWEST).limit(1))
    if connection.scalar(select(runs.c.id).where(runs.c.id == run_id)):
        return run_id
    ends = or_(runs.c.id.startswith(run_id, autoescape=True), runs.c.id.endswith(run_id, autoescape=True))
    found = connection.scalars(select(runs.c.id).where(ends).limit(2)).all()
    return found[0] if len(found) == 1 else None


def read_headers(engine: Engine, limit: int, before: float | None) -> list[StoredRun]:
    """The newest headers; `before` is in seconds since the epoch."""
    asked = HEADERS.order_by(*NEWEST).limit(limit)
    if before is not None:
        asked = asked.where(runs.c.created_at < before)
    with engine.connect() as connection:
        return [read_run(row) for row in connection.execute(asked).mappings()]
