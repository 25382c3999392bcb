"""Entries of `reasoning_details` as a stream cuts them: joined again, and numbered so that readers can join them."""

from collections.abc import Iterable, Mapping, Sequence

from fuseline.types.json import Json, JsonObject

TEXTS: Mapping[str, str] = {"reasoning.text": "text", "reasoning.summary": "summary"}
"""Where the entries that come in pieces have their text."""


def joined(entries: Iterable[JsonObject]) -> list[JsonObject]:
    """The entries with those that a stream cut into pieces put together again; all others stay as they came."""
    groups: list[list[JsonObject]] = []
    for entry in entries:
        if groups and continues(groups[-1][-1], entry):
            groups[-1].append(entry)
        else:
            groups.append([entry])
    return [fold(group) if len(group) > 1 else group[0] for group in groups]


def told(entries: Iterable[JsonObject]) -> str:
    """What the entries say in words."""
    pieces = (entry.get(key) for entry in entries if (key := text_key(entry)))
    return "".join(piece for piece in pieces if isinstance(piece, str))


def text_key(entry: JsonObject) -> str:
    """The field in which an entry has its text; empty for those that have none."""
    kind = entry.get("type")
    return TEXTS.get(kind, "") if isinstance(kind, str) else ""


def continues(last: JsonObject, entry: JsonObject) -> bool:
    """Whether an entry goes on with the one before it, rather than beginning another; a signature ends one."""
    if not text_key(entry) or entry.get("type") != last.get("type") or last.get("signature"):
        return False
    return all(None in (pair := (last.get(key), entry.get(key))) or pair[0] == pair[1] for key in ("index", "id"))


def fold(pieces: Sequence[JsonObject]) -> JsonObject:
    """One entry of several pieces: their texts in a row, and of everything else what was said last."""
    key = text_key(pieces[0])
    known = {name: value for piece in pieces for name, value in piece.items() if value is not None}
    return {**known, key: "".join(str(piece.get(key) or "") for piece in pieces)}


class Places:
    """Numbers the entries of one reply. An upstream's own numbers hold within its turn; turns never share one.

    Readers join pieces by their number: openai-python 3.54 (`_deltas.py`) fails without one, and pydantic-ai 2.68
    (`openrouter.py`) would put two turns' thoughts into one. Seen in November 2026.
    """

    def __init__(self) -> None:
        self._first = 0
        """The number at which this turn begins."""
        self._next = 0
        self._last: JsonObject = {}
        self._place = 0
        """The number of the last entry."""

    def new_turn(self) -> None:
        """What is numbered next comes of another turn."""
        self._first, self._last = self._next, {}

    def number(self, entries: Iterable[JsonObject]) -> list[Json]:
        """The entries, each with its number."""
        return [self._numbered(entry) for entry in entries]

    def _numbered(self, entry: JsonObject) -> Json:
        own = entry.get("index")
        if isinstance(own, int):
            self._place = self._first + own
        elif not continues(self._last, entry):
            self._place = self._next
        self._last = entry
        self._next = max(self._next, self._place + 1)
        return {**entry, "index": self._place}
