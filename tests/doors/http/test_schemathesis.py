"""Our own document is true: what it calls wrong is refused, replies are what it says, and nothing sent in is a 5xx."""

# schemathesis leaves its generics open
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownParameterType=false
# pyright: reportMissingTypeArgument=false, reportUntypedFunctionDecorator=false, reportUnknownArgumentType=false

import json
import re
from collections.abc import Generator
from functools import cache
from math import ceil
from typing import Any

import pytest
import schemathesis
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from fuseline.doors.console.pages import PAGES, SHARED
from fuseline.doors.http.app import build_app
from fuseline.doors.http.openapi.document import document
from fuseline.doors.http.openapi.meanings import BODY, FUSION, MEANINGS, SEAT
from fuseline.doors.http.openapi.operations import plain
from fuseline.types.json import list_of, object_of
from tests.doors.http.players import Door, open_door
from tests.requirements import requirement

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
GENERATION = {"deterministic": True, "with-security-parameters": False, "database": "none", "allow-x00": False}
SPREAD = 20
Operation = tuple[str, str]
"""A path of the document, and a method on it."""
OPERATIONS: list[Operation] = [(path, method) for path, parts in document()["paths"].items() for method in parts]
HOME = "lab/a"
UNSAYABLE = re.compile(
    r"is not a valid model ID|there is no (tool|preset|model|generation) |min_panel is |cannot be kept|cannot be asked"
    r"|and reasoning.effort differ|nothing that can be read|holds no message|a panel needs a question"
    r"|fusion cannot contain itself|unsupported tool type|nested too deep|surrogate|must match|is a text"
    r"|there is no route GET|leaves no room|no time was left|no endpoint that serves"
)
"""Why a request is refused that is right by itself: it names what is not there, or two of its parts do not agree."""


@cache
def describe(mode: str) -> BaseSchema:
    """The document, from which cases of this kind are made. Those at the limits are left to `at_the_limits`."""
    phases = {"coverage": {"enabled": False}}
    config = SchemathesisConfig.from_dict({"generation": {**GENERATION, "mode": mode}, "phases": phases})
    return schemathesis.openapi.from_dict(document(), config=config)


def at_the_limits(mode: str, operation: Operation) -> list[schemathesis.Case]:
    """Cases of this kind at the limits of an operation's fields: some 20, spread evenly over what may be thousands."""
    path, method = operation
    schema, found = describe(mode), describe(mode)[path][method]
    generation = schema.config.generation_for(operation=found, phase="coverage")
    cases = list(schema.iter_coverage_cases(found, generation_modes=generation.modes, generation_config=generation))
    return cases[:: ceil(len(cases) / SPREAD)]


pytestmark = pytest.mark.slow
SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
bounded = settings(max_examples=12, deadline=None, suppress_health_check=SLOW_IS_FINE)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Generator[Door]:
    """A door whose models answer, in a loop of its own since the client of these tests blocks."""
    store = {"path": tmp_path_factory.mktemp("schemathesis") / "runs.db"}
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(open_door(store=store, local={"probe": False})) as opened,
    ):
        yield opened


@requirement("ours:openapi")
@describe("all").parametrize()
@bounded
def test_the_server_keeps_its_word(case: schemathesis.Case, door: Door):
    keeps_its_word(case, door)


@requirement("ours:openapi")
@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
def test_the_server_keeps_its_word_at_the_limits_of_every_field(operation: Operation, door: Door):
    for case in at_the_limits("all", operation):
        keeps_its_word(case, door)


def keeps_its_word(case: schemathesis.Case, door: Door) -> None:
    """Send a case, which is refused where the document calls it wrong, and answered as the document says."""
    case.body = at_home(case.body)
    lenient = [negative_data_rejection] if case.path.endswith("/count_tokens") else []  # it looks into no parameters
    case.call_and_validate(base_url=door.origin, checks=CHECKS, excluded_checks=lenient)


@requirement("ours:openapi")
@describe("positive").parametrize()
@bounded
def test_what_the_document_calls_right_is_refused_only_for_what_it_cannot_say(case: schemathesis.Case, door: Door):
    is_right(case, door)


@requirement("ours:openapi")
@pytest.mark.parametrize("operation", OPERATIONS, ids=" ".join)
def test_what_is_right_at_the_limits_of_every_field_is_refused_only_for_what_the_document_cannot_say(
    operation: Operation, door: Door
):
    for case in at_the_limits("positive", operation):
        is_right(case, door)


def is_right(case: schemathesis.Case, door: Door) -> None:
    """Send a case, which is answered unless what is wrong with it is beyond a document."""
    case.body = at_home(case.body)
    heard = case.call(base_url=door.origin)
    if heard.status_code >= 400:
        assert UNSAYABLE.search(heard.json()["error"]["message"]), (heard.json(), case.body)


def at_home(value: Any, key: str = "") -> Any:
    """A body whose models are there, so that what else is wrong is not hidden behind their names; whole numbers plain.

    What is no name stays as it is: an empty text, or another type.
    """
    match value:
        case str() if value and key in SLUGS:
            return HOME
        case int() | float() if key == "deadline_s" and 0 < value < 1:
            return 1  # no time is a 504 by right
        case float() if value.is_integer():
            return int(value)
        case list():
            return [at_home(one, key) for one in list_of(value)]
        case dict():
            return {name: at_home(one, name) for name, one in object_of(value).items()}
        case _:
            return value


SLUGS = ("model", "models", "analysis_models", "writer")


def test_every_route_of_the_server_is_described(door: Door):
    app: Any = build_app(door.house)
    while not hasattr(app, "routes"):
        app = app._app
    served = {plain(route.path) for route in app.routes if route.path.startswith("/v1/") or route.path.count("/") == 1}
    bare = {path.removeprefix("/v1") for path in document()["paths"]}
    assert {path for path in served if path.removeprefix("/v1") not in bare} == UNDESCRIBED


UNDESCRIBED = {"/v1/openapi.json", "/openapi.json", *(path for path in PAGES if path.count("/") == 1)} - {SHARED}
"""The document itself, and the pages of the console."""


@requirement("ours:openapi")
@pytest.mark.parametrize("prefix", ["/v1", "/api/v1", ""])
def test_the_document_is_served_to_anybody(prefix: str, door: Door):
    with start_blocking_portal() as portal:
        heard = portal.call(door.get, f"{prefix}/openapi.json")
    assert (heard.status, heard.headers["content-type"], heard.body) == (200, "application/json", document())


@pytest.mark.parametrize("name", document()["components"]["schemas"])
def test_every_shape_of_the_document_is_a_schema_whose_references_lead_somewhere(name: str):
    schemas = document()["components"]["schemas"]
    Draft202012Validator.check_schema(schemas[name])
    found = re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(schemas[name]))
    assert set(found) <= set(schemas)


@pytest.mark.parametrize("name", MEANINGS)
def test_every_field_of_a_request_says_what_it_means(name: str):
    fields = document()["components"]["schemas"][name]["properties"]
    assert [field for field, part in fields.items() if not part.get("description")] == []


def test_no_meaning_is_left_of_a_field_that_has_gone():
    schemas = document()["components"]["schemas"]
    for words in (BODY, FUSION, SEAT):
        named = {field for name, said in MEANINGS.items() if said is words for field in schemas[name]["properties"]}
        assert set(words) <= named
