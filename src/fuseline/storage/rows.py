"""Records turned into rows, and rows back into values. It knows the tables, but no database that is open."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, Protocol, TypeAlias

from pydantic_core import PydanticSerializationError, from_json, to_json
from sqlalchemy import RowMapping, Table, text
from sqlalchemy.dialects import sqlite

from fuseline.storage import schema
from fuseline.storage.base import StoredRun
from fuseline.types.json import Json, JsonObject
from fuseline.types.replies import Usage
from fuseline.types.runs import Call, Noted, Record, Run, RunClosed, RunOpened, Speaker

Values: TypeAlias = tuple[str | int | float | bytes | None, ...]

HEADER = (
    "id",
    "requested",
    "model",
    "provider",
    "router",
    "status",
    "created_at",
    "finished_at",
    "convened",
    "streamed",
    "cost",
    "cost_known",
    "error",
    "error_kind",
    "degraded",
    "owner",
)
"""The columns that a run has from its first moment to its last."""


FIXED = ("id", "run_id", "sequence", "created_at")
"""Keys and indexed columns, which never change once they are written; to leave them alone spares the indexes."""


class Statement(Protocol):
    """Something that a batch does to a table. Values go in by position."""

    @property
    def most(self) -> int:
        """How many rows it can take at once."""
        ...

    def text(self, count: int) -> str:
        """The statement for so many rows at once."""
        ...


class Upsert:
    """A statement that writes rows of one kind, and writes them again without harm where they are already there.

    It is compiled once. Values go in by position, in the order of the table. Rows that are already there change only
    `where` a condition holds, if there is one, and then in the columns `changed`, or in all.
    """

    most = 128

    def __init__(self, table: Table, columns: Sequence[str], where: str = "", changed: Sequence[str] = ()) -> None:
        keys = [column.name for column in table.primary_key]
        insert = sqlite.insert(table)
        changes = {name: insert.excluded[name] for name in changed or columns if name not in (*FIXED, *keys)}
        condition = text(where) if where else None
        statement = insert.on_conflict_do_update(index_elements=keys, set_=changes, where=condition)
        self._one = str(statement.compile(dialect=sqlite.dialect(), column_keys=columns))
        self._texts: dict[int, str] = {}

    def text(self, count: int) -> str:
        """The statement for so many rows at once."""
        if count not in self._texts:
            self._texts[count] = self._one.replace(self._place, ", ".join([self._place] * count), 1)
        return self._texts[count]

    @cached_property
    def _place(self) -> str:
        start = self._one.index("(?")
        return self._one[start : self._one.index(")", start) + 1]


OPEN = Upsert(schema.runs, (*HEADER, "prompts", "request"), changed=("prompts", "request"))
CALL = Upsert(schema.calls, schema.calls.c.keys())
NOTE = Upsert(schema.events, schema.events.c.keys())
CLOSE = Upsert(schema.runs, (*HEADER, "result"))
ORDER = (CLOSE, OPEN, CALL, NOTE)
"""How the kinds follow one another inside a transaction: a call refers to its run, so the run comes first.

