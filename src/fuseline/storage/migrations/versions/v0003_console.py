"""What people add to runs: names and stars, votes between answers, and the sums of what they removed."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the three tables."""
    create_marks()
    create_votes()
    create_tallies()


def create_marks() -> None:
    """At most one row for each run."""
    op.create_table(
        "marks",
        sa.Column("run_id", sa.Text, sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("starred", sa.Boolean, nullable=False),
        sa.Column("parent", sa.Text, nullable=False),
        sa.Column("preset", sa.Text, nullable=False),
    )
    op.create_index("marks_starred", "marks", ["run_id"], sqlite_where=sa.text("starred = 1"))
    op.create_index("marks_parent", "marks", ["parent"], sqlite_where=sa.text("parent <> ''"))


def create_votes() -> None:
    """A row for each vote."""
    op.create_table(
        "votes",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("choice", sa.Text, nullable=False),
        sa.Column("left_run", sa.Text, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("left_seat", sa.Integer),
        sa.Column("left_role", sa.Text, nullable=False),
        sa.Column("left_model", sa.Text, nullable=False),
        sa.Column("left_preset", sa.Text, nullable=False),
        sa.Column("right_run", sa.Text, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("right_seat", sa.Integer),
        sa.Column("right_role", sa.Text, nullable=False),
        sa.Column("right_model", sa.Text, nullable=False),
        sa.Column("right_preset", sa.Text, nullable=False),
    )
    op.create_index("votes_at", "votes", ["at"])
    op.create_index("votes_left_run", "votes", ["left_run"])
    op.create_index("votes_right_run", "votes", ["right_run"])


def create_tallies() -> None:
    """A row for each role and model of a run that was removed."""
    op.create_table(
        "tallies",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("cost", sa.BigInteger, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
    )
    op.create_index("tallies_at", "tallies", ["at"])
