"""`fuseline serve` as a process: ready when it says so, drained when it is told to stop, never open by mistake."""

import json
import signal
import socket
import urllib.request
from pathlib import Path

from tests.doors.cli.shell import PATIENCE_S, Shell
from tests.house import CANARY
from tests.requirements import requirement
from tests.upstream import Upstream, says


def post(url: str) -> str:
    """The answer of the alias at an address."""
    body = {"model": "fuseline/fusion", "messages": [{"role": "user", "content": "Why?"}]}
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(f"{url}/v1/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(asked, timeout=PATIENCE_S) as response:
        return json.load(response)["choices"][0]["message"]["content"]


@requirement("ours:cli")
def test_a_server_is_where_its_ready_file_says_and_exits_0_when_told_to_stop(
    shell: Shell, upstream: Upstream, tmp_path: Path
):
    upstream.script("writer", [says("All is well.")])
    ready = tmp_path / "ready"
    with shell.start("serve", "--ready-file", str(ready), PORT="0") as process:
        assert process.stdout and process.stderr
        greeting = process.stdout.readline()
        url = ready.read_text().strip()
        assert greeting.endswith(f"listens on {url}\n")
        assert post(url) == "All is well."
        process.send_signal(signal.SIGTERM)
        said, logged = process.stdout.read(), process.stderr.read()
        assert process.wait(PATIENCE_S) == 0
    assert f"export OPENAI_BASE_URL={url}/v1" in said
    assert f"curl {url}/v1/chat/completions" in said
    assert "panel general-high: lab/a, lab/b, lab/c" in said
    assert "exposure: this machine only, without a key" in said
    assert f"for Anthropic clients   {url}/api\n" in said
    assert "Traceback" not in logged and "alembic" not in logged
    assert CANARY not in said + logged
    assert not ready.exists()


@requirement("ours:cli")
def test_it_is_not_opened_to_other_machines_without_a_key(shell: Shell):
    done = shell.run("serve", "--host", "0.0.0.0", "--port", "0")
    assert (done.returncode, done.stdout) == (78, "")
    assert "FUSELINE_SERVER_API_KEY" in done.stderr


def test_an_address_that_is_taken_is_told_in_a_sentence(shell: Shell):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = shell.run("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 1
    assert "cannot listen on 127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr
