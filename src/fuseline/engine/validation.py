"""JSON held against a client's schema: in bounded time, and without fetching anything. The client decides neither."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, cast

import jsonschema
from jsonschema import Draft7Validator, Draft201909Validator, Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema_specifications import REGISTRY as SPECIFICATIONS
from pydantic_core import SchemaError, SchemaValidator, core_schema
from pydantic_core import ValidationError as Mismatch
from referencing import Registry, Specification
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT7, DRAFT201909, DRAFT202012, specification_with

from fuseline.types.json import list_of, object_of

MOST_SECONDS = 2.0
"""Of processor time for one check; what is honest takes a few milliseconds."""
MOST_PATTERNS = 32
"""Compiled patterns that are kept: a hostile one takes ten megabytes."""
MESSAGE_LIMIT = 300
UNTIL: ContextVar[float] = ContextVar("until")
"""When the check under way must end, in processor time of its thread."""

LIBRARY: Any = jsonschema
"""Most of its functions have no types."""

Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]


class Unanswerable(Exception):
    """Whether the value is right cannot be said. `str()` of it says why."""


def flaw_of(schema: Mapping[str, Any]) -> tuple[str, str]:
    """Where a schema is no valid JSON Schema, and why; two empty strings where it is one."""
    UNTIL.set(time.thread_time() + MOST_SECONDS)
    draft, specification = draft_of(schema)
    try:
        schema = bare(schema)
        errors: Any = draft(bare(draft.META_SCHEMA), registry=META_SCHEMAS).iter_errors(schema)
        error: Any = next(errors, None)
        return told(error) if error is not None else ("", stray_reference(schema, specification))
    except (Unanswerable, RecursionError):
        return "", "it is too involved to be checked"


def problem_of(value: Any, schema: Mapping[str, Any]) -> str:
    """What is wrong with a value by a schema, with the path to it; empty where nothing is.

    :raises Unanswerable: when that cannot be found out within bounds.
    """
    UNTIL.set(time.thread_time() + MOST_SECONDS)
    draft, _ = draft_of(schema)
    try:
        found = LIBRARY.exceptions.best_match(draft(bare(schema), registry=Registry[Any]()).iter_errors(value))
    except RecursionError:
        raise Unanswerable("the schema refers to itself without end, or the answer nests too deep") from None
    except Unresolvable as error:
        raise Unanswerable(f"{shortened(repr(error.ref))} refers to nothing within the schema") from None
    except (ArithmeticError, ValueError):
        raise Unanswerable("the answer holds a number that cannot be compared") from None
    return "" if found is None else "at {}: {}".format(*told(found))


def told(error: Any) -> tuple[str, str]:
    """The place of an error and its sentence, both short and fit to be sent."""
    return shortened(error.json_path), shortened(error.message)


def shortened(text: str) -> str:
    """The two ends of a sentence that quotes a value; the value is in the middle or at its beginning."""
    if len(text) > MESSAGE_LIMIT:
        text = f"{text[: MESSAGE_LIMIT // 2]} ... {text[-MESSAGE_LIMIT // 2 :]}"
    return text.encode(errors="replace").decode()


def stray_reference(schema: Mapping[str, Any], specification: Specification[Any]) -> str:
    """Why a reference of a schema leads nowhere within it, if one does."""
    root = specification.create_resource(schema)
    registry = Registry[Any]().with_resource("", root).crawl()
    queue = [(registry.resolver(root.id() or ""), root)]
    while queue:
        in_time()
        resolver, resource = queue.pop()
        contents = object_of(resource.contents)
        for reference in filter(None, (contents.get("$ref"), contents.get("$dynamicRef"))):
            try:
                resolver.lookup(reference)
            except Unresolvable:
                return f"{reference[:100]!r} refers to nothing within the schema, and nothing is fetched"
        queue += [(resolver.in_subresource(part), part) for part in resource.subresources()]
    return ""


def bare(value: Any) -> Any:
    """A schema without `$schema`, by which the library would turn to validators of its own that have no bounds."""
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, Any]", value).items()
        return {key: bare(part) for key, part in pairs if key != "$schema" or not isinstance(part, str)}
    return [bare(part) for part in cast("list[Any]", value)] if isinstance(value, list | tuple) else value


def in_time() -> None:
    """Go on, while there is time.

    :raises Unanswerable: when the check has taken too long.
    """
    if time.thread_time() > UNTIL.get():
        raise Unanswerable("the schema takes too long to check")


def bounded(check: Keyword) -> Keyword:
    """A keyword that watches the time, and whose sentences do not hold whole answers."""

    def within(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        in_time()
        for error in check(validator, value, instance, schema) or ():
            error.message = shortened(error.message)
            yield error
            in_time()

    return within


@lru_cache(MOST_PATTERNS)
def compiled(pattern: str) -> SchemaValidator | None:
    """A pattern for an engine that takes linear time; `None` for one that this engine does not know.

    Those are lookarounds and backreferences, which can take exponential time, and patterns that are too large.
    """
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError:
        return None


def found_in(pattern: str, text: str) -> bool | None:
    """Whether a pattern is found in a text; `None` where the pattern cannot be tried."""
    in_time()
    engine = compiled(pattern)
    if engine is None:
        return None
    try:
        engine.validate_python(text)
    except Mismatch:
        return False
    return True


def check_pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """The keyword `pattern`."""
    if isinstance(instance, str) and found_in(pattern, instance) is False:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def check_pattern_properties(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """The keyword `patternProperties`."""
    for name, part in object_of(instance).items():
        for pattern, subschema in value.items():
            if found_in(pattern, name):
                yield from validator.descend(part, subschema, path=name, schema_path=pattern)


def check_additional_properties(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """The keyword `additionalProperties`; a name that a pattern may have meant is not additional."""
    known, patterns = object_of(schema.get("properties")), object_of(schema.get("patternProperties"))
    for name, part in object_of(instance).items():
        if name in known or any(found_in(pattern, name) is not False for pattern in patterns):
            continue
        if value is False:
            yield ValidationError(f"the property {name!r} is not allowed")
        else:
            yield from validator.descend(part, value, path=name)


def leave_unchecked(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """A keyword for which the library tries patterns with an engine that may take exponential time."""
    return iter(())


def check_unique_items(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """The keyword `uniqueItems`, in a time that does not grow with the square of the list."""
    items = list_of(instance)
    if value and len({identity(item) for item in items}) < len(items):
        yield ValidationError("the list holds an item twice")


def identity(value: Any) -> str:
    """A text that is the same for values that JSON Schema holds to be equal, and for no others."""
    return json.dumps(normal(value), sort_keys=True)


def normal(value: Any) -> Any:
    """A JSON value with its whole numbers in one spelling."""
    if isinstance(value, dict):
        return {key: normal(part) for key, part in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [normal(part) for part in cast("list[Any]", value)]
    return int(value) if isinstance(value, float) and value.is_integer() else value


OWN: Mapping[str, Keyword] = {
    "pattern": check_pattern,
    "patternProperties": check_pattern_properties,
    "additionalProperties": check_additional_properties,
    "uniqueItems": check_unique_items,
    "unevaluatedProperties": leave_unchecked,
}


def within_bounds(draft: Any) -> Any:
    """The validator of a draft with every keyword bounded."""
    known = cast("Mapping[str, Keyword]", draft.VALIDATORS)
    return LIBRARY.validators.extend(draft, {name: bounded(OWN.get(name, check)) for name, check in known.items()})


NEWEST = (within_bounds(Draft202012Validator), DRAFT202012)
DRAFTS: Mapping[str, tuple[Any, Specification[Any]]] = {
    "https://json-schema.org/draft/2019-09/schema": (within_bounds(Draft201909Validator), DRAFT201909),
    "http://json-schema.org/draft-07/schema": (within_bounds(Draft7Validator), DRAFT7),
}
META_SCHEMAS: Registry[Any] = Registry[Any]().with_resources(
    (uri, specification_with(resource.contents["$schema"]).create_resource(bare(resource.contents)))
    for uri, resource in cast("Registry[Any]", SPECIFICATIONS).items()
)


def draft_of(schema: Mapping[str, Any]) -> tuple[Any, Specification[Any]]:
    """The validator and the referencing of the draft that a schema names, or of the newest."""
    named = schema.get("$schema")
    return DRAFTS.get(named.rstrip("#"), NEWEST) if isinstance(named, str) else NEWEST
