"""The pages say what is there: generated ones are fresh, settings load, links lead somewhere, versions agree."""

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

import fuseline
from fuseline.planner.parameters import FusionParameters
from fuseline.settings.settings import load
from fuseline.types import events
from fuseline.types.errors import BadConfiguration
from fuseline.types.runs import Speaker
from fuseline.wires import report
from scripts import generate_docs
from tests.docs.pages import ROOT, Block, anchors, each, links, pages
from tests.requirements import requirement

EXAMPLE = ROOT / "fuseline.example.toml"


@pytest.mark.parametrize("path", generate_docs.pages(), ids=lambda path: path.name)
def test_a_generated_page_is_up_to_date(path: Path):
    assert path.read_text("utf-8") == generate_docs.pages()[path], "run `make docs`"


def test_the_settings_page_describes_every_key():
    empty = [line for line in generate_docs.configuration().splitlines() if line.endswith("|  |")]
    assert empty == []


@requirement("ours:config")
def test_the_example_loads_and_fills_every_section():
    settings = load(EXAMPLE)
    named = {name for name in type(settings).model_fields if name in settings.model_fields_set}
    assert named == set(type(settings).model_fields)
    assert settings.presets["sceptical"].panel[0] == "lab/deep"


@requirement("ours:config")
def test_the_example_states_the_defaults_where_it_states_no_example():
    stated, untouched = load(EXAMPLE), fuseline.Settings()
    for name in ("server", "fusion", "clocks", "limits", "store", "local"):
        assert getattr(stated, name) == getattr(untouched, name), name


@each("toml")
def test_a_settings_block_loads(block: Block, tmp_path: Path):
    path = tmp_path / "fuseline.toml"
    path.write_text(block.text, "utf-8")
    assert load(path).model_fields_set


@requirement("ours:config")
def test_a_misspelt_key_is_refused_with_its_file_line_and_name(tmp_path: Path):
    path = tmp_path / "fuseline.toml"
    path.write_text(EXAMPLE.read_text("utf-8").replace("\nport =", "\nprot ="), "utf-8")
    line = path.read_text("utf-8").splitlines().index("prot = 8484") + 1
    with pytest.raises(BadConfiguration) as refused:
        load(path)
    assert str(refused.value) == f"{path}, line {line}: server.prot is not a setting; did you mean port?"


@requirement("ours:config")
def test_a_bad_value_of_the_environment_is_not_blamed_on_the_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FUSELINE_SERVER_PORT", "eighty")
    with pytest.raises(BadConfiguration, match=r"^FUSELINE_SERVER_PORT or server\.port: "):
        load(EXAMPLE)


@requirement("ours:config")
def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FUSELINE_SERVER_PORT", "9000")
    settings = load(EXAMPLE)
    assert (settings.server.port, settings.server.max_runs) == (9000, 2000)


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path):
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_version_is_the_newest_of_the_changelog():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest
    assert newest[1] == project["version"]


def test_all_that_is_exported_has_a_home_and_the_reverse():
    assert set(fuseline.__all__) == set(fuseline.HOMES)
    for name in fuseline.__all__:
        assert getattr(fuseline, name).__name__ == name
    page = (ROOT / "docs" / "guides" / "python.md").read_text("utf-8")
    assert [name for name in fuseline.__all__ if f"`{name}`" not in page] == []


def test_a_name_that_is_not_exported_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'council'"):
        _ = fuseline.council  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue]


def test_the_http_page_names_every_parameter():
    page = (ROOT / "docs" / "reference" / "http.md").read_text("utf-8")
    assert [name for name in FusionParameters.model_fields if f"| `{name}` |" not in page] == []


def test_the_http_page_names_every_event():
    page = (ROOT / "docs" / "reference" / "http.md").read_text("utf-8")
    source = Path(report.__file__).read_text("utf-8")
    types = re.findall(r'\{"type": "([a-z_.]+)"', source)
    assert len(types) > len(get_args(events.Event)) // 2
    assert [kind for kind in types if f"`{kind}`" not in page] == []


def test_the_pages_use_the_roles_that_calls_have():
    page = (ROOT / "docs" / "reference" / "http.md").read_text("utf-8")
    roles = get_args(Speaker.__dataclass_fields__["role"].type)
    assert [role for role in roles if f"`{role}`" not in page] == []
