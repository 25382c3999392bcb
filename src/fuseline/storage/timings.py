"""What the rows of calls tell of how fast and how surely endpoints answer."""

from sqlalchemy import Engine, RowMapping, select, text

from fuseline.storage.schema import calls
from fuseline.types.performance import Timed, timing_of
from fuseline.types.runs import NOT_SENT

TELLING = ("endpoint", "asked", "started_at", "duration_s", "ttft_s", "output_tokens", "error")
TELLS_NOTHING = (NOT_SENT, "cancelled")
"""Ends of a call that no upstream had a part in."""
NEWEST = text("rowid DESC")
"""The order in which rows came, which SQLite keeps without an index."""


def read_timings(engine: Engine, since: float, most: int) -> list[Timed]:
    """How the calls since a moment went, the oldest first, among `most` of the latest."""
    latest = select(*(calls.c[name] for name in TELLING)).order_by(NEWEST).limit(most).subquery()
    told = (latest.c.started_at >= since, latest.c.duration_s.is_not(None), latest.c.error.not_in(TELLS_NOTHING))
    with engine.connect() as connection:
        rows = connection.execute(select(latest).where(*told)).mappings().all()
    return [read_timing(row) for row in reversed(rows)]


def read_timing(row: RowMapping) -> Timed:
    """What one call showed."""
    timing = timing_of(row["error"], row["ttft_s"], row["duration_s"], row["output_tokens"])
    return Timed(row["endpoint"], row["asked"], timing)