Runs end before others begin, for a row that grows at the end of its table moves no other; where the end of a run came
before its beginning, that adds what was asked.
"""


class Row(NamedTuple):
    """One row to be written, or one thing to be done."""

    statement: Statement
    values: Values


def write_row(record: Record, owner: str) -> Row:
    """The row of a record. `owner` is the process that answers for a run while it is open."""
    match record:
        case RunOpened(run, request, prompts):
            return Row(OPEN, (*write_header(run, owner), prompts, write_json(request)))
        case Call():
            return Row(CALL, write_call(record))
        case Noted(run_id, sequence, at, kind, body):
            return Row(NOTE, (run_id, sequence, at, kind, write_json(body)))
        case RunClosed(run, result):
            return Row(CLOSE, (*write_header(run, ""), write_json(result)))


def write_header(run: Run, owner: str) -> Values:
    """The columns of `HEADER`, in its order."""
    return (
        run.id,
        run.requested,
        run.model,
        run.provider,
        run.router,
        run.status,
        run.created_at,
        run.finished_at,
        run.convened,
        run.streamed,
        run.cost,
        run.cost_known,
        run.error,
        run.error_kind,
        run.degraded,
        owner,
    )


def read_run(row: RowMapping, calls: tuple[Call, ...] = (), events: tuple[Noted, ...] = ()) -> StoredRun:
    """A run from its row; request and result are empty where the row was read without them."""
    return StoredRun(
        id=row["id"],
        requested=row["requested"],
        model=row["model"],
        provider=row["provider"],
        router=row["router"],
        status=row["status"],
        created_at=row["created_at"],
        finished_at=row["finished_at"],
        convened=row["convened"],
        streamed=row["streamed"],
        cost=row["cost"],
        cost_known=row["cost_known"],
        error=row["error"],
        error_kind=row["error_kind"],
        degraded=row["degraded"],
        prompts=row["prompts"],
        request=from_json(row.get("request", "{}")),
        result=from_json(row.get("result", "{}")),
        calls=calls,
        events=events,
    )


def write_call(call: Call) -> Values:
    """The columns of `calls`, in the order of the table."""
    used = call.usage
    return (
        call.id,
        call.run_id,
        call.speaker.role,
        call.speaker.model,
        call.speaker.seat,
        call.endpoint,
        call.model,
        call.started_at,
        call.hold,
        call.cost,
        call.cost_source,
        call.certainty,
        call.ttft_s,
        call.duration_s,
        call.finish_reason,
        call.error,
        *(write_usage(used) if used is not None else UNCOUNTED),
    )


def read_call(row: RowMapping) -> Call:
    """A call from its row."""
    return Call(
        id=row["id"],
        run_id=row["run_id"],
        speaker=Speaker(row["role"], row["asked"], row["seat"]),
        endpoint=row["endpoint"],
        model=row["model"],
        started_at=row["started_at"],
        hold=row["hold"],
        cost=row["cost"],
        cost_source=row["cost_source"],
        certainty=row["certainty"],
        ttft_s=row["ttft_s"],
        duration_s=row["duration_s"],
        finish_reason=row["finish_reason"],
        error=row["error"],
        usage=read_usage(row),
    )


UNCOUNTED: Values = (None,) * 6
"""The columns of a usage that no upstream reported, which is not zero."""


def write_usage(usage: Usage) -> Values:
    """The last six columns of `calls`."""
    return (
        usage.input_tokens,
        usage.output_tokens,
        usage.cached_tokens,
        usage.cache_write_tokens,
        usage.reasoning_tokens,
        usage.cost,
    )


def read_usage(row: RowMapping) -> Usage | None:
    """The usage of a call, or `None` where its upstream did not count."""
    if row["input_tokens"] is None:
        return None
    return Usage(
        input_tokens=row["input_tokens"],
        output_tokens=row["output_tokens"],
        cached_tokens=row["cached_tokens"],
        cache_write_tokens=row["cache_write_tokens"],
        reasoning_tokens=row["reasoning_tokens"],
        cost=row["reported_cost"],
    )


def read_event(row: RowMapping) -> Noted:
    """An event from its row."""
    return Noted(row["run_id"], row["sequence"], row["at"], row["kind"], from_json(row["body"]))


def write_json(value: JsonObject) -> str:
    """The JSON text of a value; what cannot be said in JSON becomes null, half a character becomes U+FFFD."""
    try:
        return to_json(value, inf_nan_mode="null", fallback=dict).decode()
    except PydanticSerializationError:  # half a surrogate pair, or a value that the second try refuses again
        return to_json(mended(value), inf_nan_mode="null").decode()


def mended(value: Json) -> Json:
    """The same value with every text well formed."""
    match value:
        case str():
            return well_formed(value)
        case Mapping():
            return {well_formed(key): mended(inner) for key, inner in value.items()}
        case Sequence():
            return [mended(inner) for inner in value]
        case _:
            return value


def well_formed(text: str) -> str:
    """The same text as UTF-8 can hold it: surrogate pairs joined, single halves replaced."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
