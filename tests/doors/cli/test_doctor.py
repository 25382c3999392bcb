"""What the doctor says of settings, home, port, catalogue and presets, and what scripts get of it."""

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from fuseline.catalog import facts
from fuseline.doors.cli.doctor import catalogue
from fuseline.doors.cli.doctor.checks import Check
from fuseline.doors.cli.doctor.report import lines
from fuseline.doors.cli.serve import listening
from fuseline.doors.cli.terminal import CONTROLS
from fuseline.storage.connections import connect
from tests.doors.cli.examining import Examine, examining, lab, rounded
from tests.doors.cli.shell import PATIENCE_S, Shell
from tests.doors.cli.vendor import listing, lists_for, vendor
from tests.house import CANARY, furnish
from tests.requirements import requirement

KEY = {"LAB_API_KEY": CANARY}
WATCHED = """
import runpy, sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "socket.gethostbyname"):
        print("network", event, arguments, file=sys.stderr)
sys.addaudithook(watch)
sys.argv = ["fuseline", *sys.argv[1:]]
runpy.run_module("fuseline", run_name="__main__")
"""


@pytest.fixture
def examine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Examine:
    return examining(tmp_path, monkeypatch, capsys)


@requirement("ours:doctor")
def test_where_nothing_is_configured_the_code_is_3_and_the_fix_says_what_to_set(examine: Examine):
    found = examine()
    assert (found.code, found.faults) == (3, [("catalogue", "reach", "fail")])
    assert "OPENROUTER_API_KEY" in found.check("reach", "catalogue")["fix"]


@requirement("ours:doctor")
def test_a_wrong_setting_is_a_line_with_its_place_and_not_a_traceback(examine: Examine):
    found = examine(settings="[server]\nprot = 1\n")
    assert found.code == 1
    assert found.told("settings", "configuration") == (
        "fail", "fuseline.toml, line 2: server.prot is not a setting; did you mean port?",
    )  # fmt: skip


@requirement("ours:doctor")
@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('[models."lab/a"]\nendpoint = "nowhere"\nname = "a"\n', "there is no endpoint nowhere"),
        ('[aliases]\na = "b"\nb = "a"\n', "lead back to themselves"),
        ('[endpoints.far]\nbase_url = "http://far.example"\napi_key_env = "LAB_API_KEY"\n', "plain http"),
    ],
)
def test_settings_that_do_not_go_together_are_a_line_too(examine: Examine, settings: str, words: str):
    found = examine(settings=settings, environ=KEY)
    assert found.code == 1
    assert words in found.told("names and keys", "configuration")[1]
    assert found.check("names and keys", "configuration")["fix"]


def test_a_file_that_is_not_there_and_one_that_is_no_text_are_failures(examine: Examine, tmp_path: Path):
    assert examine(config=tmp_path / "none.toml").told("file", "configuration")[0] == "fail"
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    assert examine(config=tmp_path / "bytes.toml").told("settings", "configuration")[0] == "fail"


