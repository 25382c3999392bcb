"""What JSON can hold, as types; the two questions that every reader of it asks; how our own values become it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
JsonObject: TypeAlias = Mapping[str, Json]


def object_of(value: Any) -> dict[str, Any]:
    """A value as the object that it is, or an empty one where it is none."""
    same: Any = value  # typing.cast is a call, and this is asked a hundred times in a run
    return same if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """A value as the list that it is, or an empty one where it is none."""
    same: Any = value
    return same if isinstance(value, list) else []


def spread(value: Any) -> Json:
    """A value of the house as JSON: a dataclass with slots as an object of its fields, however deep they go.

    It takes a third of what `dataclasses.asdict` does, which copies every leaf.
    """
    same: Any = value
    if isinstance(value, tuple | list):
        return [spread(part) for part in same]
    names: tuple[str, ...] | None = getattr(same, "__slots__", None)
    return same if names is None else {name: spread(getattr(same, name)) for name in names}
