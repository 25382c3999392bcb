"""The page of the HTTP interface, written from the server's own OpenAPI document."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fuseline.doors.http.openapi.document import ABOUT, document
from fuseline.types.json import list_of, object_of

Schema = Mapping[str, Any]
INTRODUCTION = """# HTTP interface, field by field

This page is the server's own description in words; `GET /openapi.json` serves it as an OpenAPI 3.1 document. What it
calls wrong is refused, and replies are what it says. [HTTP](http.md) tells how the parts work together.
"""
BODIES = "## Shapes of requests\n\nA field without a cross may be absent or null, unless its type says otherwise.\n"
REPLIES = "## Shapes of replies\n\nEvery field is there unless it is marked; objects may hold more than is told here.\n"
WORDS = {"string": "text", "boolean": "true or false", "null": "null", "object": "object", "array": "list"}
BOUNDS = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to", "exclusiveMaximum": "below"}


def api_page() -> str:
    """The whole page."""
    schemas: Mapping[str, Schema] = document()["components"]["schemas"]
    asked = reached(schemas, [shape for _, _, one in operations() for shape in bodies_of(one)], [])
    told = [name for name in schemas if name not in asked]
    return "\n".join(
        [
            f"{INTRODUCTION}\n{ABOUT}\n",
            "## Routes\n",
            *routes(),
            "",
            *(operation(path, method, one) for path, method, one in operations()),
            BODIES,
            *(shape(name, schemas[name], requests=True) for name in asked),
            REPLIES,
            *(shape(name, schemas[name], requests=False) for name in told),
        ]
    )


def operations() -> Iterator[tuple[str, str, Schema]]:
    """Every operation with its path and method."""
    paths: Mapping[str, Mapping[str, Schema]] = document()["paths"]
    for path, methods in paths.items():
        for method, one in methods.items():
            yield path, method.upper(), one


def routes() -> Iterator[str]:
    """A line for each route."""
    yield "| route | key | what it does |"
    yield "|---|---|---|"
    for path, method, one in operations():
        yield f"| `{method} {path}` | {'' if one.get('security') == [] else 'yes'} | {one['summary']} |"


def operation(path: str, method: str, one: Schema) -> str:
    """One operation: what it takes and what it answers."""
    lines = [f"### `{method} {path}`\n", f"{one['summary']}\n"]
    lines += [f"The body is a {link(name)}.\n" for name in bodies_of(one)]
    if one.get("parameters"):
        lines += ["| parameter | in | type | meaning |", "|---|---|---|---|"]
        lines += [cells(parameter_cells(parameter)) for parameter in one["parameters"]]
        lines.append("")
    lines += ["| status | body |", "|---|---|"]
    lines += [cells((status, content_of(answer))) for status, answer in one["responses"].items()]
    return "\n".join(lines) + "\n"


def parameter_cells(parameter: Schema) -> tuple[str, ...]:
    """A parameter of a path or a query."""
    required = ", required" if parameter["required"] else ""
    kind = kind_of(parameter["schema"]) + required
    return f"`{parameter['name']}`", parameter["in"], kind, parameter.get("description", "")


def bodies_of(one: Schema) -> list[str]:
    """The shape of an operation's body, if it has one."""
    content = one.get("requestBody", {}).get("content", {})
    return [name_of(media["schema"]) for media in content.values()]


def content_of(answer: Schema) -> str:
    """What comes with a status."""
    kinds = [kind_of(media["schema"]) for kind, media in answer["content"].items() if kind == "application/json"]
    streams = ["a stream of events"] if "text/event-stream" in answer["content"] else []
    return ", or ".join([*kinds, *streams])


def shape(name: str, schema: Schema, *, requests: bool) -> str:
    """One shape with a line for each of its fields."""
    required, marks = schema.get("required", []), ("", " ×") if requests else (" (optional)", "")
    lines = [f"### {name}\n", f"{' '.join(schema.get('description', '').split())}\n"]
    if schema.get("properties"):
        lines += ["| field | type | meaning |", "|---|---|---|"]
        for field, part in schema["properties"].items():
            mark = marks[field in required]
            lines.append(cells((f"`{field}`{mark}", kind_of(part), " ".join(part.get("description", "").split()))))
        lines.append("")
    return "\n".join(lines)


def reached(schemas: Mapping[str, Schema], names: list[str], found: list[str]) -> list[str]:
    """These shapes and all that are inside them, in the order in which they are met."""
    for name in names:
        if name not in found:
            found.append(name)
            reached(schemas, inside(schemas[name]), found)
    return found


def inside(part: Any) -> list[str]:
    """The shapes that a schema speaks of."""
    fields = object_of(part)
    here = [name_of(fields)] if "$ref" in fields else []
    return here + [name for one in (*fields.values(), *list_of(part)) for name in inside(one)]


def kind_of(schema: Schema) -> str:
    """A type in words, with its range. What may be null is told only in replies, by their types."""
    match schema:
        case {"$ref": _}:
            return link(name_of(schema))
        case {"anyOf": options}:
            return " or ".join(dict.fromkeys(kind_of(option) for option in options))
        case {"enum": values}:
            return " or ".join(f"`{json.dumps(value)}`" for value in values)
        case {"const": value}:
            return f"`{json.dumps(value)}`"
        case {"type": "array", "items": item}:
            return f"list of {kind_of(item)}{length(schema, 'Items', 'of ')}"
        case {"type": "string"}:
            pattern = f", matching `{schema['pattern']}`" if "pattern" in schema else ""
            return f"text{length(schema, 'Length', 'of ', ' characters')}{pattern}"
        case {"type": "integer" | "number" as kind}:
            bounds = [f"{word} {schema[name]:,}" for name, word in BOUNDS.items() if name in schema]
            return " ".join([f"{'whole ' if kind == 'integer' else ''}number", *bounds])
        case {"type": kind}:
            return WORDS[kind]
        case _:
            return "anything"


def length(schema: Schema, what: str, before: str, after: str = "") -> str:
    """How long a text or a list may be."""
    least, most = schema.get(f"min{what}"), schema.get(f"max{what}")
    if least is None and most is None:
        return ""
    if most is None:
        return "" if least == 0 else f", at least {least}{after}"
    return f", {before}{least or 0} to {most:,}{after}"


def name_of(reference: Schema) -> str:
    """The shape that a reference leads to."""
    return str(reference["$ref"]).rpartition("/")[2]


def link(name: str) -> str:
    """A shape's name as a link to it."""
    return f"[{name}](#{name.lower()})"


def cells(values: tuple[str, ...]) -> str:
    """A line of a table."""
    return f"| {' | '.join(value.replace('|', chr(92) + '|') for value in values)} |"
