"""The demo plays every recording through the real gateway, says so, and never makes anything up."""

import json
import os
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from jsonschema import validate

from fuseline.doors.demo.recordings import Recording, find, recordings
from fuseline.doors.demo.script import compared
from fuseline.doors.demo.upstream import recorded_upstream
from fuseline.engine.material import fenced
from fuseline.engine.schema import COMPARISON
from fuseline.types.deliberation import PanelAnswer, Report
from tests.doors.cli.forge import run_forked
from tests.requirements import requirement

PATIENCE_S = 30.0
each_recording = pytest.mark.parametrize("recording", recordings(), ids=[one.slug for one in recordings()])


def command(*arguments: str, **environ: str) -> subprocess.Popen[str]:
    """The demo as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "fuseline", "demo", *arguments],
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@cache
def played(slug: str) -> "subprocess.CompletedProcess[str]":
    """A demo that is over, of a recording. Each is played once in a process of tests."""
    with tempfile.TemporaryDirectory() as home:
        arguments = ("demo", slug, "--speed", "50", "--plain")
        return run_forked(arguments, Path(home), {**os.environ, "FUSELINE_HOME": home}, b"", PATIENCE_S)


@requirement("ours:demo")
@each_recording
def test_a_demo_shows_every_answer_the_analysis_and_the_final_and_says_that_it_plays_recordings(recording: Recording):
    demo = played(recording.slug)
    assert (demo.returncode, demo.stderr) == (0, "")
    assert "every answer below is a recording" in demo.stdout.splitlines()[0]
    assert "These answers were recordings, and nothing was spent" in demo.stdout.splitlines()[-1]
    assert "kept in a temporary place" in demo.stdout
    for speech in (*recording.panel, recording.writer):
        assert speech.content.strip() in demo.stdout
    for claim in recording.analyst.consensus:
        assert " ".join(claim.claim.split()) in demo.stdout
    for insight in recording.analyst.unique_insights:
        assert f"{' '.join(insight.insight.split())} ({recording.panel[insight.seat].model})" in demo.stdout


@requirement("ours:demo")
@each_recording
def test_a_demo_puts_the_analysis_to_the_right_seats_and_counts_tokens_and_cost(recording: Recording):
    shown = played(recording.slug).stdout
    for point in recording.analyst.contradictions:
        for side in point.stances:
            better = " (better supported)" if side.seat == point.better_supported else ""
            mark = ">" if better else "·"
            assert f"    {mark} {recording.panel[side.seat].model}: {' '.join(side.stance.split())}{better}\n" in shown
    assert (
        len(re.findall(r"^  (?:seat \d|analyst|writer) .* [\d,]+ in +[\d,]+ out +\$0\.\d+ +computed ", shown, re.M))
        == 5
    )
    assert re.search(r"\n3/3 seats · \d contradictions? · \d\.\d s · \$0\.\d+ · run gen-", shown)


def test_the_list_numbers_the_questions_and_a_number_is_as_good_as_a_name():
    with command("--list") as process:
        listed = process.communicate(timeout=PATIENCE_S)[0].splitlines()
    assert [line.split()[:2] for line in listed] == [
        [str(number), f"{one.slug}:"] for number, one in enumerate(recordings(), 1)
    ]
    assert find("2") == find(recordings()[1].slug)


def test_a_question_that_was_not_recorded_is_refused_with_those_that_were():
    with command("nosuch") as process:
        shown, errors = process.communicate(timeout=PATIENCE_S)
        assert (process.wait(), shown) == (2, "")
    assert "postgres-isolation" in errors


@requirement("ours:demo")
@pytest.mark.anyio
@pytest.mark.parametrize(
    ("model", "prompt"),
    [
        ("demo/cedar", "Why is the sky blue?"),
        ("demo/cedar", f"{recordings()[0].question} And why?"),
        ("demo/nosuch", recordings()[0].question),
        ("demo/maple", recordings()[0].question),
        ("demo/alder", recordings()[0].question),
    ],
)
async def test_what_was_not_recorded_is_answered_404_and_never_made_up(model: str, prompt: str):
    body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": prompt}], "stream": True}
    async with recorded_upstream(50) as url, aiohttp.ClientSession() as client:
        async with client.post(f"{url}/chat/completions", json=body) as response:
            assert response.status == 404
            assert (await response.json())["error"]["message"] == "no recording"


@each_recording
def test_the_analyst_speaks_in_the_letters_that_the_prompt_gave_to_the_seats(recording: Recording):
    labels = ("C", "A", "B")
    answers = tuple(PanelAnswer(seat, one.model, one.content) for seat, one in enumerate(recording.panel))
    report = Report("st_1", recording.question, answers, labels=labels)
    said = json.loads(compared(recording, fenced(report, "0123456789abcdef")).content)
    validate(said, COMPARISON)
    assert [one["source"] for one in said["unique_insights"]] == [
        labels[one.seat] for one in recording.analyst.unique_insights
    ]


def test_seats_that_were_not_heard_are_not_spoken_of():
    recording = find("postgres-isolation")
    answers = tuple(
        PanelAnswer(seat, one.model, one.content if seat else "", error="" if seat else "down")
        for seat, one in enumerate(recording.panel)
    )
    said = compared(recording, fenced(Report("st_1", "", answers, labels=("", "B", "A")), "0123456789abcdef")).content
    assert {one["source"] for one in json.loads(said)["unique_insights"]} == {"A", "B"}
