"""Replies that are given again, as rows: what became of clients' keys, and the cache."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from pydantic_core import from_json
from sqlalchemy import Connection, Engine, RowMapping, delete, or_, select, update

from fuseline.storage.base import CachedReply, Claim, Sent
from fuseline.storage.owners import alive
from fuseline.storage.rows import Row, Statement, Upsert, write_json
from fuseline.storage.schema import cached_replies, claims


class Command(NamedTuple):
    """A statement that is carried out once for each row of values."""

    sql: str
    most: int = 1

    def text(self, count: int) -> str:
        """The statement itself."""
        return self.sql


CLAIM = Upsert(claims, claims.c.keys(), "claims.expires_at <= excluded.claimed_at AND claims.state <> 'running'")
SETTLE = Upsert(claims, claims.c.keys(), "claims.token = excluded.token")
SWEEP_CLAIMS = Command("DELETE FROM claims WHERE expires_at <= ? AND state <> 'running'")
FORGET = Command("DELETE FROM cached_replies WHERE key = ?")
CACHE = Upsert(cached_replies, cached_replies.c.keys())
SWEEP_CACHE = Command(
    """
    DELETE FROM cached_replies WHERE expires_at <= ? OR key IN (
        SELECT key FROM (
            SELECT key, sum(size) OVER (ORDER BY kept_at DESC, key ROWS UNBOUNDED PRECEDING) AS filled
            FROM cached_replies
        ) WHERE filled > ?
    )
    """
)
ORDER: tuple[Statement, ...] = (SETTLE, CLAIM, SWEEP_CLAIMS, FORGET, CACHE, SWEEP_CACHE)
"""How they follow one another inside a transaction: a key that is released can be claimed in the same one."""


def write_claim(claim: Claim, statement: Upsert, owner: str) -> Row:
    """The row of a claim. `owner` is the process that answers for it while it is under way."""
    sent = claim.sent
    return Row(
        statement,
        (
            claim.key,
            claim.token,
            claim.fingerprint,
            claim.state,
            owner,
            claim.claimed_at,
            0.0 if claim.state == "released" else claim.expires_at,
            claim.run_id,
            sent.status if sent else None,
            write_json(sent.headers) if sent else None,
            sent.body if sent else None,
        ),
    )


def read_claim(engine: Engine, key: str) -> Claim | None:
    """A claim as it stands; what a dead process left under way has stopped."""
    with engine.connect() as connection:
        row = connection.execute(select(claims).where(claims.c.key == key)).mappings().one_or_none()
    if row is None:
        return None
    claim = Claim(
        key=row["key"],
        token=row["token"],
        fingerprint=row["fingerprint"],
        claimed_at=row["claimed_at"],
        expires_at=row["expires_at"],
        state=row["state"],
        run_id=row["generation_id"],
        sent=None if row["body"] is None else read_sent(row),
    )
    return replace(claim, state="stopped") if claim.state == "running" and not alive(row["owner"]) else claim


def write_cached(reply: CachedReply) -> Row:
    """The row of a cached reply."""
    headers, about = write_json(reply.sent.headers), write_json(reply.about)
    size = len(reply.sent.body) + len(headers) + len(about)
    return Row(
        CACHE,
        (
            reply.key,
            reply.run_id,
            reply.kept_at,
            reply.expires_at,
            size,
            about,
            reply.sent.status,
            headers,
            reply.sent.body,
        ),
    )


def read_cached(engine: Engine, key: str, now: float) -> CachedReply | None:
    """A cached reply, unless it has expired by `now`."""
    fresh = select(cached_replies).where(cached_replies.c.key == key, cached_replies.c.expires_at > now)
    with engine.connect() as connection:
        row = connection.execute(fresh).mappings().one_or_none()
    if row is None:
        return None
    return CachedReply(
        key=row["key"],
        run_id=row["generation_id"],
        kept_at=row["kept_at"],
        expires_at=row["expires_at"],
        sent=read_sent(row),
        about=from_json(row["about"]),
    )


def read_sent(row: RowMapping) -> Sent:
    """The response in a row of either table."""
    headers: Mapping[str, str] = from_json(row["headers"])
    return Sent(row["status"], headers, row["body"])


def tidy(connection: Connection, now: float) -> None:
    """Mark what dead processes left under way as stopped, and drop what has expired. `now` is in epoch seconds."""
    running = claims.c.state == "running"
    dead = [owner for owner in connection.scalars(select(claims.c.owner).where(running).distinct()) if not alive(owner)]
    old_claims = (claims.c.expires_at <= now) & ~running
    old_replies = cached_replies.c.expires_at <= now
    due = connection.scalar(
        select(
            or_(
                select(claims.c.key).where(old_claims).exists(),
                select(cached_replies.c.key).where(old_replies).exists(),
            )
        )
    )
    if not dead and not due:
        return  # nothing to write, so no waiting for whoever writes
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    connection.execute(update(claims).where(running, claims.c.owner.in_(dead)).values(state="stopped", owner=""))
    connection.execute(delete(claims).where(old_claims))
    connection.execute(delete(cached_replies).where(old_replies))
    connection.commit()
