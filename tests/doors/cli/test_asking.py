"""`fuseline ask` in scripts: what goes to which stream, what goes upstream, and how it exits."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fuseline.types.json import Json
from tests.doors.cli.shell import Shell, asked_of, sent
from tests.house import CANARY
from tests.requirements import requirement
from tests.upstream import Upstream, fails, says

ANALYSIS: dict[str, Json] = {
    "consensus": [{"claim": "All is well", "sources": ["A", "B", "C"], "quote": "", "urls": []}],
    "contradictions": [
        {
            "topic": "How it comes about",
            "stances": [
                {"source": "A", "stance": "like this", "evidence": ""},
                {"source": "B", "stance": "like that", "evidence": "a page"},
            ],
            "better_supported": "B",
        }
    ],
    "partial_coverage": [],
    "unique_insights": [{"claim": "It rains", "source": "C", "quote": "", "urls": []}],
    "blind_spots": ["Whether it snows"],
    "injection_suspected": [],
}


@requirement("ours:cli", "ours:no-secret")
def test_the_answer_is_all_that_goes_to_standard_output_and_the_talk_goes_to_standard_error(
    shell: Shell, upstream: Upstream
):
    upstream.script("writer", [says("All is **well**.")])
    upstream.script("judge", [says(json.dumps(ANALYSIS))])
    upstream.script("c", [fails(503, message="\x1b]0;owned\x07 overloaded")])
    done = shell.run("ask", "Is all well?")
    assert (done.returncode, done.stdout) == (0, "All is **well**.\n")
    assert "seat 1 lab/a [15 tokens" in done.stderr
    assert re.search(r"seat 3 lab/c .* failed \(\w+\)", done.stderr)
    assert re.search(r"> lab/[ab]: like that \(better supported\)", done.stderr)
    assert re.search(r"  writer +lab/writer +[\d,]+ in +\d+ out +\$0\.\d+ +computed +first \d\.\d s", done.stderr)
    assert re.search(
        r"\n2/3 seats · .* · \d\.\d s · \$0\.\d+ · run (gen-\w+-\w+) · fuseline runs show \1\n$", done.stderr
    )
    assert "\x1b" not in done.stderr
    assert CANARY not in done.stdout + done.stderr


@requirement("ours:cli")
def test_json_is_one_object_with_answer_analysis_panel_failures_usage_run_and_sources(shell: Shell, upstream: Upstream):
    upstream.script("b", [fails(401)])
    upstream.script("judge", [says(json.dumps({**ANALYSIS, "contradictions": [], "unique_insights": []}))])
    done = shell.run("ask", "Is all well?", "--json", "--quiet", "--seed", "7")
    body: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(body) == ["answer", "analysis", "panel", "failures", "usage", "run", "sources", "error"]
    assert body["answer"].startswith("Answer from writer")
    assert list(body["analysis"]) == [
        "consensus", "contradictions", "partial_coverage", "unique_insights", "blind_spots",
    ]  # fmt: skip
    assert [(seat["seat"], seat["model"], bool(seat["content"])) for seat in body["panel"]] == [
        (0, "lab/a", True),
        (1, "lab/b", False),
        (2, "lab/c", True),
    ]
    assert [(one["model"], one["reason"], one["status_code"]) for one in body["failures"]] == [
        ("lab/b", "upstream_auth", 401)
    ]
    calls = body["usage"]["calls"]
    assert [call["role"] for call in calls] == ["panel", "panel", "panel", "analyst", "writer"]
    assert body["usage"]["cost"] == pytest.approx(sum(call["cost"] for call in calls))
    assert (body["run"]["status"], body["run"]["degraded"], body["error"]) == ("completed", None, None)


def test_argument_standard_input_and_files_make_one_prompt(shell: Shell, upstream: Upstream, tmp_path: Path):
    (tmp_path / "notes.md").write_text("Some `code`:\n```\nfenced\n```\n")
    done = shell.run(
        "ask",
        "Summarise.",
        "-f",
        "notes.md",
        "-s",
        "Be brief.",
        "-q",
        "--no-stream",
        stdin="From the pipe: ü\n".encode(),
    )
    assert done.returncode == 0
    assert asked_of(upstream, "a") == (
        "Summarise.\n\nFrom the pipe: ü\n\n````notes.md\nSome `code`:\n```\nfenced\n```\n````"
    )
    assert "Be brief." in sent(upstream, "writer")[0]["content"]


def test_self_fusion_asks_one_model_for_everything(shell: Shell, upstream: Upstream):
    assert shell.run("ask", "Why?", "-q", "--self", "lab/b*2").returncode == 0
    assert {call.model for call in upstream.log} == {"b"}
    seats = [asked_of(upstream, "b", number) for number in range(2)]
    assert seats == ["Why?", "Why?"]


def test_a_dash_takes_the_question_from_standard_input_and_panel_analyst_and_writer_can_be_named(
    shell: Shell, upstream: Upstream
):
    named = ["--panel", "lab/c, lab/b", "--analyst", "lab/a", "--writer", "lab/judge"]
    done = shell.run("ask", "-", "--quiet", *named, stdin=b"Why?\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Answer from judge")
    assert asked_of(upstream, "b") == "Why?"
    assert {call.model for call in upstream.log} == {"a", "b", "c", "judge"}


@requirement("ours:cli")
def test_with_nothing_to_call_it_says_what_to_set_and_offers_the_demo(shell: Shell, tmp_path: Path):
    (tmp_path / "fuseline.toml").unlink()
    done = shell.run("ask", "Why?")
    assert (done.returncode, done.stdout) == (3, "")
    assert "OPENROUTER_API_KEY" in done.stderr
    assert done.stderr.endswith("next: fuseline demo\n")


def refused(shell: Shell, *arguments: str) -> tuple[int, list[str]]:
    """The exit code of an `ask` that fails, and the last two lines that it says: the sentence and what to do next."""
    done = shell.run("ask", "Why?", *arguments)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr.splitlines()[-2:]


@requirement("ours:cli")
@pytest.mark.parametrize(
    ("arguments", "code", "sentence", "step"),
    [
        (["--panel", "lab/a,nosuch/nosuch"], 2, "nosuch/nosuch is not a valid model ID", "fuseline models"),
        (["--preset", "nosuch"], 2, "there is no preset nosuch", "fuseline presets"),
        (["--max-cost", "0.000001"], 5, "the limit of $0.0000", "--max-cost"),
    ],
    ids=["model", "preset", "budget"],
)
def test_what_is_wrong_is_told_in_a_sentence_with_what_to_do_next(
    shell: Shell, upstream: Upstream, arguments: list[str], code: int, sentence: str, step: str
):
    exited, (said, next_step) = refused(shell, *arguments)
    assert exited == code
    assert said.startswith("fuseline: ") and sentence in said
    assert next_step.startswith("next: ") and step in next_step
    assert upstream.log == []


@requirement("ours:cli")
@pytest.mark.parametrize(("status", "code"), [(401, 3), (400, 1)])
def test_a_run_that_fails_says_what_was_spent_and_exits_by_the_cause(
    shell: Shell, upstream: Upstream, status: int, code: int
):
    for model in ("a", "b", "c", "writer"):
        upstream.script(model, [fails(status, message="\x1b[2Jno")])
    done = shell.run("ask", "Why?")
    assert (done.returncode, done.stdout) == (code, "")
    assert "0/3 seats" in done.stderr
    assert "\x1b" not in done.stderr
    assert re.search(r"\nfuseline: .*\nnext: fuseline runs show gen-\w+-\w+\n$", done.stderr)


def test_a_failure_is_an_object_too_where_json_is_wanted(shell: Shell, upstream: Upstream):
    for model in ("a", "b", "c", "writer"):
        upstream.script(model, [fails(404)])
    body = json.loads(shell.run("ask", "Why?", "--json").stdout)
    assert (body["answer"], body["run"]["status"], len(body["failures"])) == (None, "failed", 3)
    assert body["error"]["kind"] == "not_found"


def test_a_stream_that_cannot_encode_the_answer_gets_it_all_the_same(shell: Shell, upstream: Upstream):
    upstream.script("writer", [says("naïve → end")])
    done = shell.run("ask", "Why?", "-q", PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stdout) == (0, "na?ve ? end\n")
