"""A reply made ready to be given again under another id, whichever wire wrote it. It knows no cache.

Wires agree on what matters here: where they name the run, they use its id or the end of it; what was used stands in
`usage`, at the top or in the object that a stream's event carries; when it was, in `created` or `created_at`.
"""

from typing import Any

from pydantic_core import from_json, to_json

from fuseline.storage.base import Sent
from fuseline.types.json import object_of
from fuseline.types.runs import Run

HOLDERS = ("response", "message")
"""Where an event carries the reply as an object."""
TOUCHED = (b'"usage"', b'"openrouter_metadata"', b'"completed_at"')
"""What a payload must mention to be read at all; the others pass as they are."""


def under_new_id(sent: Sent, old_id: str, run: Run) -> Sent:
    """The same reply for another run that used nothing and spent nothing; how the first was routed is left out."""
    body = renamed(sent.body, old_id, run)
    if sent.headers.get("content-type", "").startswith("text/event-stream"):
        body = b"\n\n".join(unbilled_event(block, run) for block in body.split(b"\n\n"))
    else:
        body = unbilled(body, run)
    return Sent(sent.status, sent.headers, body)


def renamed(body: bytes, old_id: str, run: Run) -> bytes:
    """The bytes with one run's id, random part and time of birth in place of another's.

    Text cannot be hit by chance: the id is random, and quotes inside a JSON text are escaped.
    """
    _, old_second, old_end = old_id.split("-")
    _, second, end = run.id.split("-")
    for name in (b"created", b"created_at"):
        body = body.replace(b'"%b":%b' % (name, old_second.encode()), b'"%b":%b' % (name, second.encode()))
    return body.replace(old_id.encode(), run.id.encode()).replace(old_end.encode(), end.encode())


def unbilled_event(block: bytes, run: Run) -> bytes:
    """One event of a stream, with nothing used."""
    if not any(word in block for word in TOUCHED):
        return block
    return b"\n".join(
        b"data: " + unbilled(line[6:], run) if line.startswith(b"data: ") else line for line in block.split(b"\n")
    )


def unbilled(payload: bytes, run: Run) -> bytes:
    """A JSON body with nothing used."""
    body = object_of(from_json(payload))
    for holder in (body, *(object_of(body.get(name)) for name in HOLDERS)):
        holder.pop("openrouter_metadata", None)
        if "usage" in holder:
            holder["usage"] = zeroed(holder["usage"])
        if holder.get("completed_at") is not None:
            holder["completed_at"] = int(run.created_at)
    return to_json(body)


def zeroed(value: Any) -> Any:
    """A value with every figure at zero and every list empty."""
    match value:
        case bool() | str() | None:
            return value
        case dict():
            return {name: zeroed(inner) for name, inner in object_of(value).items()}
        case list():
            return []
        case _:
            return 0
