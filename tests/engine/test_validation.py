"""A client's schema decides what is right, but not how long that takes to find out, nor what is fetched for it."""

import socket
import time
from pathlib import Path
from typing import Any

import pytest

from fuseline.engine import validation
from fuseline.engine.validation import Unanswerable, flaw_of, problem_of
from fuseline.types.json import Json
from tests.requirements import requirement

ITEM: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string", "pattern": "^[a-z]+$"}, "price": {"type": "number", "minimum": 0}},
    "required": ["name"],
    "additionalProperties": False,
}
LIST: dict[str, Any] = {"type": "array", "items": {"$ref": "#/$defs/item"}, "$defs": {"item": ITEM}}
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
SECONDS = 0.3
SWITCHES = {"$ref": "#/$defs/q", "$defs": {"q": {"$schema": DRAFT_7, "pattern": "^(a+)+$"}}}
"""A part that names a draft of its own, by which the library would leave our keywords behind."""


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ([{"name": "tea", "price": 2}], ""),
        ([], ""),
        ({}, "at $: {} is not of type 'array'"),
        ([{"price": 2}], "at $[0]: 'name' is a required property"),
        ([{"name": "tea"}, {"name": "Tea"}], "at $[1].name: 'Tea' does not match '^[a-z]+$'"),
        ([{"name": "tea", "price": -1}], "at $[0].price: -1 is less than the minimum of 0"),
        ([{"name": "tea", "size": 1}], "at $[0]: the property 'size' is not allowed"),
    ],
)
def test_a_problem_comes_with_its_path(value: Json, problem: str):
    assert problem_of(value, LIST) == problem


@pytest.mark.parametrize(
    ("schema", "right", "wrong"),
    [
        ({"uniqueItems": True}, [1, True, "1", [1], {"a": 1}], [{"a": 1, "b": 2}, {"b": 2.0, "a": 1}]),
        ({"uniqueItems": False}, [1, 1], None),
        ({"patternProperties": {"^x-": {"type": "integer"}}}, {"x-a": 1, "y": "b"}, {"x-a": "b"}),
        ({"patternProperties": {"^x-": {}}, "additionalProperties": False}, {"x-a": 1}, {"y": 1}),
        ({"properties": {"a": {}}, "additionalProperties": {"type": "string"}}, {"a": 1, "b": "c"}, {"b": 1}),
        ({"$schema": DRAFT_7, "items": [{"type": "string"}]}, ["a", 1], [1]),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None, 1),
        ({"format": "email"}, "no address: formats are words, not rules", None),
    ],
)
def test_what_we_check_ourselves_is_checked_as_the_standard_says(schema: Any, right: Json, wrong: Json):
    assert problem_of(right, schema) == ""
    assert wrong is None or problem_of(wrong, schema).startswith("at $")


NO_SCHEMAS: list[tuple[Any, str, str]] = [
    ({"type": "strin"}, "$.type", "'strin' is not valid"),
    ({"properties": {"a": {"required": "a"}}}, "$.properties.a.required", "is not of type 'array'"),
    ({"items": [{}]}, "$.items", "is not of type"),
    ({"$ref": "#/$defs/lost"}, "", "refers to nothing within the schema"),
    ({"properties": {"a": {"$ref": "lost.json"}}}, "", "refers to nothing within the schema"),
    ({"$ref": 7}, "$['$ref']", "is not of type 'string'"),
]


@requirement("wire:schema-refused")
@pytest.mark.parametrize(("schema", "place", "flaw"), NO_SCHEMAS)
def test_a_schema_that_is_none_is_found_out(schema: Any, place: str, flaw: str):
    found = flaw_of(schema)
    assert found[0] == place
    assert flaw in found[1]


