"""Replies that are given again: for a client's key, and from the cache."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the two tables."""
    create_claims()
    create_cached_replies()


def create_claims() -> None:
    """A row for each key that a client sent."""
    op.create_table(
        "claims",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("claimed_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("generation_id", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.Text),
        sa.Column("body", sa.LargeBinary),
    )
    op.create_index("claims_expires_at", "claims", ["expires_at"])
    op.create_index("claims_running", "claims", ["owner"], sqlite_where=sa.text("state = 'running'"))


def create_cached_replies() -> None:
    """A row for each reply in the cache."""
    op.create_table(
        "cached_replies",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("generation_id", sa.Text, nullable=False),
        sa.Column("kept_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("cached_replies_expires_at", "cached_replies", ["expires_at"])
