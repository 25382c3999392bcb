"""Where keys come from, what a file of them must be, and where a key may be sent."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keyring
import pytest
from inline_snapshot import snapshot

from fuseline.catalog import extras
from fuseline.catalog.catalog import Catalog
from fuseline.catalog.endpoints import configured
from fuseline.catalog.keeping import forget, keep
from fuseline.catalog.keys import KeyPlace, Keys
from fuseline.settings.settings import Settings, load
from fuseline.types.errors import BadConfiguration, InvalidRequest
from fuseline.types.models import Endpoint
from tests.catalog.vault import FILE, LOCKED, Vault
from tests.house import CANARY
from tests.requirements import requirement

LAB = Endpoint("lab", "https://lab.example/v1", api_key_env=("LAB_API_KEY", "LAB_TOKEN"))
OTHER = "sk-other-0123456789abcdef-9876"


def keys(environ: Mapping[str, str] | None = None, **section: Any) -> Keys:
    return Keys(Settings(keys=section), environ or {})  # pyright: ignore[reportArgumentType]


def store(text: str, endpoint: Endpoint = LAB, *, in_keyring: bool = False, beside: bool = False) -> Settings:
    settings = Settings(keys={"keyring": in_keyring})  # pyright: ignore[reportArgumentType]
    keep(text, endpoint, settings, in_keyring=in_keyring, beside=beside)
    return settings


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FILE, str(tmp_path / "vault.json"))
    monkeypatch.setattr(keyring.core, "_keyring_backend", Vault())  # as PYTHON_KEYRING_BACKEND does for a process
    return tmp_path / "vault.json"


@requirement("ours:keys")
@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, ()),
        ({"LAB_API_KEY": " \n"}, ()),
        ({"LAB_API_KEY": f" {CANARY}\n"}, (CANARY,)),
        ({"LAB_API_KEY": f"{CANARY}, {OTHER}\n{CANARY}"}, (CANARY, OTHER)),
        ({"LAB_TOKEN": OTHER}, (OTHER,)),
        ({"LAB_API_KEY": CANARY, "LAB_TOKEN": OTHER}, (CANARY,)),
        ({"LAB_API_KEY": " ", "LAB_TOKEN": OTHER}, (OTHER,)),
        ({"OPENAI_API_KEY": OTHER}, ()),
    ],
)
def test_the_first_variable_that_is_set_holds_the_keys(environ: Mapping[str, str], found: tuple[str, ...]):
    assert keys(environ).of(LAB) == found


@requirement("ours:keys")
def test_a_variable_may_name_a_file_that_holds_the_key_whoever_may_read_it(tmp_path: Path):
    path = tmp_path / "secret"
    path.write_text(f"{CANARY}\n")
    path.chmod(0o444)  # as containers mount secrets
    asked = keys({"LAB_API_KEY_FILE": str(path), "LAB_TOKEN": OTHER})
    assert asked.of(LAB) == (CANARY,)
    assert asked.where(LAB) == (KeyPlace("file", "LAB_API_KEY_FILE", "6789"),)
    assert keys({"LAB_API_KEY_FILE": str(path), "LAB_API_KEY": OTHER}).of(LAB) == (OTHER,)


@requirement("ours:keys")
def test_a_file_that_a_variable_names_and_is_not_there_is_an_error():
    with pytest.raises(BadConfiguration) as refused:
        keys({"LAB_API_KEY_FILE": "/nowhere/secret"}).of(LAB)
    assert str(refused.value) == "LAB_API_KEY_FILE: /nowhere/secret cannot be read: No such file or directory"


@requirement("ours:keys", "ours:no-secret")
@pytest.mark.parametrize("wrong", ["\x00", "\x1b[0m", "\x7f", "ü", "\u2013", "\xa0", "\u200b", "\udcff"])
def test_what_cannot_be_a_key_is_refused_by_the_name_of_its_variable(wrong: str):
    with pytest.raises(BadConfiguration) as refused:
        keys({"LAB_API_KEY": f"{CANARY}{wrong}x"}).of(LAB)
    assert str(refused.value) == "LAB_API_KEY holds a character that no key has: copy the key anew"


@requirement("ours:keys")
def test_environment_comes_before_the_file_and_the_file_before_the_keyring(vault: Path):
    settings = store(OTHER, in_keyring=True)
    keep("sk-of-the-file-0123", LAB, settings, in_keyring=False, beside=True)
    asked, overruled = Keys(settings, {}), Keys(settings, {"LAB_API_KEY": CANARY})
    assert (asked.of(LAB), overruled.of(LAB)) == (("sk-of-the-file-0123",), (CANARY,))
    told = [(place.source, place.ending, place.unused) for place in overruled.where(LAB)]
    assert told == snapshot(
        [
            ("environment", "6789", ""),
            ("stored", "0123", "LAB_API_KEY comes first"),
            ("keyring", "9876", "LAB_API_KEY comes first"),
        ]
    )


@requirement("ours:keys")
def test_the_keyring_is_asked_only_where_the_settings_say_so(vault: Path):
    settings = store(CANARY, in_keyring=True)
    assert Keys(settings, {}).of(LAB) == (CANARY,)
    assert CANARY not in settings.key_file.read_text()
    assert (keys().of(LAB), keys().where(LAB)[0].unused) == ((), "keys.keyring is off")
    with pytest.raises(BadConfiguration, match=r"keys\.keyring is off"):
        keep(CANARY, LAB, Settings(), in_keyring=True, beside=False)


@requirement("ours:keys")
def test_the_keyring_keeps_several_keys_and_forgets_them_with_the_note_that_they_are_there(vault: Path):
    settings = store(CANARY, in_keyring=True)
    keep(OTHER, LAB, settings, in_keyring=True, beside=True)
    assert Keys(settings, {}).of(LAB) == (CANARY, OTHER)
    assert json.loads(vault.read_text()) == {"fuseline lab at https://lab.example": f"{CANARY} {OTHER}"}
    assert forget("lab", settings) == 1
    assert (Keys(settings, {}).of(LAB), json.loads(vault.read_text())) == ((), {})


@requirement("ours:keys")
def test_a_key_that_left_the_keyring_is_told_of(vault: Path):
    settings = store(CANARY, in_keyring=True)
    vault.unlink()
    assert [place.unused for place in Keys(settings, {}).where(LAB)] == ["the keyring no longer has it"]


@requirement("ours:keys", "ours:no-secret")
def test_a_locked_keyring_is_an_error_that_quotes_nothing(vault: Path, monkeypatch: pytest.MonkeyPatch):
    settings = store(CANARY, in_keyring=True)
    monkeypatch.setenv(LOCKED, "1")
    with pytest.raises(BadConfiguration) as refused:
        Keys(settings, {}).of(LAB)
    assert str(refused.value) == snapshot(
        "the operating system's keyring cannot be used (KeyringLocked): unlock it, or leave keys.keyring off"
    )


@requirement("ours:keys")
def test_the_key_file_is_for_its_owners_eyes_only():
    path = store(CANARY).key_file
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [each.name for each in path.parent.iterdir() if CANARY in each.read_text()] == ["keys.json"]


@requirement("ours:keys")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_key_file_that_is_open_to_others_is_refused_with_the_command_that_closes_it(mode: int):
    path = store(CANARY).key_file
    path.chmod(mode)
    with pytest.raises(BadConfiguration) as refused:
        Catalog.build(Settings(), {})
    assert str(refused.value) == f"the key file {path} is open to others: chmod 600 {path}"
    with pytest.raises(BadConfiguration):
        store(OTHER)


@requirement("ours:keys", "ours:no-secret")
@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        f'{{"lab": "{CANARY}"}}',
        f'{{"lab": [{{"key": "{CANARY}", "origin": 1, "added": ""}}]}}',
        f'{{"lab": [{{"key": "{CANARY}", "origin": "", "added": "", "{CANARY}": 1}}]}}',
        f'{{"{CANARY}": 1}}',
    ],
)
def test_a_broken_key_file_is_refused_without_a_word_of_what_it_holds(text: str, caplog: pytest.LogCaptureFixture):
    path = store(OTHER).key_file
    path.write_text(text)
    with pytest.raises(BadConfiguration) as refused:
        keys().of(LAB)
    assert str(refused.value).startswith(f"the key file {path} is not as `fuseline keys set` writes it: ")
    assert CANARY not in f"{refused.value!r}{refused.getrepr(showlocals=False)}{caplog.text}"


@requirement("ours:keys")
def test_a_stored_key_that_cannot_be_one_is_refused_by_the_name_of_the_file():
    settings = store(CANARY)
    settings.key_file.write_text(settings.key_file.read_text().replace(CANARY, "two\\u0000words"))
    with pytest.raises(BadConfiguration, match=f"^{settings.key_file} holds a character that no key has"):
        Keys(settings, {}).of(LAB)


@requirement("ours:keys")
def test_a_key_takes_the_place_of_the_others_or_stands_beside_them():
    store(CANARY)
    assert Keys(store(OTHER), {}).of(LAB) == (OTHER,)
    assert Keys(store(f"{CANARY},{OTHER}", beside=True), {}).of(LAB) == (CANARY, OTHER)


@requirement("ours:keys")
def test_writers_at_the_same_time_lose_no_key(tmp_path: Path):
    script = (
        "import sys\nfrom fuseline.catalog.keeping import keep\nfrom fuseline.settings.settings import Settings\n"
        "from fuseline.types.models import Endpoint\n"
        "for number in range(10):\n"
        "    endpoint = Endpoint(f'{sys.argv[1]}-{number}', 'https://lab.example/v1')\n"
        "    keep(f'key-{sys.argv[1]}', endpoint, Settings(), in_keyring=False, beside=False)\n"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, str(number)]) for number in range(4)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    assert len(json.loads(Settings().key_file.read_text())) == 40


@requirement("ours:keys")
def test_a_linked_key_file_stays_a_link(tmp_path: Path):
    link = Settings().key_file
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "elsewhere.json")
    assert Keys(store(CANARY), {}).of(LAB) == (CANARY,)
    assert (link.is_symlink(), (tmp_path / "elsewhere.json").stat().st_mode & 0o777) == (True, 0o600)


@requirement("ours:key-bound")
@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("https://lab.example/v1", True),
        ("https://LAB.example:443/other/path", True),
        ("https://lab.example:8443/v1", False),
        ("http://lab.example/v1", False),
        ("https://lab.example.evil.example/v1", False),
        ("https://lab.example@evil.example/v1", False),
        ("https://evil.example/lab.example", False),
    ],
)
def test_a_stored_key_goes_only_to_the_origin_it_was_stored_for(address: str, sent: bool):
    asked = Keys(store(CANARY), {})
    moved = Endpoint("lab", address)
    assert asked.of(moved) == ((CANARY,) if sent else ())
    assert [place.unused for place in asked.where(moved)] == ["" if sent else "it is bound to https://lab.example"]


@requirement("ours:key-bound")
def test_no_key_is_stored_for_an_endpoint_without_an_address_to_bind_it_to():
    with pytest.raises(BadConfiguration, match="a key is bound to an address, and lab has none"):
        store(CANARY, Endpoint("lab", ""))
    assert Keys(store(CANARY), {}).of(Endpoint("lab", "")) == ()


@requirement("ours:key-bound")
def test_two_endpoints_never_get_each_others_key():
    settings = store(CANARY)
    keep(OTHER, Endpoint("far", "https://lab.example/v2"), settings, in_keyring=False, beside=False)
    asked = Keys(settings, {})
    assert (asked.of(LAB), asked.of(Endpoint("far", "https://lab.example/v2"))) == ((CANARY,), (OTHER,))
    assert asked.of(Endpoint("third", "https://lab.example/v1")) == ()


@requirement("ours:key-bound")
def test_a_built_in_endpoint_that_is_moved_takes_no_key_along():
    settings = store(OTHER, Endpoint("openai", "https://api.openai.com/v1"))
    tables = {"openai": {"base_url": "https://proxy.example/v1"}}
    moved = Settings(endpoints=tables, keys=settings.keys)  # pyright: ignore[reportArgumentType]
    environ = {"OPENAI_API_KEY": CANARY}
    there = Catalog.build(moved, environ).resolve("openai/gpt-5.5").endpoint
    here = Catalog.build(Settings(), environ).resolve("openai/gpt-5.5").endpoint
    assert (Keys(moved, environ).of(there), Keys(moved, environ).of(here)) == ((), (CANARY,))


@requirement("ours:key-bound")
@pytest.mark.parametrize("host", ["10.0.0.7:8000", "lab.example", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_a_key_is_not_sent_in_the_clear_to_another_machine_unless_that_is_wanted(host: str):
    table = {"base_url": f"http://{host}/v1", "api_key_env": "LAB_API_KEY"}
    with pytest.raises(BadConfiguration) as refused:
        Catalog.build(Settings(endpoints={"lab": table}), {"LAB_API_KEY": CANARY})  # pyright: ignore[reportArgumentType]
    assert str(refused.value) == (
        "endpoints.lab.base_url is plain http to another machine, and a key could be read on its way there: "
        "use https, or allow it with endpoints.lab.insecure = true"
    )
    Catalog.build(Settings(endpoints={"lab": table}), {})  # pyright: ignore[reportArgumentType]
    allowed: Any = {"lab": {**table, "insecure": True}}
    endpoint = Catalog.build(Settings(endpoints=allowed), {"LAB_API_KEY": CANARY}).resolve("lab:a").endpoint
    assert keys({"LAB_API_KEY": CANARY}).of(endpoint) == (CANARY,)


@requirement("ours:key-bound")
@pytest.mark.parametrize("host", ["127.0.0.1:9000", "127.8.0.1", "localhost:1", "[::1]:80"])
def test_a_key_may_go_over_plain_http_to_this_machine(host: str):
    assert keys({"LAB_API_KEY": CANARY}).of(Endpoint("lab", f"http://{host}/v1", api_key_env=("LAB_API_KEY",)))


@requirement("ours:key-bound")
def test_no_signature_goes_in_the_clear_to_another_machine():
    with pytest.raises(BadConfiguration, match="plain http"):
        keys().of(Endpoint("cloud", "http://cloud.example/v1", auth="gcp"))


@requirement("ours:signing")
@pytest.mark.parametrize(
    ("auth", "variable"),
    [("aws", "AWS_PROFILE"), ("gcp", "GOOGLE_APPLICATION_CREDENTIALS"), ("azure", "AZURE_CLIENT_ID")],
)
def test_what_a_vendors_library_signs_with_opens_an_endpoint_and_is_never_sent_as_a_key(auth: Any, variable: str):
    endpoint = Endpoint("cloud", "https://cloud.example/v1", api_key_env=(variable,), auth=auth)
    asked = keys({variable: "/run/secrets/who"})
    assert (asked.opens(endpoint), asked.of(endpoint), asked.where(endpoint)) == (True, (), ())
    assert not keys().opens(endpoint)


@requirement("ours:signing")
@pytest.mark.parametrize("auth", ["aws", "gcp", "azure"])
def test_a_library_that_is_missing_is_named_with_the_command_that_installs_it(
    auth: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(extras, "EXTRAS", {auth: ("no_such_library.deeper",)})
    table: Any = {"cloud": {"base_url": "https://cloud.example/v1", "auth": auth}}
    with pytest.raises(BadConfiguration) as refused:
        Catalog.build(Settings(endpoints=table), {})
    assert str(refused.value) == (
        f"endpoints.cloud.auth needs a library that is not installed: pip install 'fuseline[{auth}]'"
    )
    keyed: Any = {"cloud": {**table["cloud"], "api_key_env": "LAB_API_KEY"}}
    Catalog.build(Settings(endpoints=keyed), {"LAB_API_KEY": CANARY})


@requirement("ours:keys")
def test_without_the_library_a_keyring_that_is_wanted_is_an_error_and_one_that_is_not_is_none(
    vault: Path, monkeypatch: pytest.MonkeyPatch
):
    settings = store(CANARY, in_keyring=True)
    monkeypatch.setattr(extras, "EXTRAS", {"keyring": ("no_such_library",)})
    assert keys().of(LAB) == ()
    with pytest.raises(BadConfiguration, match=r"pip install 'fuseline\[keyring\]'"):
        Keys(settings, {}).of(LAB)


@requirement("ours:keys")
def test_a_text_without_a_key_is_refused_and_leaves_what_is_stored():
    with pytest.raises(InvalidRequest, match="no key was given"):
        store(" \n")
    assert not Settings().key_file.exists()


@requirement("ours:no-secret")
def test_nothing_that_holds_keys_shows_them():
    settings = store(CANARY)
    asked = Keys(settings, {"LAB_TOKEN": OTHER})
    asked.of(LAB)
    catalog = Catalog.build(settings, {"LAB_API_KEY": OTHER})
    shown = f"{asked!r}{vars(asked)['_found']!r}{vars(asked).get('_rows')!r}{catalog!r}{asked.where(LAB)!r}"
    assert CANARY not in shown
    assert OTHER not in f"{asked!r}{vars(asked)['_found']!r}{catalog!r}"


@requirement("ours:keys")
def test_of_a_short_key_no_end_is_shown():
    assert keys({"LAB_API_KEY": "short-key-1"}).where(LAB) == (KeyPlace("environment", "LAB_API_KEY", ""),)


def test_no_library_of_an_extra_is_loaded_before_it_is_needed():
    script = (
        "import sys, anyio, fuseline.assembly\n"
        "from fuseline.catalog.catalog import Catalog\nfrom fuseline.settings.settings import load\n"
        "anyio.run(Catalog.open, load())\n"
        "wanted = ('boto3', 'botocore', 'google.auth', 'azure.identity', 'keyring')\n"
        "print([name for name in wanted if name in sys.modules])"
    )
    environ = {**os.environ, "AWS_PROFILE": "x", "AWS_REGION": "eu-central-1", "AZURE_CLIENT_ID": "x"}
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


THIEF = "thief.example, and stands in a fuseline.toml that nobody named"


def found_here(table: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a file with this endpoint in the working directory."""
    (folder / "fuseline.toml").write_text(f"[endpoints]\n{table}\n")
    monkeypatch.chdir(folder)
    monkeypatch.delenv("FUSELINE_CONFIG", raising=False)


@requirement("ours:key-bound")
@pytest.mark.parametrize(
    "table",
    [
        'openai = { base_url = "https://thief.example/v1", api_key_env = "OPENAI_API_KEY" }',
        'mine = { base_url = "https://thief.example/v1", api_key_env = ["NOT_SET", "OPENAI_API_KEY"] }',
        'mine = { base_url = "https://thief.example/v1", auth = "gcp" }',
    ],
)
def test_a_file_that_merely_lies_there_cannot_lead_a_vendors_key_elsewhere(
    table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    found_here(table, tmp_path, monkeypatch)
    with pytest.raises(BadConfiguration, match=THIEF) as refused:
        Catalog.build(load(), {"OPENAI_API_KEY": CANARY})
    assert CANARY not in refused.value.message
    assert Catalog.build(load(Path("fuseline.toml")), {"OPENAI_API_KEY": CANARY})  # whoever names it trusts it


@requirement("ours:key-bound")
@pytest.mark.parametrize(
    "table",
    [
        'openai = { base_url = "https://api.openai.com/v1", api_key_env = "OPENAI_API_KEY" }',
        'proxy = { base_url = "http://127.0.0.1:4000/v1", api_key_env = "OPENAI_API_KEY" }',
        'lab = { base_url = "https://lab.example/v1", api_key_env = "LAB_API_KEY" }',
    ],
)
def test_such_a_file_may_send_a_vendors_key_home_or_stay_on_this_machine_and_use_keys_of_its_own(
    table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    found_here(table, tmp_path, monkeypatch)
    found = load()
    assert found.merely_found
    shelf = Catalog.build(found, {"OPENAI_API_KEY": CANARY, "LAB_API_KEY": OTHER})
    [(name, stated)] = found.endpoints.items()
    assert shelf.keys.of(configured(name, stated)) == ((OTHER,) if name == "lab" else (CANARY,))