@requirement("ours:doctor")
def test_it_is_told_which_file_is_in_force_and_why_and_which_variables(
    examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    user = tmp_path / "xdg" / "fuseline" / "config.toml"
    user.parent.mkdir(parents=True)
    user.touch()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    found = examine(environ={"FUSELINE_SERVER_API_KEY": CANARY, "FUSELINE_SERVERPORT": "1"})
    file = found.check("file", "configuration")
    assert file["detail"] == f"{tmp_path / 'fuseline.toml'} (this folder's)"
    assert file["notes"] == [f"{user} is there too, and is not read"]
    assert [one["detail"] for one in found.report["checks"] if one["name"] == "environment"] == [
        "FUSELINE_HOME, FUSELINE_LOCAL_PROBE, FUSELINE_SERVER_API_KEY",
        "FUSELINE_SERVERPORT is not a setting, and nobody reads it",
    ]


@requirement("ours:doctor")
def test_a_home_that_cannot_be_written_is_a_failure(examine: Examine, tmp_path: Path):
    (tmp_path / "file").touch()
    inside = examine(environ={"FUSELINE_HOME": str(tmp_path / "file" / "home"), **KEY})
    assert inside.code == 1
    assert inside.told("folder", "home") == ("fail", f"{tmp_path / 'file'} cannot be written (Not a directory)")
    assert "FUSELINE_HOME" in inside.check("folder", "home")["fix"]


@requirement("ours:doctor")
def test_a_database_is_told_with_its_tables_its_journal_and_its_last_run(examine: Examine, tmp_path: Path):
    path = tmp_path / "home" / "runs.db"
    home = {"FUSELINE_HOME": str(path.parent)}
    assert "the first run makes it" in examine(environ=home).told("database", "home")[1]
    furnish(path)
    before = path.read_bytes()
    found = examine(environ=home)
    assert found.told("database", "home")[0] == "ok"
    assert found.told("database", "home")[1].endswith("journal wal")
    assert found.told("runs", "home") == ("ok", "none yet")
    assert path.read_bytes() == before


@requirement("ours:doctor")
def test_a_database_that_is_none_is_newer_or_is_held_is_a_failure(
    examine: Examine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "home" / "runs.db"
    home = {"FUSELINE_HOME": str(path.parent)}
    furnish(path)
    connection = connect(str(path))
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    newer = examine(environ=home)
    assert "written by a newer Fuseline" in newer.told("database", "home")[1]
    monkeypatch.setattr("fuseline.storage.examination.BUSY_S", 0.1)
    connection.execute("BEGIN IMMEDIATE")
    held = examine(environ=home)
    connection.close()
    assert "locked by another process" in held.told("database", "home")[1]
    path.write_bytes(b"no database" * 100)
    broken = examine(environ=home)
    assert "not a sound SQLite database" in broken.told("database", "home")[1]
    assert [one.check("database", "home")["status"] for one in (newer, held, broken)] == ["fail"] * 3


@requirement("ours:doctor")
def test_a_port_is_free_or_taken(examine: Examine):
    with listening("127.0.0.1", 0) as held:
        port = held.getsockname()[1]
    assert examine(settings=f"[server]\nport = {port}\n").told("port", "server")[0] == "ok"
    assert examine(settings="[server]\nport = 0\n").told("port", "server") == ("ok", "127.0.0.1, any free port")
    with vendor(lambda path, headers: listing()) as other:
        port = int(other.base_url.rpartition(":")[2].removesuffix("/v1"))
        found = examine(settings=f"[server]\nport = {port}\n")
    assert found.told("port", "server") == ("warn", f"127.0.0.1 port {port} is taken by another program")
    assert found.check("port", "server")["fix"].startswith("fuseline serve --port 0")


def test_a_server_of_ours_on_the_port_is_no_fault(examine: Examine, shell: Shell, tmp_path: Path):
    ready = tmp_path / "ready"
    with shell.start("serve", "--port", "0", "--ready-file", str(ready)) as process:
        assert process.stdout is not None
        while "exposure" not in process.stdout.readline():
            assert process.poll() is None
        port = ready.read_text().strip().rpartition(":")[2]
        assert examine(settings=f"[server]\nport = {port}\n").told("port", "server") == (
            "ok", f"127.0.0.1 port {port}: a Fuseline server is there already",
        )  # fmt: skip


def test_runs_that_are_kept_in_memory_need_no_home(examine: Examine):
    found = examine(settings='[store]\npath = ":memory:"\n')
    assert found.told("database", "home")[0] == "ok"


def test_an_address_of_another_machine_cannot_be_listened_on(examine: Examine):
    found = examine(settings='[server]\nhost = "192.0.2.1"\n')
    assert found.told("port", "server")[0] == "fail"


@requirement("ours:doctor")
def test_old_data_is_warned_of_with_the_command_that_refreshes_it():
    made = date.fromisoformat(facts.models().date)
    fresh, old = (catalogue.data(made + timedelta(days=days), {"openai": ""}) for days in (120, 121))
    assert (fresh.status, old.status, old.fix) == ("ok", "warn", "fuseline models --refresh")
    later = (made + timedelta(days=100)).isoformat()
    asked = [
        catalogue.data(made + timedelta(days=150), lists) for lists in ({"openai": later}, {"openai": later, "xai": ""})
    ]
    assert [check.status for check in asked] == ["ok", "warn"]
    assert f"asked since: openai {later}" in asked[0].detail


@requirement("ours:doctor")
def test_a_preset_that_cannot_sit_is_a_failure_where_it_is_ones_own(examine: Examine):
    with vendor(lists_for(CANARY)) as running:
        settings = lab(running.base_url, "a") + '[presets.mine]\npanel = ["lab/a", "anthropic/claude-opus-4.8"]\n'
        found = examine(settings=settings, environ=KEY)
    assert (found.code, found.told("mine", "presets")[0]) == (1, "fail")
    assert "anthropic/claude-opus-4.8" in found.told("mine", "presets")[1]
    assert "ANTHROPIC_API_KEY" in found.check("mine", "presets")["fix"]


@requirement("ours:doctor")
def test_a_preset_that_ships_gives_way_with_a_warning_and_the_key_that_it_lacks(examine: Examine):
    with vendor(lists_for(CANARY)) as running:
        settings = (
            f'{lab(running.base_url)}[models."lab/a"]\nendpoint = "lab"\nname = "a"\nprice_in = 1\nprice_out = 2\n'
        )
        found = examine(settings=settings, environ=KEY)
    assert found.code == 0
    high = found.check("general-high", "presets")
    assert high["status"] == "warn"
    assert high["detail"].endswith(": its panel is lab/a, lab/a")
    assert "_API_KEY" in high["fix"]


@requirement("ours:doctor")
def test_a_price_that_nobody_knows_is_warned_of_with_the_setting_that_states_it(examine: Examine):
    with vendor(lists_for(CANARY)) as running:
        settings = (
            lab(running.base_url, "a")
            + '[models."lab/b"]\nendpoint = "lab"\nname = "b"\n[presets.mine]\npanel = ["lab/b"]\n'
        )
        found = examine(settings=settings, environ=KEY)
    assert found.told("mine", "presets") == ("warn", "what lab/b costs is not known")
    assert found.check("mine", "presets")["fix"] == 'set price_in and price_out in [models."lab/b"]'


@requirement("ours:doctor")
def test_the_default_panel_of_each_tier_is_explained_with_the_key_that_would_improve_it(examine: Examine):
    with vendor(lists_for(CANARY)) as running:
        found = examine(settings=lab(running.base_url, "a", "b"), environ=KEY)
    for tier in ("high", "budget", "fast"):
        notes = found.check(tier, "default panel")["notes"]
        assert any("_API_KEY" in note for note in notes)
        assert any("compares and writes" in note for note in notes)


@requirement("ours:doctor")
def test_offline_asks_nobody_anything(shell: Shell):
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, "doctor", "--offline", "--json"],
        cwd=shell.folder,
        env={**shell.environ, "FUSELINE_LOCAL_PROBE": "true"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["endpoints"][0]["status"] is None


@requirement("ours:doctor")
def test_live_and_offline_together_are_wrong_usage(examine: Examine):
    found = examine(live=True, offline=True)
    assert (found.code, "give one of them" in found.report["error"]) == (2, True)


@requirement("ours:doctor")
def test_people_get_a_line_for_each_thing_and_a_terminal_gets_colours_and_no_key_shows(shell: Shell):
    plain = shell.run("doctor", "lab")
    assert plain.returncode == 0
    assert f"LAB_API_KEY (environment), ends in {CANARY[-4:]}" in plain.stdout
    assert plain.stdout.splitlines()[-1] == "7 ok, 2 warnings, no failures"
    assert plain.stderr == ""
    code, drawn = shell.on_terminal("doctor", "lab")
    assert code == 0
    assert "\x1b[" in drawn
    assert CANARY not in plain.stdout + drawn


def test_the_command_says_its_exit_codes(shell: Shell):
    said = " ".join(shell.run("doctor", "-h").stdout.split())
    assert "3 nothing is configured" in said


@requirement("ours:doctor")
def test_scripts_get_one_object(examine: Examine):
    with vendor(lists_for(CANARY)) as running:
        settings = lab(running.base_url, "a", more='title = "Lab"\nquirks = { think_tags = true }')
        found = examine("lab", settings=settings, environ=KEY)
    assert rounded(found.report) == snapshot(
        {
            "ok": True,
            "checks": [
                {
                    "section": "configuration",
                    "name": "file",
                    "status": "ok",
                    "detail": ".../fuseline.toml (this folder's)",
                    "fix": None,
                    "ms": None,
                    "notes": [],
                },
                {
                    "section": "configuration",
                    "name": "environment",
                    "status": "ok",
                    "detail": "FUSELINE_HOME, FUSELINE_LOCAL_PROBE",
                    "fix": None,
                    "ms": None,
                    "notes": [],
                },
                {
                    "section": "configuration",
                    "name": "settings",
                    "status": "ok",
                    "detail": "endpoints, home, local, models, presets; of your own N endpoint, N model and N presets",
                    "fix": None,
                    "ms": None,
                    "notes": [],
                },
                {
                    "section": "endpoint lab",
                    "name": "key",
                    "status": "ok",
                    "detail": "LAB_API_KEY (environment), ends in N",
                    "fix": None,
                    "ms": None,
                    "notes": [],
                },
                {
                    "section": "endpoint lab",
                    "name": "network",
                    "status": "ok",
                    "detail": "connected in N ms, answered in N ms",
                    "fix": None,
                    "ms": "N",
                    "notes": [],
                },
                {
                    "section": "endpoint lab",
                    "name": "access",
                    "status": "ok",
                    "detail": "the key is good",
                    "fix": None,
                    "ms": None,
                    "notes": [],
                },
                {
                    "section": "endpoint lab",
                    "name": "clock",
                    "status": "ok",
                    "detail": "agrees with ours",
                    "fix": None,
                    "ms": None,
                    "notes": [],
                },
                {
                    "section": "endpoint lab",
                    "name": "models",
                    "status": "ok",
                    "detail": "lists N models",
                    "fix": None,
                    "ms": None,
                    "notes": [],
                },
                {
                    "section": "endpoint lab",
                    "name": "speaks",
                    "status": "ok",
                    "detail": "chat at http:.../vN; think_tags yes",
                    "fix": None,
                    "ms": None,
                    "notes": [],
                },
                {
                    "section": "endpoint lab",
                    "name": "data",
                    "status": "ok",
                    "detail": "trains on it: unknown; keeps it: unknown",
                    "fix": None,
                    "ms": None,
                    "notes": [],
                },
            ],
            "endpoints": [
                {
                    "name": "lab",
                    "base_url": "http:.../vN",
                    "wire": "chat",
                    "local": False,
                    "key": {"source": "environment", "name": "LAB_API_KEY", "ending": "N"},
                    "key_good": True,
                    "status": "N",
                    "reason": None,
                    "dns_ms": None,
                    "connect_ms": "N",
                    "answer_ms": "N",
                    "skew_s": "N",
                    "listed": "N",
                    "known": "N",
                    "known_listed": "N",
                    "lately": None,
                    "quirks": {"think_tags": True},
                    "policy": {"trains": None, "retains": None},
                    "call": None,
                }
            ],
        }
    )


@requirement("ours:doctor")
def test_nothing_that_an_endpoint_says_gives_orders_to_a_terminal():
    said = Check("endpoint \x1b[31m", "access", "fail", "no\x1b]0;owned\x07\nline", "fix\r\x9b", notes=("\x1b[2J",))
    printed = "\n".join(line for line, _ in lines([said]))
    assert not CONTROLS - {ord("\n")} & set(map(ord, printed))
    assert len(printed.splitlines()) == 6
