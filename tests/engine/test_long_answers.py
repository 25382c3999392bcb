"""Answers longer than their reader's window: analyst, writer and outer model get digests, and nothing overflows."""

import json
import re
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import pytest

from fuseline.engine.fitting import NO_ROOM, Ration, Rationed, weight
from fuseline.engine.reading import MOST_AT_ONCE, ReadAnswer
from fuseline.tools.base import Scene
from fuseline.tools.clock import Clock
from fuseline.types.deliberation import FUSION_CALL
from fuseline.types.json import JsonObject
from fuseline.types.messages import ToolCall, user
from fuseline.types.requests import Plugin, Request
from fuseline.types.runs import Run, Speaker
from tests.engine.windows import COMPARES, furnished, said, taken
from tests.house import ask, hear, no_research
from tests.requirements import requirement
from tests.upstream import Reply, Upstream, calls_tool, fails, fault_upstream, says

pytestmark = pytest.mark.anyio

NAMES = tuple(f"s{number}" for number in range(8))
WINDOW = 8_192
LENGTH = 31_000


def essay(name: str, length: int = LENGTH) -> str:
    """A long answer with headings, paragraphs and figures, no two passages of it alike."""
    parts = [
        f"## Part {number} of {name}\n\nThe valve {name}-{number} is of the common kind. "
        f"It was built in {1900 + number}. Nobody has looked at it since. "
        f"{'It is as sound as any other of its sort. ' * 12}\n\n"
        f"Its seal holds {number}.{number} bar, see https://example.org/{name}/{number}."
        for number in range(1, length // 600 + 2)
    ]
    return "\n\n".join(parts)[:length]


@pytest.fixture
def upstream() -> Generator[Upstream]:
    with fault_upstream() as running:
        running.script("judge", [COMPARES])
        for name in NAMES:
            running.script(name, [says(essay(name))])
        yield running


async def ran(upstream: Upstream, facts: Mapping[str, Mapping[str, Any]], request: Request | None = None) -> Run:
    """A run of eight seats to its end."""
    seats = {"analysis_models": [f"lab/{name}" for name in NAMES], "seed": 3}
    async with furnished(upstream, {**{name: {} for name in NAMES}, "outer": {}, **facts}) as house:
        run, _ = await hear(house, request or ask("Which valve holds?", seats))
        assert run is not None and run.report is not None
        return run


def by_letter(run: Run) -> dict[str, str]:
    """The full answers, as the analyst could ask for them."""
    assert run.report is not None
    return {label: one.content for label, one in zip(run.report.labels, run.report.answers, strict=True)}


def references(text: str) -> list[tuple[str, int, int]]:
    """The references of all digests in a text."""
    return [(label, int(start), int(end)) for label, start, end in re.findall(r"\[([A-Z]):(\d+)-(\d+)\] ", text)]


def prompt(body: JsonObject) -> str:
    """All that a request says."""
    return "\n".join(str(content) for _, content in said(body))


@requirement("ours:digests", "ours:fits")
async def test_eight_long_answers_fit_a_small_analyst_as_digests_with_references(upstream: Upstream):
    run = await ran(upstream, {"judge": {"context": WINDOW}})
    (call,) = upstream.calls("judge")
    assert taken(call.body) <= WINDOW and int(str(call.body["max_tokens"])) >= 1_024
    found = references(prompt(call.body).partition("The answers, ")[2].partition("<<<ANSWER")[2])
    answers = by_letter(run)
    assert {label for label, _, _ in found} == set("ABCDEFGH") == set(answers)
    assert all(0 <= start < end <= len(answers[label]) == LENGTH for label, start, end in found)
    assert prompt(call.body).count(f"(digest of {LENGTH} characters)>>>") == 8
    assert run.report is not None and run.report.analysis is not None
    assert run.report.warnings == (
        "the analyst (lab/judge) read digests of the answers of "
        + ", ".join(f"seat {seat + 1} (lab/s{seat})" for seat in range(8)),
    )


def reads(*places: tuple[str, int, int]) -> Sequence[Reply]:
    """An analyst that reads these places one after the other, and then compares."""
    return [
        calls_tool("read_answer", {"label": label, "start": start, "end": end}, id=f"call_{number}")
        for number, (label, start, end) in enumerate(places)
    ] + [COMPARES]


@requirement("ours:digests")
async def test_the_analyst_reads_on_exactly_and_its_window_holds_to_the_end(upstream: Upstream):
    upstream.script("judge", reads(("C", 1_000, 1_700), ("H", 30_500, 99_999), ("A", 0, 30_000)))
    run = await ran(upstream, {"judge": {"context": WINDOW}})
    calls = upstream.calls("judge")
    results = [json.loads(content) for role, content in said(calls[-1].body) if role == "tool"]
    answers = by_letter(run)
    assert [(one["label"], one["start"], one["end"]) for one in results[:2]] == [
        ("C", 1_000, 1_700),
        ("H", 30_500, LENGTH),
    ]
    for one in results:
        assert one["text"] == answers[one["label"]][one["start"] : one["end"]]
    assert 0 < results[2]["end"] < MOST_AT_ONCE  # what was left of its window, and no more
    assert all(taken(call.body) <= WINDOW for call in calls)
    assert run.report is not None and run.report.analysis is not None


@requirement("ours:digests")
async def test_an_analyst_that_cannot_call_tools_is_not_offered_any(upstream: Upstream):
    await ran(upstream, {"judge": {"context": WINDOW, "tools": False}})
    body = upstream.calls("judge")[0].body
    assert "tools" not in body and "read_answer" not in prompt(body) and "cannot be read here" in prompt(body)


@requirement("ours:digests")
async def test_an_analyst_with_room_enough_gets_everything_and_no_tool(upstream: Upstream):
    run = await ran(upstream, {"judge": {"context": 1_000_000}})
    body = upstream.calls("judge")[0].body
    assert all(answer in prompt(body) for answer in by_letter(run).values())
    assert "tools" not in body and body["max_tokens"] == 16_000
    assert run.report is not None and run.report.warnings == ()


def too_long_above(characters: int) -> Reply:
    """An analyst that refuses longer prompts, as upstreams do."""
    refused = fails(400, message="maximum context length exceeded", code="context_length_exceeded")
    return lambda body: refused if len(prompt(body)) > characters else COMPARES


@requirement("ours:digests", "fault:F63")
async def test_an_analyst_of_unknown_window_that_finds_it_too_long_is_asked_again_with_half(upstream: Upstream):
    upstream.script("judge", [too_long_above(150_000)])
    run = await ran(upstream, {})
    first, second = upstream.calls("judge")
    assert len(prompt(first.body)) > 8 * LENGTH > 2 * len(prompt(second.body)) - 10_000
    assert "read_answer" in str(second.body["tools"])
    assert run.report is not None and run.report.analysis is not None
    assert "read digests of the answers" in run.report.warnings[0]


@requirement("ours:digests", "fault:F63")
async def test_an_analyst_that_finds_half_too_long_is_given_up(upstream: Upstream):
    upstream.script("judge", [too_long_above(10)])
    run = await ran(upstream, {})
    assert len(upstream.calls("judge")) == 2
    assert run.report is not None and run.report.analysis_failure == "judge_upstream_error"


@requirement("ours:fits")
async def test_an_analyst_too_small_for_digests_is_not_called_and_its_substitute_is(upstream: Upstream):
    upstream.script("b", [COMPARES])
    async with furnished(upstream, {"judge": {"context": 1_500}}, fusion={"analyst_fallbacks": ["lab/b"]}) as house:
        run, _ = await hear(house, ask())
    assert run is not None and run.report is not None and run.report.analysis is not None
    assert upstream.calls("judge") == [] and run.report.analyst == "lab/b"


@requirement("ours:fits", "ours:repair")
async def test_a_repair_fits_the_window_too(upstream: Upstream):
    upstream.script("judge", [says("They agree. " * 900), COMPARES])
    run = await ran(upstream, {"judge": {"context": WINDOW}})
    first, second = upstream.calls("judge")
    assert "(left out)" in prompt(second.body) and taken(second.body) <= WINDOW
    assert taken(first.body) <= WINDOW and run.report is not None and run.report.analysis is not None


@requirement("ours:digests", "ours:fits")
async def test_a_question_too_long_for_the_analyst_is_a_digest_that_it_can_read_on(upstream: Upstream):
    upstream.script("judge", reads(("Q", 20_000, 20_300)))
    question = essay("the question", 30_000)
    async with furnished(upstream, {"judge": {"context": WINDOW}}) as house:
        run, _ = await hear(house, ask(question))
    first, second = upstream.calls("judge")
    assert "(digest of 30000 characters)>>>\n[Q:0-" in prompt(first.body) and taken(first.body) <= WINDOW
    assert json.loads(said(second.body)[-1][1])["text"] == question[20_000:20_300]
    assert run is not None and run.report is not None
    assert run.report.warnings == ("the analyst (lab/judge) read a digest of the question",)


@requirement("ours:digests", "ours:fits")
async def test_a_writer_with_a_small_window_gets_digests_and_the_reply_says_so(upstream: Upstream):
    run = await ran(upstream, {"writer": {"context": 16_000}})
    (call,) = upstream.calls("writer")
    assert taken(call.body) <= 16_000 and int(str(call.body["max_tokens"])) >= 4_000
    assert {label for label, _, _ in references(prompt(call.body))} >= set("ABCDEFGH")
    assert "<<<ANSWER A" in prompt(call.body) and "read_answer" not in prompt(call.body)
    assert run.report is not None and run.report.warnings[0].startswith("the writer (lab/writer) read digests of")
    assert run.reply is not None and run.reply.text.startswith("Answer from writer")


@requirement("ours:fits")
async def test_a_writer_gives_up_the_oldest_messages_and_keeps_the_last(upstream: Upstream):
    turns = tuple(user(f"Turn {number}. {'word ' * 1_000}") for number in range(9))
    async with furnished(upstream, {"writer": {"context": 16_000}}) as house:
        run, _ = await hear(house, Request("openrouter/fusion", (*turns, user("And now?"))))
    body = upstream.calls("writer")[0].body
    assert "were left out because" in prompt(body) and "And now?" in prompt(body) and taken(body) <= 16_000
    assert run is not None and run.report is not None
    assert re.match(r"the writer \(lab/writer\): the first \d messages were left out", run.report.warnings[0])


@requirement("ours:digests", "ours:fits")
async def test_an_outer_model_with_a_small_window_gets_digests_in_the_tool_result(upstream: Upstream):
    seats = {"analysis_models": [f"lab/{name}" for name in NAMES], "model": "lab/judge"}
    request = Request(
        "lab/outer", (user("Which valve?"),), max_tokens=2_000, plugins=(Plugin("fusion", parameters=seats),)
    )
    upstream.script("outer", [calls_tool(FUSION_CALL, {"prompt": "Which valve holds?"}), says("All.")])
    run = await ran(upstream, {"outer": {"context": 16_000}}, request)
    body = upstream.calls("outer")[1].body
    result = json.loads(said(body)[-1][1])
    assert taken(body) <= 16_000 and len(result["responses"]) == 8
    assert all(one["content"].startswith(f"(digest of {LENGTH} characters)\n[") for one in result["responses"])
    assert "copied from there" in result["digests"]
    assert run.report is not None and run.report.warnings[0].startswith("the outer (lab/outer) read digests")


TEXT = "Näher 日本. " * 3_000
SCENE = Scene(Speaker("analyst", "lab/judge"), no_research())


def read_call(arguments: object) -> ToolCall:
    """A call of the tool."""
    return ToolCall("c", "read_answer", arguments if isinstance(arguments, str) else json.dumps(arguments))


@requirement("ours:digests")
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("no json", "invalid_arguments"),
        ("[" * 9_999, "invalid_arguments"),
        ("[]", "unknown_label"),
        ({"label": "B", "start": 0, "end": 9}, "unknown_label"),
        ({"label": "A", "start": 9, "end": 9}, "bad_range"),
        ({"label": "A", "start": -1, "end": 9}, "bad_range"),
        ({"label": "A", "start": True, "end": 9}, "bad_range"),
        ({"label": "A", "start": 0}, "bad_range"),
        ({"label": "A", "start": len(TEXT), "end": len(TEXT) + 9}, "bad_range"),
    ],
)
async def test_a_reading_that_makes_no_sense_gets_an_error_that_says_why(arguments: object, error: str):
    result = await ReadAnswer({"A": TEXT}, Ration(10_000))(read_call(arguments), SCENE)
    assert json.loads(result.text)["error"] == error


@requirement("ours:digests")
async def test_one_reading_has_a_most_and_all_together_have_a_ration():
    ration = Ration(10_000)
    tool = ReadAnswer({"A": TEXT}, ration)
    wanted = read_call({"label": " a", "start": 7, "end": len(TEXT)})
    ends: list[int] = []
    while "text" in (part := json.loads((await tool(wanted, SCENE)).text)):
        assert part["text"] == TEXT[7 : part["end"]] and part["label"] == "A"
        ends.append(part["end"] - 7)
    assert ends[0] == MOST_AT_ONCE > ends[-1] and part["error"] == "no_room" and ration.left >= 0


@requirement("ours:fits")
async def test_a_tool_whose_result_has_no_room_says_so():
    call = ToolCall("c", "openrouter_datetime", "{}")
    ration = Ration(60)
    clock = Rationed(Clock({}), ration)
    first, second, third = [await clock(call, SCENE) for _ in range(3)]
    assert "datetime" in first.text and third is NO_ROOM and clock.spec is Clock.spec
    assert ration.left == 60 - sum(weight(call.name + "{}" + one.text) for one in (first, second) if one is not NO_ROOM)
