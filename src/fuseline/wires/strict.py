"""Request bodies read strictly: whatever two readers could read in two ways is refused. It knows no protocol."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from fuseline.types.errors import InvalidRequest
from fuseline.types.json import list_of, object_of

DEPTH_LIMIT = 64
NESTS = (dict, list)
FORBIDDEN = frozenset({"api_base", "base_url", "api_key", "headers", "extra_headers", "user_config"})
"""Fields that would send our keys elsewhere."""
FREE_FORM = frozenset({
    "messages", "input", "function", "response_format", "text", "metadata", "client_metadata",
    "system", "input_schema", "input_examples", "output_config",
})  # fmt: skip
"""Fields whose content is the client's own affair."""


def read_json(body: bytes) -> Mapping[str, Any]:
    """The body as an object.

    :raises InvalidRequest: for anything that is not one well-formed object of well-formed text.
    """
    if not body.strip():
        raise InvalidRequest("the request body is empty")
    try:
        value: Any = READER.decode(body.decode())
    except UnicodeDecodeError:
        raise InvalidRequest("the body must be UTF-8") from None
    except RecursionError:
        raise InvalidRequest(f"the JSON is nested too deep (at most {DEPTH_LIMIT} levels)") from None
    except json.JSONDecodeError as error:
        raise InvalidRequest(f"the body is not valid JSON (at character {error.pos})") from None
    except ValueError as error:
        raise InvalidRequest("a number in the body is out of range") from error
    if not isinstance(value, dict):
        raise InvalidRequest("the body must be a JSON object")
    fields = object_of(value)
    if body.count(b"{") + body.count(b"[") > DEPTH_LIMIT and depth(fields) > DEPTH_LIMIT:
        raise InvalidRequest(f"the JSON is nested too deep (at most {DEPTH_LIMIT} levels)")
    if b"\\u" in body:
        refuse_bad_text(fields, "")
    refuse_overrides(fields, "")
    return fields


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object, refusing one that says a thing twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise InvalidRequest(f"duplicate key {twice[:40]!r}", twice[:40])
    return found


def refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which JSON does not have."""
    raise InvalidRequest(f"{name} is not a finite number")


READER = json.JSONDecoder(object_pairs_hook=unique, parse_constant=refuse_constant)
"""To make one takes as long as to read a short request."""


def parts_of(value: Any, path: str) -> Iterator[tuple[str, str, Any]]:
    """What a JSON value holds: the path, the key and the value of each part."""
    for key, part in object_of(value).items():
        yield f"{path}.{key}" if path else key, key, part
    for index, part in enumerate(list_of(value)):
        yield f"{path}[{index}]", "", part


def depth(value: Any) -> int:
    """How deep a JSON value nests, measured no further than one level past the limit."""
    level, front = 0, [value]
    while level <= DEPTH_LIMIT:
        front = [part for one in front for _, _, part in parts_of(one, "")]
        if not front:
            break
        level += 1
    return level


def refuse_bad_text(value: Any, path: str) -> None:
    """Refuse text that cannot be stored or sent on: NUL, and halves of surrogate pairs."""
    if isinstance(value, str):
        if "\0" in value:
            raise InvalidRequest("NUL is not allowed in text", path, kind="invalid_prompt")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise InvalidRequest("the text holds half of a surrogate pair", path, kind="invalid_prompt")
    for here, _, part in parts_of(value, path):
        refuse_bad_text(part, here)


def refuse_overrides(value: Any, path: str) -> None:
    """Refuse fields that would send our keys elsewhere, at any depth outside what is the client's own affair."""
    for here, key, part in parts_of(value, path):
        if key in FORBIDDEN:
            raise InvalidRequest(f"the parameter {here} is not allowed", here)
        if isinstance(part, NESTS) and key not in FREE_FORM and not is_schema(value, key):
            refuse_overrides(part, here)


def is_schema(value: Any, key: str) -> bool:
    """Whether a part is the schema of a function of the client's, which may speak of anything."""
    return key == "parameters" and object_of(value).get("type") == "function"
