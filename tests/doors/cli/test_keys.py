"""`fuseline keys` as a process: a key goes in unseen, is found and sent, and comes out again."""

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.catalog import vault
from tests.doors.cli.shell import COMMAND, PATIENCE_S, Shell, reads
from tests.house import CANARY
from tests.requirements import requirement
from tests.upstream import Upstream, says

ROOT = str(Path(__file__).parents[3])
STORED = "sk-stored-0123456789abcdef-wxyz"


@pytest.fixture
def bare(shell: Shell) -> Shell:
    """A shell whose environment holds no key."""
    environ = {name: value for name, value in shell.environ.items() if name != "LAB_API_KEY"}
    return Shell(shell.folder, {**environ, "COLUMNS": "100"})


@requirement("ours:cli-keys", "ours:key-bound")
def test_a_key_that_is_stored_is_sent_to_the_endpoint_it_was_stored_for(bare: Shell, upstream: Upstream):
    upstream.script("writer", [says("All is well.")])
    done = bare.run("keys", "set", "lab", stdin=f"{STORED}\n".encode())
    path = bare.run("keys", "path").stdout.strip()
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        f"1 key, ending in wxyz, stored for lab in {path}\nsent to {upstream.origin} and nowhere else\n"
    )
    assert bare.run("ask", "-q", "Why?").stdout == "All is well.\n"
    assert {asked.headers["authorization"] for asked in upstream.log} == {f"Bearer {STORED}"}


@requirement("ours:cli-keys", "ours:no-secret")
def test_on_a_terminal_the_key_is_asked_for_and_not_shown(bare: Shell):
    code, drawn = typed(bare, f"{STORED}\n", "keys", "set", "lab")
    assert code == 0
    assert "Key for lab (http://127.0.0.1:" in drawn and STORED not in drawn
    assert STORED in Path(bare.run("keys", "path").stdout.strip()).read_text()


def typed(shell: Shell, text: str, *arguments: str) -> tuple[int, str]:
    """Run a command that a terminal controls, and type a text when it asks; gives its exit code and what was drawn."""
    ours, theirs = pty.openpty()
    name = os.ttyname(theirs)
    process = subprocess.Popen(
        [*COMMAND, *arguments], cwd=shell.folder, env=dict(shell.environ), start_new_session=True,
        stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=lambda: os.close(os.open(name, os.O_RDWR)),
    )  # fmt: skip
    os.close(theirs)
    drawn = b""
    try:
        for piece in reads(ours):
            drawn += piece
            if drawn.endswith(b": "):
                os.write(ours, text.encode())
        return process.wait(PATIENCE_S), drawn.decode()
    finally:
        process.kill()
        os.close(ours)


@requirement("ours:cli-keys", "ours:no-secret")
def test_a_list_says_where_each_key_comes_from_and_never_more_than_its_end(shell: Shell):
    shell.run("keys", "set", "lab", stdin=STORED.encode())
    shell.run("keys", "set", "openai", stdin=STORED.encode())
    path = shell.run("keys", "path").stdout.strip()
    told = shell.run("keys", "list", GROQ_API_KEY="short")
    lines = [" ".join(line.split()) for line in told.stdout.splitlines()]
    assert lines[0] == "ENDPOINT KEY FROM"
    assert set(lines[1:-1]) == {
        "lab ...6789 LAB_API_KEY",
        f"lab ...wxyz {path} not used: LAB_API_KEY comes first",
        f"openai ...wxyz {path}",
        "groq (set) GROQ_API_KEY",
    }
    assert lines[-1].startswith("no key: ") and "anthropic" in lines[-1] and "openai" not in lines[-1].split(", ")
    listed = json.loads(shell.run("keys", "list", "--json").stdout)
    of = {entry["endpoint"]: entry for entry in listed}
    assert of["openai"] == {
        "endpoint": "openai",
        "origin": "https://api.openai.com",
        "wants_key": True,
        "has_key": True,
        "variables": ["OPENAI_API_KEY"],
        "keys": [{"source": "stored", "name": path, "ending": "wxyz", "unused": None}],
    }
    assert (of["anthropic"]["has_key"], of["azure"]["origin"]) == (False, None)
    assert not {CANARY, STORED} & set(told.stdout.split()) and STORED not in json.dumps(listed)


@requirement("ours:cli-keys")
def test_an_unknown_endpoint_is_refused_with_the_nearest_names(bare: Shell):
    done = bare.run("keys", "set", "openroute", stdin=STORED.encode())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("fuseline: there is no endpoint openroute; did you mean openrouter")
    assert done.stderr.endswith("\nnext: fuseline keys list\n")


