"""Votes between two answers as rows, and how often each preset, panelist and writer was found better."""

from sqlalchemy import Engine, Label, RowMapping, Subquery, and_, case, func, not_, or_, select, union_all
from sqlalchemy.sql.elements import ColumnElement

from fuseline.storage.base import Score, Scores, Side, Vote
from fuseline.storage.rows import Row, Statement, Upsert
from fuseline.storage.schema import votes

VOTE = Upsert(votes, votes.c.keys())
ORDER: tuple[Statement, ...] = (VOTE,)
FUSED = "writer"
"""The role of an answer that was written from a panel's."""
SEAT = "panel"
"""The role of an answer that a seat gave."""


def write_vote(vote: Vote) -> Row:
    """The row of a vote."""
    return Row(VOTE, (vote.id, vote.at, vote.choice, *write_side(vote.left), *write_side(vote.right)))


def write_side(side: Side) -> tuple[str, int | None, str, str, str]:
    """The columns of one side, in the order of the table."""
    return (side.run_id, side.seat, side.role, side.model, side.preset)


def read_votes(engine: Engine, run_id: str) -> list[Vote]:
    """The votes on answers of a run, the oldest first."""
    named = or_(votes.c.left_run == run_id, votes.c.right_run == run_id)
    with engine.connect() as connection:
        found = connection.execute(select(votes).where(named).order_by(votes.c.at, votes.c.id))
        return [read_vote(row) for row in found.mappings()]


def read_vote(row: RowMapping) -> Vote:
    """A vote from its row."""
    return Vote(row["id"], row["at"], row["choice"], read_side(row, "left"), read_side(row, "right"))


def read_side(row: RowMapping, side: str) -> Side:
    """One side of a vote."""
    return Side(*(row[f"{side}_{name}"] for name in ("run", "seat", "role", "model", "preset")))


def read_scores(engine: Engine) -> Scores:
    """What all votes add up to."""
    sides = both_sides()
    mine, other = sides.c.role == FUSED, sides.c.other_role == FUSED
    seat, opposite = sides.c.role == SEAT, sides.c.other_role == SEAT
    with engine.connect() as connection:
        counted = connection.scalar(select(func.count()).select_from(votes))

        def scored(name: ColumnElement[str], *which: ColumnElement[bool]) -> tuple[Score, ...]:
            outcomes = [func.count().filter(sides.c.outcome == value) for value in (1, -1, 0)]
            asked = select(name, *outcomes).where(*which).group_by(name).order_by(func.count().desc(), name)
            return tuple(Score(*row) for row in connection.execute(asked))

        return Scores(
            votes=counted or 0,
            presets=scored(sides.c.preset, mine, not_(and_(other, sides.c.other_preset == sides.c.preset))),
            panelists=scored(sides.c.model, seat, or_(other, and_(opposite, sides.c.other_model != sides.c.model))),
            writers=scored(sides.c.model, mine, not_(and_(other, sides.c.other_model == sides.c.model))),
        )


def both_sides() -> Subquery:
    """Every vote twice: as each of its sides saw it. The outcome is 1 for the better answer and -1 for the other."""
    return union_all(select(*seen("left", "right")), select(*seen("right", "left"))).subquery()


def seen(mine: str, other: str) -> list[Label[object]]:
    """A vote from one side."""
    outcome = case((votes.c.choice == mine, 1), (votes.c.choice == other, -1), else_=0)
    return [
        *(votes.c[f"{mine}_{name}"].label(name) for name in ("role", "model", "preset")),
        *(votes.c[f"{other}_{name}"].label(f"other_{name}") for name in ("role", "model", "preset")),
        outcome.label("outcome"),
    ]
