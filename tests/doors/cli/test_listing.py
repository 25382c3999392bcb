"""The commands that only tell: models, presets, runs, version and help."""

import json
import subprocess
import sys

from tests.doors.cli.shell import PATIENCE_S, Shell
from tests.requirements import requirement


def test_models_are_listed_with_endpoint_and_prices_and_the_default_panel_with_reasons(shell: Shell):
    listed = shell.run("models")
    assert listed.returncode == 0
    assert next(line for line in listed.stdout.splitlines() if "lab/a" in line).split() == [
        "lab/a", "lab", "?", "?", "1.00", "2.00", "text",
    ]  # fmt: skip
    panels = json.loads(shell.run("models", "--default", "--json").stdout)
    assert list(panels) == ["high", "budget", "fast"]
    assert panels["high"]["panel"] and panels["high"]["reasons"]


def test_presets_are_listed_with_their_seats(shell: Shell):
    assert "general-high (the default): lab/a, lab/b, lab/c\n  analyst lab/judge; writer lab/writer" in (
        shell.run("presets").stdout
    )


@requirement("ours:cli")
def test_a_run_can_be_listed_and_shown_with_all_that_was_said(shell: Shell):
    assert "no runs yet" in shell.run("runs").stderr
    assert shell.run("ask", "Is all well?", "-q").returncode == 0
    run_id, *_ = shell.run("runs", "--limit", "1").stdout.splitlines()[1].split()
    shown = shell.run("runs", "show", run_id).stdout
    for said in (
        "Is all well?",
        "seat 3: lab/c",
        "Answer from a: all is well",
        "Answer from writer",
        "3/3 seats",
        "computed",
    ):
        assert said in shown
    body = json.loads(shell.run("runs", "show", "last", "--json").stdout)
    assert (body["question"], body["run"]["id"], len(body["panel"])) == ("Is all well?", run_id, 3)
    lost = shell.run("runs", "show", "nosuch")
    assert (lost.returncode, lost.stderr.splitlines()[-1]) == (1, "next: fuseline runs")


def test_help_says_the_exit_codes_and_loads_nothing_of_the_gateway(shell: Shell):
    command = [sys.executable, "-X", "importtime", "-m", "fuseline", "--help"]
    done = subprocess.run(command, env=shell.environ, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert "130 interrupted" in " ".join(done.stdout.split())
    assert [
        name
        for name in ("aiohttp", "sqlalchemy", "pydantic", "rich", "fuseline.gateway")
        if f" {name}\n" in done.stderr
    ] == []


def test_version_is_one_line(shell: Shell):
    done = shell.run("--version")
    assert (done.returncode, done.stdout) == (0, shell.run("version").stdout)
    assert done.stdout.startswith("fuseline ")