@requirement("ours:cli-keys")
def test_several_keys_take_turns_and_are_removed_together(bare: Shell):
    bare.run("keys", "set", "lab", stdin=STORED.encode())
    added = bare.run("keys", "set", "lab", "--add", stdin=f"{CANARY},{STORED}".encode())
    assert added.stderr.startswith("2 keys, ending in 6789 and wxyz, stored for lab in ")
    listed = [line.split()[1] for line in bare.run("keys", "list").stdout.splitlines() if line.startswith("lab ")]
    assert sorted(listed) == ["...6789", "...wxyz"]
    path = bare.run("keys", "path").stdout.strip()
    removed, again = bare.run("keys", "remove", "lab"), bare.run("keys", "remove", "lab")
    assert (removed.returncode, removed.stderr) == (0, f"2 keys removed from {path}\n")
    assert (again.returncode, again.stderr) == (
        1, "fuseline: no key is stored for lab\nnext: fuseline keys list\n",
    )  # fmt: skip
    assert json.loads(Path(path).read_text()) == {}


@requirement("ours:cli-keys")
def test_what_is_removed_says_where_a_key_is_still_found(shell: Shell):
    shell.run("keys", "set", "lab", stdin=STORED.encode())
    assert shell.run("keys", "remove", "lab").stderr.endswith("lab still has the key of LAB_API_KEY\n")


@requirement("ours:cli-keys")
def test_the_keyring_is_used_where_it_is_asked_for_and_turned_on(bare: Shell, tmp_path: Path, upstream: Upstream):
    path = os.pathsep.join((bare.environ["PYTHONPATH"], ROOT))
    kept = {"PYTHON_KEYRING_BACKEND": vault.NAME, vault.FILE: str(tmp_path / "vault"), "PYTHONPATH": path}
    off = Shell(bare.folder, {**bare.environ, **kept})
    on = Shell(bare.folder, {**off.environ, "FUSELINE_KEYS_KEYRING": "true"})
    refused = off.run("keys", "set", "lab", "--keyring", stdin=STORED.encode())
    assert (refused.returncode, "keys.keyring is off" in refused.stderr) == (3, True)
    done = on.run("keys", "set", "lab", "--keyring", stdin=STORED.encode())
    assert done.stderr.startswith("1 key, ending in wxyz, stored for lab in the keyring\n")
    assert STORED not in Path(bare.run("keys", "path").stdout.strip()).read_text()
    upstream.script("writer", [says("All is well.")])
    assert on.run("ask", "-q", "Why?").stdout == "All is well.\n"
    assert {asked.headers["authorization"] for asked in upstream.log} == {f"Bearer {STORED}"}
    locked = Shell(on.folder, {**on.environ, vault.LOCKED: "1"}).run("keys", "list")
    assert (locked.returncode, "KeyringLocked" in locked.stderr) == (3, True)


@requirement("ours:cli-keys", "ours:key-bound")
def test_a_key_that_was_stored_for_another_address_is_not_sent(bare: Shell, upstream: Upstream):
    bare.run("keys", "set", "lab", stdin=STORED.encode())
    settings = bare.folder / "fuseline.toml"
    settings.write_text(settings.read_text().replace("127.0.0.1", "localhost"))
    bare.run("ask", "-q", "Why?")
    assert upstream.log and not any("authorization" in asked.headers for asked in upstream.log)
    told = " ".join(bare.run("keys", "list").stdout.split())
    assert f"not used: it is bound to {upstream.origin}" in told


@requirement("ours:cli-keys")
@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "sentence"),
    [
        (("set", "lab"), b" \n", 2, "no key was given"),
        (("set", "lab"), b"\x1b[31m", 3, "the text holds a character that no key has: copy the key anew"),
        (("set", "azure"), b"key", 3, "a key is bound to an address: set AZURE_RESOURCE_NAME first"),
        (("remove", "nobody"), b"", 1, "no key is stored for nobody"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    bare: Shell, arguments: tuple[str, ...], stdin: bytes, code: int, sentence: str
):
    done = bare.run("keys", *arguments, stdin=stdin)
    assert (done.returncode, done.stderr.splitlines()[0]) == (code, f"fuseline: {sentence}")


@requirement("ours:cli-keys", "ours:no-secret")
def test_a_key_can_not_be_given_where_the_list_of_processes_would_show_it(bare: Shell):
    done = bare.run("keys", "set", "lab", STORED)
    assert done.returncode == 2
    assert "--key " not in bare.run("keys", "set", "--help").stdout


@requirement("ours:cli-keys", "ours:no-secret")
@pytest.mark.parametrize("command", [("ask", "Why?"), ("keys", "list"), ("doctor", "--offline")])
@pytest.mark.parametrize("trouble", ["open", "broken", "control"])
def test_whatever_is_wrong_with_keys_no_command_shows_one_with_its_traceback(
    bare: Shell, command: tuple[str, ...], trouble: str
):
    bare.run("keys", "set", "lab", stdin=STORED.encode())
    path = Path(bare.run("keys", "path").stdout.strip())
    if trouble == "open":
        path.chmod(0o644)
    if trouble == "broken":
        path.write_text(f'{{"lab": "{STORED}"')
    done = bare.run("--debug", *command, OPENAI_API_KEY=f"{STORED}\x01" if trouble == "control" else "")
    assert STORED not in done.stdout + done.stderr
    assert done.returncode != 0
