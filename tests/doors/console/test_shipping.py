"""How the console's page comes into the package: built from its sources once, and left out where nobody wants it."""

import gzip
import json
import re
from pathlib import Path
from shutil import copytree
from zipfile import ZipFile

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

import hatch_build
from tests.requirements import requirement

pytestmark = requirement("ours:console-shipped")
ROOT = Path(hatch_build.__file__).parent
STATIC = "fuseline/doors/console/static"
LARGEST = 150_000
"""Bytes of script and style that the page may take before anything is on it, compressed."""


def test_the_lock_file_names_no_registry():
    lock = (ROOT / "console" / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    assert [name for name, held in json.loads(lock)["packages"].items() if name and "integrity" not in held] == []


def test_the_page_needs_few_packages_at_run_time():
    package = json.loads((ROOT / "console" / "package.json").read_text("utf-8"))
    assert set(package["dependencies"]) == {"@preact/signals", "dompurify", "marked", "preact", "temml"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project whose page was built from its sources."""
    (tmp_path / "console" / "src").mkdir(parents=True)
    (tmp_path / "console" / "index.html").write_text("<!doctype html>", "utf-8")
    (tmp_path / "console" / "src" / "main.tsx").write_text("start();", "utf-8")
    built = tmp_path / hatch_build.TARGET
    built.mkdir(parents=True)
    (built / hatch_build.STAMP).write_text(hatch_build.digest(tmp_path / "console"), "ascii")
    return tmp_path


def test_a_page_whose_sources_stayed_the_same_is_not_built_again(checkout: Path):
    copytree(ROOT / "tests" / "vectors", checkout / "console" / "node_modules")
    assert hatch_build.is_built(checkout)
    hatch_build.build(checkout)  # there is nothing here that it could build


@pytest.mark.parametrize("change", ["edit", "rename", "add", "remove"])
def test_a_page_is_built_again_after_any_change(checkout: Path, change: str):
    source = checkout / "console" / "src" / "main.tsx"
    match change:
        case "edit":
            source.write_text("begin();", "utf-8")
        case "rename":
            source.rename(source.with_suffix(".ts"))
        case "add":
            source.with_name("more.ts").touch()
        case _:
            source.unlink()
    assert not hatch_build.is_built(checkout)


def test_a_build_that_breaks_leaves_the_page_that_is_there(checkout: Path, monkeypatch: pytest.MonkeyPatch):
    (checkout / "console" / "src" / "more.ts").touch()
    monkeypatch.setattr(hatch_build, "NPM", ("node", "--no-such-option"))
    (checkout / "console" / "package-lock.json").touch()
    with pytest.raises(hatch_build.NoConsole):
        hatch_build.build(checkout)
    assert (checkout / hatch_build.TARGET / hatch_build.STAMP).exists()


def test_a_machine_without_node_gets_one_by_pip_for_as_long_as_it_is_needed(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(checkout))
    assert hatch_build.dependencies(checkout) == []
    (checkout / "console" / "src" / "more.ts").touch()
    assert hatch_build.dependencies(checkout) == [hatch_build.NODE]
    monkeypatch.setenv(hatch_build.UNWANTED, "1")
    assert hatch_build.dependencies(checkout) == []


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ("v20.19.0", True),
        ("v22.12.0", True),
        ("v24.1.0", True),
        ("v18.20.4", False),
        ("v20.18.3", False),
        ("v21.7.3", False),
    ],
)
def test_a_node_that_is_too_old_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, fits: bool
):
    for name in ("node", "npm"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {version}\n", "utf-8")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    node = hatch_build.Node(tmp_path / "node", (str(tmp_path / "npm"),))
    assert hatch_build.node_of_machine() == (node if fits else None)


@pytest.mark.skipif(hatch_build.main("node") != 0, reason="there is no Node to build the page with")
def test_the_wheel_holds_the_page_in_few_small_files(tmp_path: Path):
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with ZipFile(wheel) as archive:
        held = {name.removeprefix(f"{STATIC}/"): archive.read(name) for name in archive.namelist() if STATIC in name}
    page = held["index.html"].decode()
    named = re.findall(r'(?:src|href)="/(assets/[^"]+)"', page)
    first = [name for name in named if name.endswith((".js", ".css"))]
    assert set(named) <= held.keys()
    assert sorted(Path(name).suffix for name in first) == [".css", ".js"]
    assert sum(len(gzip.compress(held[name])) for name in first) < LARGEST
    ever = [name for name in held if name.endswith((".js", ".css"))]
    assert sum(len(held[f"{name}.br"]) for name in ever) < LARGEST  # what is loaded later, too
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", page)


def test_a_wheel_that_wants_no_console_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv(hatch_build.UNWANTED, "1")
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with ZipFile(wheel) as archive:
        assert [name for name in archive.namelist() if STATIC in name] == []
    assert hatch_build.UNWANTED in "".join(capsys.readouterr())


def test_a_source_distribution_holds_sources_and_nothing_built():
    held = {file.distribution_path for file in SdistBuilder(str(ROOT)).recurse_included_files()}
    folder = ROOT / "console"
    console = {f"console/{path.relative_to(folder).as_posix()}" for path in hatch_build.sources(folder)}
    assert console | {"hatch_build.py"} <= held
    assert [name for name in held if name and ("node_modules" in name or name.startswith(hatch_build.TARGET))] == []
