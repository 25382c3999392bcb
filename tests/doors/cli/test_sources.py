"""`--sources` and `runs show` tell where an answer comes from, and what is looked up is told while it happens."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot

from fuseline.doors.cli.account import account_of, account_of_stored
from fuseline.doors.cli.board import Board
from fuseline.doors.cli.plain import PlainView
from fuseline.doors.cli.research import calling, outcome
from fuseline.doors.cli.sources import source_lines
from fuseline.types.deliberation import Source
from fuseline.types.events import Event, LookedUp, SeatJoined, ToolCalled
from fuseline.types.messages import ToolCall
from fuseline.types.runs import Lookup, Speaker
from tests.doors.cli.shell import Shell
from tests.house import ask, hear, house
from tests.requirements import requirement
from tests.upstream import Upstream, fails, says
from tests.wires.runs import RUN

SOLAR = "Solar panels supplied 5.5 percent of the electricity of the world in 2023, up from 4.6 percent a year before"
COPPER = "Copper prices on the London exchange fell to 8,100 dollars a tonne in October for weak demand in China"
ANSWER = f"{SOLAR}. Storage will grow by 77 percent until the year 2031, which nobody in the panel has said at all."
SEAT, ANALYST = Speaker("panel", "lab/b", 1), Speaker("analyst", "lab/judge")
SEARCH = Lookup("search", SEAT, "solar share 2023", 1.0, 0.2, "searx", sources=(Source("https://a.example", "A"),) * 3)
PAGE = Lookup("fetch", SEAT, "https://a.example", 2.0, 0.2, "http", sources=(Source("https://a.example", "All of A"),))
LOOKUPS = (
    SEARCH,
    PAGE,
    Lookup("fetch", ANALYST, "https://a.example", 3.0, 0.0, "cache", sources=PAGE.sources),
    Lookup("fetch", SEAT, "https://b.example/secret", 4.0, 0.1, "http", "blocked:address"),
)


def scripted(upstream: Upstream) -> None:
    """Two seats that say different things, no analyst, and a writer who makes something up."""
    upstream.script("a", [says(f"{SOLAR} (https://ember.example/review).")])
    upstream.script("b", [says(f"{COPPER}.")])
    upstream.script("judge", [fails(400)])
    upstream.script("writer", [says(ANSWER)])


@requirement("ours:provenance-shown")
def test_sources_are_told_behind_the_answer_and_again_by_runs_show(shell: Shell, upstream: Upstream):
    scripted(upstream)
    done = shell.run("ask", "How much?", "--panel", "lab/a,lab/b", "--sources")
    assert done.returncode == 0
    assert done.stdout == ANSWER.replace(". S", ". ([ember.example](https://ember.example/review)) S") + "\n"
    told = done.stderr.partition("--- where it comes from ---\n")[2].partition("\n\n  seat 1 ")[0]
    assert told == snapshot("""\

seat 1: lab/a, alone behind 50% of the sentences
seat 2: lab/b, alone behind 0% of the sentences
a number names a seat; - is nobody's, ? could be several

1         Solar panels supplied 5.5 percent of the electricity of the world in 2023, up from 4.6 percent a year before. ([ember.example](https://ember.example/review))
-         Storage will grow by 77 percent until the year 2031, which nobody in the panel has said at all.

1 citation put back from the seats' answers

in no seat's answer and on no page:
  ! a figure: 77
  ! a figure: 2031

said by one seat alone, and not in the answer:
  seat 2: Copper prices on the London exchange fell to 8,100 dollars a tonne in October for weak demand in China.\
""")
    shown = shell.run("runs", "show", "last")
    assert told in shown.stdout


@requirement("ours:provenance-shown")
def test_nothing_is_traced_unless_somebody_asks(shell: Shell, upstream: Upstream):
    scripted(upstream)
    done = shell.run("ask", "How much?", "--panel", "lab/a,lab/b", "--json", "-q")
    assert "provenance" not in json.loads(done.stdout)
    done = shell.run("ask", "How much?", "--panel", "lab/a,lab/b", "--json", "--sources", "-q")
    found: dict[str, Any] = json.loads(done.stdout)["provenance"]
    assert list(found) == ["sentences", "flags", "dropped", "shares", "own_share", "carried"]
    assert [one["status"] for one in found["sentences"]] == ["single", "none"]
    assert found["sentences"][0]["supports"][0]["model"] == "lab/a"
    assert (found["carried"], found["own_share"]) == (1, None)


@pytest.mark.anyio
@requirement("ours:provenance-shown", "ours:content-off")
@pytest.mark.parametrize("content", [True, False])
async def test_a_run_is_kept_with_its_provenance_unless_texts_are_not_kept(upstream: Upstream, content: bool):
    scripted(upstream)
    async with house(upstream.base_url, store={"content": content}) as opened:
        run, _ = await hear(opened, ask(parameters={"analysis_models": ["lab/a", "lab/b"], "expose": "full"}))
        assert run is not None and run.provenance is not None
        stored = await opened.store.run(run.id)
    assert stored is not None
    assert account_of_stored(stored).provenance == (run.provenance if content else None)
    assert content or "77" not in json.dumps(dict(stored.result))


@requirement("ours:live-research")
@pytest.mark.parametrize(
    ("call", "said"),
    [
        (ToolCall("1", "openrouter_web_search", '{"query": "solar\\nshare"}'), "searches 'solar share'"),
        (ToolCall("1", "openrouter_web_fetch", '{"url": "https://a.example"}'), "reads https://a.example"),
        (ToolCall("1", "openrouter_datetime", "{}"), "calls openrouter_datetime"),
        (ToolCall("1", "openrouter_web_search", "{"), "calls openrouter_web_search"),
        (ToolCall("1", "openrouter_web_search", '{"query": 3}'), "calls openrouter_web_search"),
    ],
)
def test_a_call_says_what_is_looked_up(call: ToolCall, said: str):
    assert calling(call) == said


@requirement("ours:live-research")
def test_an_outcome_says_what_was_found_or_why_nothing_was():
    assert [outcome(one) for one in LOOKUPS] == [
        "found 3 for 'solar share 2023' (searx)",
        "read All of A",
        "read All of A (read before)",
        "could not read it: blocked:address",
    ]


@requirement("ours:live-research")
def test_a_seat_shows_what_it_looks_up_while_it_does():
    search = ToolCall("1", "openrouter_web_search", '{"query": "solar share 2023"}')
    events: list[Event] = [SeatJoined(SEAT), ToolCalled(SEAT, search), *map(LookedUp, LOOKUPS)]
    stream, board = io.StringIO(), Board()
    view = PlainView(stream)
    for event in events:
        view.show(event)
        board.take(event)
    lines = [line.partition("] ")[2] for line in stream.getvalue().splitlines()]
    assert lines == ["searches 'solar share 2023'", *map(outcome, LOOKUPS)]
    part = board.part(SEAT)
    assert (part.note, part.searches, part.pages) == ("could not read it: blocked:address", 1, 1)
    assert part.figures.startswith("1 search · 1 page") or " · 1 search · 1 page" in part.figures


@requirement("ours:provenance-shown")
def test_pages_are_listed_once_with_everybody_who_read_them():
    lines = source_lines(account_of(replace(RUN, lookups=LOOKUPS)))
    assert list(lines)[3:] == [
        "  seat 2 searched 'solar share 2023': 3 results (searx)",
        "  https://a.example - All of A: seat 2, analyst",
        "  https://b.example/secret - blocked:address: seat 2",
    ]
