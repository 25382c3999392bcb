"""A server that is killed in the middle of a run: its keys are not carried out again by the next one."""

import http.client
import json
import signal
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import Popen
from typing import Any
from urllib.parse import urlsplit

from tests.doors.cli.shell import PATIENCE_S, Shell
from tests.requirements import requirement
from tests.upstream import Upstream, hangs, says

KEY = {"Idempotency-Key": "once and no more", "Content-Type": "application/json"}


@contextmanager
def asked(origin: str, stream: bool) -> Generator[http.client.HTTPConnection]:
    """A connection on which a request has been sent under the key."""
    body = {"model": "fuseline/fusion", "messages": [{"role": "user", "content": "Why?"}], "stream": stream}
    with closing(http.client.HTTPConnection(urlsplit(origin).netloc, timeout=PATIENCE_S)) as connection:
        connection.request("POST", "/v1/chat/completions", json.dumps(body), KEY)
        yield connection


def answered(origin: str, stream: bool = True) -> tuple[int, str | None, Any]:
    """What a request under the key is answered with."""
    with asked(origin, stream) as connection, connection.getresponse() as response:
        raw = response.read()
        body = json.loads(raw) if raw.startswith(b"{") else raw
        return response.status, response.headers.get("Idempotent-Replayed"), body


def listening(process: "Popen[str]", ready: Path) -> str:
    """Where a server is, once it says so."""
    assert process.stdout
    process.stdout.readline()
    return ready.read_text().strip()


@requirement("ours:idempotency", "fault:F103")
def test_a_key_whose_server_was_killed_is_not_carried_out_again(shell: Shell, upstream: Upstream, tmp_path: Path):
    ready = tmp_path / "ready"
    serve = ("serve", "--ready-file", str(ready))
    upstream.script("a", [hangs()])
    with shell.start(*serve, PORT="0", FUSELINE_HOME=str(tmp_path)) as process:
        with asked(listening(process, ready), stream=True):
            upstream.wait_until(lambda: len(upstream.log) == 3)
            process.send_signal(signal.SIGKILL)
            process.wait(PATIENCE_S)
    ready.unlink()
    upstream.script("a", [says("now it answers")])
    with shell.start(*serve, PORT="0", FUSELINE_HOME=str(tmp_path)) as process:
        origin = listening(process, ready)
        status, _, body = answered(origin)
        mismatch, _, _ = answered(origin, stream=False)
    assert (status, body["error"]["metadata"]["error_type"]) == (409, "idempotency_cancelled")
    assert mismatch == 422
    assert len(upstream.log) == 3


@requirement("ours:idempotency", "fault:F104")
def test_a_reply_that_was_given_outlives_a_kill(shell: Shell, upstream: Upstream, tmp_path: Path):
    ready = tmp_path / "ready"
    serve = ("serve", "--ready-file", str(ready))
    with shell.start(*serve, PORT="0", FUSELINE_HOME=str(tmp_path)) as process:
        origin = listening(process, ready)
        first, bought = answered(origin), len(upstream.log)
        assert answered(origin) == (200, "true", first[2])  # by now what came of the key is on disk
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_S)
    ready.unlink()
    with shell.start(*serve, PORT="0", FUSELINE_HOME=str(tmp_path)) as process:
        again = answered(listening(process, ready))
    assert (first[:2], again) == ((200, None), (200, "true", first[2]))
    assert len(upstream.log) == bought
