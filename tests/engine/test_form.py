"""The form of an answer: what a request asks for, what it is told in words, and which texts are in it."""

import json
from typing import Any

import pytest

from fuseline.engine.form import SCHEMA_BYTES, SCHEMA_PATH, Form, Misfit, in_form, read_form, text_in_form
from fuseline.types.errors import InvalidRequest
from fuseline.types.messages import Message, Text, system, user
from fuseline.types.requests import Request
from tests.requirements import requirement

NUMBERS = Form(json.dumps({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}))
OBJECT = Form()


def asks(schema: Any, **more: Any) -> dict[str, Any]:
    """A `response_format` with that schema."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, **more}}


@requirement("wire:response-format")
@pytest.mark.parametrize(
    ("wanted", "form"),
    [
        (None, None),
        ({"type": "text"}, None),
        ({"type": "grammar", "grammar": "root ::= 'a'"}, None),
        ({}, None),
        ({"type": "json_object"}, OBJECT),
        (asks({"type": "object"}), Form('{"type":"object"}')),
        (asks({"type": "object"}, strict=True), Form('{"type":"object"}')),
        ({"type": "json_schema", "json_schema": {"name": "any"}}, OBJECT),
    ],
)
def test_a_form_is_read(wanted: Any, form: Form | None):
    assert read_form(wanted) == form


@requirement("wire:schema-refused")
@pytest.mark.parametrize(
    ("wanted", "param"),
    [
        ({"type": "json_schema"}, "response_format.json_schema"),
        ({"type": "json_schema", "json_schema": "x"}, "response_format.json_schema"),
        (asks("object"), SCHEMA_PATH),
        (asks(True), SCHEMA_PATH),
        (asks({"description": "x" * SCHEMA_BYTES}), SCHEMA_PATH),
    ],
)
def test_a_form_that_cannot_be_is_refused(wanted: Any, param: str):
    with pytest.raises(InvalidRequest) as refused:
        read_form(wanted)
    assert (refused.value.status, refused.value.param) == (400, param)


RIGHT = '{"n": 1}'
FENCED = f"Here it is:\n```json\n{RIGHT}\n```\nGlad to help."


@requirement("wire:response-format")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        (RIGHT, RIGHT),
        (f"\n {RIGHT} \n", RIGHT),
        (FENCED, RIGHT),
        (f"```\n{RIGHT}\n```", RIGHT),
        ('{\n  "n": 1,\n  "code": "```py\\nx\\n```"\n}', '{\n  "n": 1,\n  "code": "```py\\nx\\n```"\n}'),
    ],
)
def test_the_json_of_a_text_is_all_of_it_or_its_only_fence(text: str, found: str):
    assert text_in_form(text, NUMBERS) == text_in_form(text, OBJECT) == found


@requirement("wire:response-format")
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "it is not valid JSON: expecting value, at line 1 column 1"),
        ("The number is 1.", "it is not valid JSON: expecting value, at line 1 column 1"),
        (f"Here it is: {RIGHT}", "it is not valid JSON: expecting value, at line 1 column 1"),
        (f"{FENCED}\n{FENCED}", "it is not valid JSON: expecting value, at line 1 column 1"),
        ('{"n": 1', "it is not valid JSON: expecting ',' delimiter, at line 1 column 8"),
        ('{"n": NaN}', "it is not valid JSON: it holds a number that is none or is too long"),
        ("[" * 100_000, "it is not valid JSON: it nests too deep"),
        ('{"n": "one"}', "at $.n: 'one' is not of type 'integer'"),
        ('```json\n{"n": 1.5}\n```', "at $.n: 1.5 is not of type 'integer'"),
        ("{}", "at $: 'n' is a required property"),
    ],
)
def test_what_is_wrong_with_a_text_is_said(text: str, problem: str):
    assert text_in_form(text, NUMBERS) == Misfit(problem)


@pytest.mark.parametrize("text", ["[]", "1", "null", '"{}"'])
def test_what_is_no_object_will_not_do_for_one(text: str):
    assert text_in_form(text, OBJECT) == Misfit("at $: it is not an object")


def test_a_schema_that_cannot_be_answered_is_not_worth_asking_again_for():
    found = text_in_form("1", Form('{"$ref": "#"}'))
    assert isinstance(found, Misfit)
    assert not found.mendable


@requirement("wire:response-format")
@pytest.mark.parametrize("role", ["system", "developer"])
def test_the_form_is_told_in_the_clients_own_instructions(role: Any):
    told = in_form(Request("m", (Message(role, "Be brief."), user("Why?"))), NUMBERS)
    assert [message.role for message in told.messages] == [role, "user"]
    assert told.messages[0].text.startswith("Be brief.\n\n")
    assert NUMBERS.schema in told.messages[0].text


@pytest.mark.parametrize("first", [user("Why?"), Message("system", (Text("Be brief."),))])
def test_the_form_is_told_in_instructions_of_its_own_where_there_are_none_to_add_to(first: Message):
    told = in_form(Request("m", (first,)), OBJECT)
    assert told.messages[1:] == (first,)
    assert told.messages[0] == system(told.messages[0].text)
    assert "one JSON object" in told.messages[0].text
    assert "Schema" not in told.messages[0].text
