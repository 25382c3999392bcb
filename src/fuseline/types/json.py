"""What JSON can hold, as types, and the two questions that every reader of it asks."""

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