SCHEMAS: list[Any] = [
    {},
    LIST,
    {"$schema": DRAFT_7, "items": [{}, {}], "definitions": {"a": {"$ref": "#/definitions/a"}}},
    {"$schema": "https://json-schema.org/draft/2019-09/schema", "items": [{}], "$recursiveRef": "#"},
    {"$ref": "#name", "$defs": {"a": {"$anchor": "name"}}},
    {"$ref": "https://a.example/b", "$defs": {"a": {"$id": "https://a.example/b"}}},
    {"const": {"$ref": "https://a.example/data-is-no-reference"}},
    {"properties": {"$ref": {"type": "string"}, "$schema": {"type": "string"}}},
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_schema_that_is_one_is_taken(schema: Any):
    assert flaw_of(schema) == ("", "")


@requirement("ours:schema-bounds")
@pytest.mark.parametrize("scheme", ["http://127.0.0.1:{port}/schema.json", "//127.0.0.1:{port}/s", "file://{file}"])
def test_nothing_that_a_schema_refers_to_is_fetched(scheme: str, tmp_path: Path):
    (tmp_path / "schema.json").write_text('{"type": "string"}', "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        schema = {"$ref": scheme.format(port=listener.getsockname()[1], file=tmp_path / "schema.json")}
        _, flaw = flaw_of(schema)
        with pytest.raises(Unanswerable, match="refers to nothing"):
            problem_of(7, schema)
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert "nothing is fetched" in flaw


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that are reached sooner than those in force."""
    monkeypatch.setattr(validation, "MOST_SECONDS", SECONDS)


def doubling(depth: int) -> dict[str, Any]:
    """A schema whose parts refer twice to the next, so that a naive reader works for two to the power of its depth."""
    parts: dict[str, Any] = {"d0": {"type": "string"}}
    for level in range(1, depth):
        again = {"$ref": f"#/$defs/d{level - 1}"}
        parts[f"d{level}"] = {"anyOf": [again, again]}
    return {"$defs": parts, "$ref": f"#/$defs/d{depth - 1}"}


HOSTILE: list[tuple[str, Any, Any]] = [
    ("pattern", {"pattern": "^(a+)+$"}, "a" * 50_000 + "!"),
    ("pattern of names", {"propertyNames": {"pattern": "^(a+)+$"}}, {"a" * 50_000 + "!": 1}),
    ("names", {"patternProperties": {"^(a+)+$": {}}, "additionalProperties": False}, {"a" * 50_000 + "!": 1}),
    ("unevaluated", {"patternProperties": {"^(a|a)+$": {}}, "unevaluatedProperties": False}, {"a" * 50_000 + "!": 1}),
    ("own draft", SWITCHES, "a" * 50_000 + "!"),
    ("many patterns", {"allOf": [{"pattern": rf"\w{{{100 - i % 50}}}{'x' * i}"} for i in range(1000)]}, "a"),
    ("doubling", doubling(60), 1),
    ("endless", {"$ref": "#"}, 1),
    ("endless below", {"properties": {"a": {"allOf": [{"$ref": "#/properties/a"}]}}}, {"a": 1}),
    ("long sentences", {"anyOf": [{"maxProperties": 0}] * 3000}, {"a": "x" * 200_000}),
    ("list of objects", {"uniqueItems": True}, [{"a": i} for i in range(20_000)]),
    ("huge number", {"multipleOf": 0.1}, 10**4000),
    ("no number", {"multipleOf": 2}, float("inf")),
]


@requirement("ours:schema-bounds")
@pytest.mark.parametrize(("schema", "value"), [case[1:] for case in HOSTILE], ids=[case[0] for case in HOSTILE])
def test_a_hostile_schema_is_done_with_in_bounded_time(schema: Any, value: Any, hurry: None):
    began = time.thread_time()
    try:
        problem = problem_of(value, schema)
    except Unanswerable as error:
        problem = str(error)
    assert time.thread_time() - began < SECONDS + 1
    assert len(problem) < 2000


def deep(levels: int) -> dict[str, Any]:
    """A schema within a schema within a schema."""
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"not": schema}
    return schema


HOSTILE_SCHEMAS: list[tuple[str, Any]] = [
    ("many parts", {"anyOf": [{} for _ in range(16_000)]}),
    ("types that are objects", {"type": [{str(number): 0} for number in range(7000)]}),
    ("anchors", {"$defs": {f"d{i}": {"$anchor": f"a{i}", "$ref": f"#a{i}"} for i in range(1000)}}),
    ("deep", deep(20_000)),
]


@requirement("ours:schema-bounds")
@pytest.mark.parametrize("schema", [case[1] for case in HOSTILE_SCHEMAS], ids=[case[0] for case in HOSTILE_SCHEMAS])
def test_to_find_out_whether_a_schema_is_one_takes_bounded_time(schema: Any, hurry: None):
    began = time.thread_time()
    _, flaw = flaw_of(schema)
    assert time.thread_time() - began < SECONDS + 1
    assert len(flaw) < 2000


@requirement("ours:schema-bounds")
def test_a_pattern_that_the_linear_engine_does_not_know_is_not_checked():
    assert problem_of("b", {"pattern": "(?=a)a"}) == problem_of("b", {"pattern": r"(a)\1"}) == ""
    lookaround = {"patternProperties": {"(?=a)a": {"type": "null"}}, "additionalProperties": False}
    assert problem_of({"b": 1}, lookaround) == ""


def test_a_sentence_can_always_be_sent():
    for value in ("\ud800", {"\ud800": 1}):
        problem = problem_of(value, {"type": "null", "additionalProperties": {"type": "string"}})
        assert problem.encode()
