"""The tables in which runs and replies are kept. Times are seconds since the epoch, money is whole nano-dollars."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

VERSION = "0003"
"""The migration that brings a database to these tables; `migrations/versions` holds the way there."""

metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("requested", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("router", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("finished_at", Double),
    Column("convened", Boolean, nullable=False),
    Column("streamed", Boolean, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("cost_known", Boolean, nullable=False),
    Column("error", Text, nullable=False),
    Column("error_kind", Text, nullable=False),
    Column("degraded", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("prompts", Text, nullable=False, server_default=""),
    Column("request", Text, nullable=False, server_default="{}"),
    Column("result", Text, nullable=False, server_default="{}"),
    Index("runs_created_at", "created_at"),
    Index("runs_running", "owner", sqlite_where=text("status = 'running'")),
)

calls = Table(
    "calls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("run_id", Text, ForeignKey("runs.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("seat", Integer, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("hold", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("cost_source", Text, nullable=False),
    Column("certainty", Text, nullable=False),
    Column("ttft_s", Double),
    Column("duration_s", Double),
    Column("finish_reason", Text, nullable=False),
    Column("error", Text, nullable=False),
    Column("input_tokens", BigInteger),
    Column("output_tokens", BigInteger),
    Column("cached_tokens", BigInteger),
    Column("cache_write_tokens", BigInteger),
    Column("reasoning_tokens", BigInteger),
    Column("reported_cost", BigInteger),
    Index("calls_run_id", "run_id"),
)

events = Table(
    "events",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
)

claims = Table(
    "claims",
    metadata,
    Column("key", Text, primary_key=True),
    Column("token", Text, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("claimed_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("generation_id", Text, nullable=False),
    Column("status", Integer),
    Column("headers", Text),
    Column("body", LargeBinary),
    Index("claims_expires_at", "expires_at"),
    Index("claims_running", "owner", sqlite_where=text("state = 'running'")),
)
"""What became of each key that a client sent with a request, so that the same request is not carried out twice."""

cached_replies = Table(
    "cached_replies",
    metadata,
    Column("key", Text, primary_key=True),
    Column("generation_id", Text, nullable=False),
    Column("kept_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("about", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("cached_replies_expires_at", "expires_at"),
)
"""Good replies that may be given again."""

marks = Table(
    "marks",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id"), primary_key=True),
    Column("title", Text, nullable=False),
    Column("starred", Boolean, nullable=False),
    Column("parent", Text, nullable=False),
    Column("preset", Text, nullable=False),
    Index("marks_starred", "run_id", sqlite_where=text("starred = 1")),
    Index("marks_parent", "parent", sqlite_where=text("parent <> ''")),
)
"""What people, and the console on their behalf, add to a run."""

votes = Table(
    "votes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("at", Double, nullable=False),
    Column("choice", Text, nullable=False),
    Column("left_run", Text, ForeignKey("runs.id"), nullable=False),
    Column("left_seat", Integer),
    Column("left_role", Text, nullable=False),
    Column("left_model", Text, nullable=False),
    Column("left_preset", Text, nullable=False),
    Column("right_run", Text, ForeignKey("runs.id"), nullable=False),
    Column("right_seat", Integer),
    Column("right_role", Text, nullable=False),
    Column("right_model", Text, nullable=False),
    Column("right_preset", Text, nullable=False),
    Index("votes_at", "at"),
    Index("votes_left_run", "left_run"),
    Index("votes_right_run", "right_run"),
)
"""Which of two answers somebody found better. Each side says who wrote it, so that rates need no other table."""

tallies = Table(
    "tallies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("role", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("calls", Integer, nullable=False),
    Index("tallies_at", "at"),
)
"""What runs that were removed had cost, without a word of them: money that is spent stays in the sums."""
