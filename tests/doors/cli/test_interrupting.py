"""Runs that are cut short: by Ctrl-C, and by a reader that leaves."""

import json
import signal

from tests.doors.cli.shell import PATIENCE_S, Shell
from tests.requirements import requirement
from tests.upstream import Upstream, hangs, says


@requirement("ours:cli")
def test_ctrl_c_stops_every_call_saves_the_run_and_says_what_was_spent(shell: Shell, upstream: Upstream):
    upstream.script("b", [hangs()])
    upstream.script("c", [hangs()])
    with shell.start("ask", "Why?") as process:
        assert process.stdout and process.stderr
        answered = next(line for line in process.stderr if "seat 1" in line)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait(PATIENCE_S) == 130
        assert process.stdout.read() == ""
    assert "answered" in answered
    upstream.wait_until(lambda: upstream.open_connections() == 0)
    assert [upstream.calls(model)[0].closed_by for model in ("b", "c")] == ["client", "client"]
    assert "interrupted" in said
    assert "seat 1  lab/a" in said
    assert "cancelled" in said
    assert "1/3 seats" in said
    assert "Traceback" not in said
    kept = json.loads(shell.run("runs", "show", "last", "--json").stdout)
    assert kept["run"]["status"] == "cancelled"
    assert [call["error"] for call in kept["usage"]["calls"]] == [None, "cancelled", "cancelled"]


@requirement("ours:cli")
def test_a_reader_that_leaves_ends_the_run_in_silence(shell: Shell, upstream: Upstream):
    upstream.script("writer", [says("One line\n" * 400, chunks=400, pace_s=0.02)])
    with shell.start("ask", "Why?", "--quiet") as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline() == "One line\n"
        process.stdout.close()
        assert process.wait(PATIENCE_S) == 141
        assert process.stderr.read() == ""
    upstream.wait_until(lambda: upstream.open_connections() == 0)
    assert upstream.calls("writer")[0].closed_by == "client"
