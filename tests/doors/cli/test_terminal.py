"""`fuseline ask` on a terminal: lines that are drawn again, and nothing that a model could do to it."""

import json
import re

from tests.doors.cli.shell import Shell
from tests.doors.cli.test_asking import ANALYSIS
from tests.requirements import requirement
from tests.upstream import Upstream, fails, says

COLOUR = re.compile(r"\x1b\[(?:\d+;)*3\d(?:;\d+)*m")
MOVES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
OWNED = "\x1b]0;owned\x07\x9b2J\r"


@requirement("ours:cli")
def test_a_terminal_shows_seats_then_analysis_then_answer_and_obeys_no_model(shell: Shell, upstream: Upstream):
    evil = {**ANALYSIS, "blind_spots": [f"snow{OWNED}"]}
    upstream.script("a", [says(f"{OWNED}well")])
    upstream.script("b", [fails(400, message=f"{OWNED}bad")])
    upstream.script("judge", [says(json.dumps(evil))])
    upstream.script("writer", [says(f"All is {OWNED}well.", pace_s=0.05)])
    code, drawn = shell.on_terminal("ask", "Why?")
    shown = MOVES.sub("", drawn).replace("\r\n", "\n")
    assert code == 0
    assert re.search(r"✓ +seat 1 +lab/a", shown)
    assert re.search(r"✕ +seat 2 +lab/b", shown)
    assert (
        shown.index("seat 1") < shown.index("Agreed") < shown.index("All is ]0;owned2Jwell.") < shown.index("2/3 seats")
    )
    assert "\x1b]0" not in drawn and "\x07" not in drawn and "\x9b" not in drawn
    assert COLOUR.search(drawn)
    assert drawn.rindex("\x1b[?25h") > drawn.rindex("\x1b[?25l")  # the cursor is back


def test_no_color_is_respected(shell: Shell):
    code, drawn = shell.on_terminal("ask", "Why?", NO_COLOR="1")
    assert code == 0
    assert not COLOUR.search(drawn)


def test_a_dumb_terminal_gets_plain_lines(shell: Shell):
    code, drawn = shell.on_terminal("ask", "Why?", TERM="dumb")
    assert code == 0
    assert "\x1b" not in drawn
    assert "seat 1 lab/a [15 tokens" in drawn


@requirement("ours:demo")
def test_the_demo_draws_the_panel_side_by_side(shell: Shell):
    code, drawn = shell.on_terminal("demo", "pump-npsh", "--speed", "30")
    shown = MOVES.sub("", drawn)
    assert code == 0
    assert re.search(r"✓ demo/cedar +─.*✓ demo/juniper +─.*✓ demo/rowan +─", shown)
    assert shown.index("✓ demo/cedar") < shown.index("Agreed") < shown.index("Answer") < shown.index("3/3 seats")
