"""Runs as the history lists them: found by what was said, named, starred, and removed for good."""

from collections.abc import Mapping, Sequence

from pydantic_core import from_json
from sqlalchemy import (
    ColumnElement,
    Delete,
    Engine,
    Null,
    RowMapping,
    Select,
    Update,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import sqlite

from fuseline.storage.base import Listed, Marks, Wanted
from fuseline.storage.replies import Command
from fuseline.storage.rows import HEADER, Row, Statement, read_run, well_formed
from fuseline.storage.schema import cached_replies, calls, claims, events, marks, runs, votes

LISTED = 600
"""Characters of a prompt that a list gives."""
NEWEST = (runs.c.created_at.desc(), runs.c.id.desc())
MARK = Command(
    """
    INSERT INTO marks (run_id, title, starred, parent, preset)
    SELECT id, coalesce(?, ''), coalesce(?, 0), coalesce(?, ''), coalesce(?, '') FROM runs WHERE id = ?
    ON CONFLICT (run_id) DO UPDATE SET
        title = coalesce(?, title), starred = coalesce(?, starred),
        parent = coalesce(?, parent), preset = coalesce(?, preset)
    """
)
TALLY_CALLS = Command(
    """
    INSERT INTO tallies (at, role, model, cost, calls)
    SELECT runs.created_at, calls.role, calls.asked, sum(calls.cost), count(*)
    FROM runs JOIN calls ON calls.run_id = runs.id
    WHERE runs.id = ? AND runs.status <> 'running' AND calls.error <> 'not_sent'
    GROUP BY calls.role, calls.asked
    """
)
TALLY_FEES = Command(
    """
    INSERT INTO tallies (at, role, model, cost, calls)
    SELECT created_at, 'search', 'search', fees, 0
    FROM (
        SELECT id, status, created_at,
            cost - (SELECT coalesce(sum(cost), 0) FROM calls WHERE run_id = runs.id) AS fees
        FROM runs
    )
    WHERE id = ? AND status <> 'running' AND fees > 0
    """
)
ENDED = select(runs.c.id).where(runs.c.id == bindparam("run_id"), runs.c.status != text("'running'")).scalar_subquery()
EMPTY: ColumnElement[str] = literal_column("''")
UNKEPT: Mapping[str, ColumnElement[str] | Null] = {
    "state": literal_column("'unkept'"),
    "generation_id": EMPTY,
    "status": null(),
    "headers": null(),
    "body": null(),
}
FORGET: tuple[Delete | Update, ...] = (
    delete(votes).where(votes.c.left_run == ENDED),
    delete(votes).where(votes.c.right_run == ENDED),
    delete(marks).where(marks.c.run_id == ENDED),
    update(marks).where(marks.c.parent == ENDED).values(parent=EMPTY),
    delete(cached_replies).where(cached_replies.c.generation_id == ENDED),
    update(claims).where(claims.c.generation_id == ENDED).values(**UNKEPT),  # a key stays used
    delete(events).where(events.c.run_id == ENDED),
    delete(calls).where(calls.c.run_id == ENDED),
    delete(runs).where(runs.c.id == ENDED),
)
"""What hangs on a run that has ended, and the run itself last."""
REMOVE = (TALLY_CALLS, TALLY_FEES, *(Command(str(one.compile(dialect=sqlite.dialect()))) for one in FORGET))
ORDER: tuple[Statement, ...] = (MARK, *REMOVE)
"""How they follow one another inside a transaction, behind what the runs themselves write."""

FAILED = ("panel.failed", "analysis.failed")
"""The kinds of events that say why a part of a run failed."""
PANEL = (
    select(func.json_extract(events.c.body, "$.panel"))
    .where(events.c.run_id == runs.c.id, events.c.kind == "fusion.started")
    .order_by(events.c.sequence.desc())
    .limit(1)
    .correlate(runs)
    .scalar_subquery()
)
ENTRIES = select(
    *(runs.c[name] for name in HEADER),
    runs.c.prompts,
    func.coalesce(marks.c.title, "").label("title"),
    func.coalesce(marks.c.starred, 0).label("starred"),
    func.coalesce(marks.c.parent, "").label("parent"),
    func.coalesce(marks.c.preset, "").label("preset"),
    func.substr(func.prompt_of(runs.c.request), 1, LISTED).label("prompt"),
    PANEL.label("panel"),
).select_from(runs.outerjoin(marks, marks.c.run_id == runs.c.id))


def write_marks(run_id: str, title: str | None, starred: bool | None, parent: str | None, preset: str | None) -> Row:
    """The row that adds to a run what is not `None`."""
    added = (title, starred, parent, preset)
    return Row(MARK, (*added, run_id, *added))


def write_removal(run_id: str) -> Sequence[Row]:
    """What removes a run; it does nothing to one that is under way."""
    return [Row(statement, (run_id,)) for statement in REMOVE]


def is_left(engine: Engine, run_id: str) -> bool:
    """Whether a run is still there, once the log is folded into the file: what was removed shall stay in neither."""
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return connection.scalar(select(runs.c.id).where(runs.c.id == run_id)) is not None


def read_listed(engine: Engine, run_id: str) -> Listed | None:
    """One run, by its whole id."""
    found = fetch(engine, ENTRIES.where(runs.c.id == run_id))
    return found[0] if found else None


def read_history(engine: Engine, wanted: Wanted) -> list[Listed]:
    """The runs that are wanted, newest first."""
    return fetch(engine, ENTRIES.where(*conditions(wanted)).order_by(*NEWEST).limit(wanted.limit))


def fetch(engine: Engine, asked: Select[*tuple[object, ...]]) -> list[Listed]:
    """What a statement over `ENTRIES` finds."""
    with engine.connect() as connection:
        return [read_entry(row) for row in connection.execute(asked).mappings()]


def read_entry(row: RowMapping) -> Listed:
    """A run with its marks, from a row of `ENTRIES`."""
    noted = Marks(row["title"], bool(row["starred"]), row["parent"], row["preset"])
    return Listed(read_run(row), noted, row["prompt"], tuple(from_json(row["panel"] or "[]")))


def conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What a run must fulfil; the cheap questions first."""
    asked: list[ColumnElement[bool]] = []
    if wanted.before is not None:
        tied = and_(runs.c.created_at == wanted.before, runs.c.id < wanted.before_id)
        asked.append(or_(runs.c.created_at < wanted.before, tied))
    if wanted.status:
        asked.append(runs.c.status == wanted.status)
    if wanted.starred:
        asked.append(marks.c.starred == 1)
    if wanted.model:
        asked.append(or_(holds(runs.c.model, wanted.model), holds(PANEL, wanted.model)))
    if wanted.error:
        asked.append(fails(wanted.error))
    if wanted.search:
        asked.append(mentions(wanted.search))
    return asked


def mentions(words: str) -> ColumnElement[bool]:
    """Whether words stand in a run's prompt, title or answer."""
    answer = func.answer_of(runs.c.result)
    return or_(holds(marks.c.title, words), holds(func.prompt_of(runs.c.request), words), holds(answer, words))


def fails(words: str) -> ColumnElement[bool]:
    """Whether words stand in why a run or a part of it failed; a reason may be written with spaces."""
    reason = words.strip().replace(" ", "_")
    said = (func.json_extract(events.c.body, "$.error"), words), (func.json_extract(events.c.body, "$.reason"), reason)
    part = select(events.c.run_id).where(
        events.c.run_id == runs.c.id, events.c.kind.in_(FAILED), or_(*(holds(text, one) for text, one in said))
    )
    whole = (runs.c.error, words), (runs.c.error_kind, reason), (runs.c.degraded, reason)
    return or_(*(holds(text, one) for text, one in whole), exists(part.correlate(runs)))


def holds(text: ColumnElement[object], part: str) -> ColumnElement[bool]:
    """Whether a part stands in a text. No sign of it has a meaning of its own, and no length is too much."""
    return func.instr(func.folded(text), well_formed(part).casefold()) > 0
