"""Every snippet of the pages works: Python runs against a served house, commands are held against the real ones."""

import re
import shlex
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from anthropic import Anthropic
from anyio import run_process, to_thread
from openai import OpenAI
from pydantic_core import to_json
from typer.core import TyperGroup
from typer.main import get_command

from fuseline.doors.cli.main import app
from fuseline.types.json import Json, JsonObject
from tests.docs.pages import ROOT, Block, blocks, blocks_of, each
from tests.house import house, settings
from tests.served import served
from tests.upstream import Step, fault_upstream, says

pytestmark = pytest.mark.anyio

ORIGIN = "http://127.0.0.1:8484"
CLIENTS = ROOT / "docs" / "guides" / "clients"
NAMED = ("~anthropic/claude-opus-latest", "~anthropic/claude-haiku-latest", "~openai/gpt-latest")
"""Models that snippets name."""
COMPARISON: JsonObject = {
    "consensus": [],
    "contradictions": [],
    "partial_coverage": [],
    "unique_insights": [{"claim": "It scatters.", "source": "A", "quote": "", "urls": []}],
    "blind_spots": [],
}

SKY: JsonObject = {"color": "blue", "reasons": ["It scatters."], "certainty": 0.9}
"""An answer in the form that a snippet asks for."""


@asynccontextmanager
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[str]:
    """A served house, and the same settings for those who open their own; the value is the house's origin."""
    with fault_upstream() as up:
        for model in ("judge", "~anthropic/claude-haiku-latest"):
            up.script(model, [says(to_json(COMPARISON).decode())])
        up.script("writer", [writes])
        known = settings(up.base_url)
        own = {model: {"endpoint": "lab", "name": model, "price_in": "1", "price_out": "2"} for model in NAMED}
        fast: Json = {"panel": ["lab/a"], "analyst": "lab/judge", "writer": "lab/writer"}
        models: Json = {**{slug: table.model_dump(mode="json") for slug, table in known.models.items()}, **own}
        for variable, value in (
            ("ENDPOINTS", {"lab": {"base_url": up.base_url}}),
            ("MODELS", models),
            ("PRESETS", dict.fromkeys(("general-high", "general-budget", "general-fast"), fast)),
        ):
            monkeypatch.setenv(f"FUSELINE_{variable}", to_json(value).decode())
        async with house(up.base_url) as opened, served(opened) as origin:
            monkeypatch.setenv("FUSELINE_URL", origin)
            monkeypatch.setenv("FUSELINE_KEY", "none")
            yield origin


def writes(body: JsonObject) -> Step:
    """A writer that keeps to the form where it is given one."""
    return says(to_json(SKY).decode() if body.get("response_format") else "It scatters.")


def runs_here(block: Block) -> bool:
    """Whether all that a block imports is installed. `make clients` runs the pages of clients that are not."""
    found = re.findall(r"^(?:from|import) (\w+)", block.text, re.MULTILINE)
    return block.page.parent != CLIENTS or all(find_spec(name) for name in found)


@each("python", runs_here)
async def test_a_python_snippet_runs(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)  # where no settings file lies
    async with world(monkeypatch) as origin:
        code = compile(block.text.replace(ORIGIN, origin), block.name, "exec")
        names = {"__name__": "snippet"}
        try:
            await to_thread.run_sync(exec, code, names)
        finally:
            leave(names)
    shown = capsys.readouterr().out
    assert shown.strip()
    assert "nano-dollars)" not in shown, "the snippet's own branch for errors was taken"


def leave(names: Mapping[str, object]) -> None:
    """Close what a script leaves to the end of its process.

    The collector may otherwise come upon a client's socket before the client, in whichever test it happens to run.
    """
    if isinstance(client := names.get("client"), OpenAI | Anthropic):
        client.close()


def test_the_pages_of_the_clients_that_the_tests_use_are_run():
    run = {block.page.name for block in blocks("python") if block.page.parent == CLIENTS and runs_here(block)}
    assert run >= {"openai.md", "anthropic.md"}


def command_lines() -> list[str]:
    """Every line of the pages that calls the command."""
    lines = [line for block in blocks("sh") for line in block.text.splitlines()]
    found = [line[line.index("fuseline ") :] for line in lines if re.match(r"(.*\| )?fuseline ", line)]
    return sorted({shlex.join(shlex.split(line, comments=True)[1:]) for line in found})


@pytest.mark.parametrize("line", command_lines())
def test_a_command_of_the_pages_is_one_that_there_is(line: str):
    group, words = get_command(app), shlex.split(line)
    while isinstance(group, TyperGroup) and words and words[0] in group.commands:
        group, words = group.commands[words[0]], words[1:]
    group.make_context("fuseline", words)


def make_lines() -> list[str]:
    """Every verb of make that the pages name."""
    text = "".join(block.text for block in blocks("sh"))
    return sorted(set(re.findall(r"^make (\w+)", text, re.MULTILINE)))


def test_every_verb_of_the_pages_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    verbs = make_lines()
    assert {"demo", "test", "check"} <= set(verbs)
    assert [verb for verb in verbs if f"\n{verb}:" not in makefile] == []


async def test_the_readme_shows_what_the_demo_prints():
    command = [sys.executable, "-m", "fuseline", "demo", "--plain", "--speed", "1000"]
    printed = without_times((await run_process(command)).stdout.decode())
    shown = without_times(next(iter(blocks_of(ROOT / "README.md", "text"))).text)
    missing = [line for line in shown.splitlines() if line not in printed.splitlines() and line != "..."]
    assert missing == []


def without_times(text: str) -> str:
    """What a run printed, less the seconds it took."""
    return re.sub(r"\d+\.\d s", "some s", text)
