"""`fuseline models`: searching all that is known, and fetching what endpoints say of their own models."""

import json
from pathlib import Path
from typing import Any

import pytest

from fuseline.settings.settings import load
from tests.doors.cli.lister import Lister, lister
from tests.doors.cli.shell import Shell
from tests.house import CANARY
from tests.requirements import requirement

OPENROUTERS = {
    "data": [
        {
            "id": "acme/new-1",
            "created": 1_780_000_000,
            "context_length": 262_144,
            "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
            "pricing": {
                "prompt": "0.0000025",
                "completion": "0.00001",
                "input_cache_read": "0.00000025",
                "internal_reasoning": "0",
            },
            "top_provider": {"max_completion_tokens": 65_536},
            "supported_parameters": ["tools", "reasoning"],
        },
        {"id": "acme/router", "pricing": {"prompt": "-1", "completion": "-1"}},
        {"id": "acme/paints", "architecture": {"output_modalities": ["image"]}},
    ]
}
OPENAIS = {"object": "list", "data": [{"id": "a", "object": "model"}, {"id": "brand-new", "max_model_len": 8192}]}


def endpoint(name: str, at: Lister, wire: str = "chat") -> str:
    """The table of an endpoint that lists its models there."""
    key = f"{name.upper()}_API_KEY"
    return f'[endpoints.{name}]\nbase_url = "{at.base_url}"\nwire = "{wire}"\napi_key_env = "{key}"\n'


def refreshing(shell: Shell, tables: str, *names: str, **environ: str) -> tuple[int, str, str]:
    """Run the command with these endpoints beside; returns its exit code and what it said."""
    config = shell.folder / "fuseline.toml"
    config.write_text(tables, "utf-8")
    done = Shell(shell.folder, {**shell.environ, **environ}).run("models", "--refresh", *names)
    return done.returncode, done.stdout, done.stderr


def listed(shell: Shell, model: str) -> dict[str, Any]:
    """What is known of a model at the next start."""
    return next(one for one in json.loads(shell.run("models", "--json").stdout) if one["id"] == model)


def kept(shell: Shell, name: str) -> Path:
    """Where the list of an endpoint is kept."""
    return Path(shell.environ["FUSELINE_HOME"]) / "models" / f"{name}.json"


def test_a_search_finds_what_is_known_offline_with_the_variable_that_opens_it(shell: Shell):
    found = json.loads(shell.run("models", "--search", "Claude OPUS anthropic", "--json").stdout)
    assert "anthropic/claude-opus-4-8" in [one["id"] for one in found]
    assert {one["opened_by"] for one in found if one["endpoint"] == "anthropic"} == {"ANTHROPIC_API_KEY"}
    line = next(
        line
        for line in shell.run("models", "--search", "claude-opus-4-8").stdout.splitlines()
        if line.startswith("anthropic/claude-opus-4-8 ")
    )
    assert line.split()[-2:] == ["file,image,text", "ANTHROPIC_API_KEY"] or line.split()[-1] == "ANTHROPIC_API_KEY"


def test_a_search_shows_what_can_be_called_first_and_as_reachable(shell: Shell):
    done = shell.run("models", "--search", "lab")
    assert done.stdout.splitlines()[1].split()[0] == "lab/a"
    assert done.stdout.splitlines()[1].split()[-1] == "yes"
    assert "built-in data of 20" in done.stderr


def test_a_search_without_a_find_fails_and_says_so(shell: Shell):
    done = shell.run("models", "--search", "no-such-thing-anywhere")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no model is known" in done.stderr


def test_all_that_is_known_can_be_listed(shell: Shell):
    assert len(json.loads(shell.run("models", "--all", "--json").stdout)) > 1000


@pytest.mark.parametrize("options", [("--default", "--refresh"), ("--all", "--refresh"), ("openrouter",)])
def test_options_that_contradict_each_other_are_wrong_usage(shell: Shell, options: tuple[str, ...]):
    assert shell.run("models", *options).returncode == 2


@requirement("ours:lists")
def test_openrouters_list_brings_new_models_with_prices_per_token_read_as_per_million(shell: Shell):
    with lister({"/models": OPENROUTERS}) as server:
        code, out, err = refreshing(shell, endpoint("openrouter", server), OPENROUTER_API_KEY=CANARY)
        again = Shell(shell.folder, {**shell.environ, "OPENROUTER_API_KEY": CANARY})
        assert listed(again, "acme/new-1") == {
            "id": "acme/new-1",
            "endpoint": "openrouter",
            "local": False,
            "context": 262_144,
            "max_output": 65_536,
            "price_in": 2.5,
            "price_out": 10.0,
            "price_cached": 0.25,
            "takes": ["text", "image"],
        }
    assert code == 0
    assert "openrouter: 2 models, 2 new, " in err and "1 priced" in err
    assert out.splitlines()[0].split() == ["ENDPOINT", "MODELS", "NEW", "GONE", "PRICED", "DATE"]
    assert listed(again, "acme/router")["price_in"] is None


@requirement("ours:lists", "ours:no-secret")
def test_the_key_goes_in_its_header_to_the_endpoint_and_is_shown_to_nobody_else(shell: Shell):
    with lister({"/models": OPENAIS}) as lab, lister({"/models": OPENAIS}) as other:
        tables = endpoint("lab", lab) + endpoint("other", other)
        _, out, err = refreshing(shell, tables, LAB_API_KEY=CANARY, OTHER_API_KEY="other-key-0123456789")
    assert [one.headers["authorization"] for one in lab.asked] == [f"Bearer {CANARY}"]
    assert [one.headers["authorization"] for one in other.asked] == ["Bearer other-key-0123456789"]
    assert CANARY not in out + err + kept(shell, "lab").read_text("utf-8")


@requirement("ours:lists", "ours:no-secret")
def test_a_redirect_is_not_followed_with_the_key(shell: Shell):
    with lister({"/models": OPENAIS}) as elsewhere:
        bodies = {"/models": 302, "location": f"{elsewhere.base_url}/models"}
        with lister(bodies) as lab:
            code, _, err = refreshing(shell, endpoint("lab", lab), LAB_API_KEY=CANARY)
    assert (code, elsewhere.asked) == (1, [])
    assert "lab: nothing has changed" in err


@requirement("ours:lists")
def test_anthropics_list_is_read_page_by_page_with_its_own_header(shell: Shell):
    pages = {
        "/models?limit=1000": {"data": [{"id": "claude-x-1"}], "has_more": True, "last_id": "claude-x-1"},
        "/models?limit=1000&after_id=claude-x-1": {
            "data": [{"id": "claude-x-2", "created_at": "2026-11-01T00:00:00Z"}]
        },
    }
    with lister(pages) as server:
        code, _, err = refreshing(shell, endpoint("far", server, "messages"), FAR_API_KEY=CANARY)
        assert {one.headers["x-api-key"] for one in server.asked} == {CANARY}
    assert (code, "far: 2 models" in err) == (0, True)


@requirement("ours:lists")
def test_googles_list_has_its_limits_and_leaves_out_what_does_not_chat(shell: Shell):
    models = [
        {
            "name": "models/gemini-x",
            "inputTokenLimit": 1_048_576,
            "outputTokenLimit": 65_536,
            "supportedGenerationMethods": ["generateContent"],
        },
        {"name": "models/embed-x", "supportedGenerationMethods": ["embedContent"]},
    ]
    with lister({"/models?pageSize=1000": {"models": models}}) as server:
        code, _, _ = refreshing(shell, endpoint("goo", server, "gemini"), GOO_API_KEY=CANARY)
        known = listed(shell, "goo/gemini-x")
    assert (code, known["context"], known["max_output"]) == (0, 1_048_576, 65_536)


BROKEN: dict[str, Any] = {
    "not-json": b"<html>",
    "no-list": {"object": "list"},
    "empty": {"data": []},
    "nameless": {"data": [{"x": 1}, 7, {"id": ""}, {"id": "a\x1bb"}, {"id": "x" * 300}]},
    "too-many": {"data": [{"id": f"m{number}"} for number in range(5_001)]},
    "too-long": b'{"data": [' + b" " * (9 << 20) + b"]}",
    "refused": 401,
    "gone": 404,
}


@requirement("ours:lists")
@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_broken_list_changes_nothing_and_says_so(shell: Shell, body: Any):
    with lister({"/models": OPENAIS}) as lab:
        assert refreshing(shell, endpoint("lab", lab), LAB_API_KEY=CANARY)[0] == 0
        before = kept(shell, "lab").read_bytes()
        lab.bodies["/models"] = body
        code, out, err = refreshing(shell, endpoint("lab", lab), LAB_API_KEY=CANARY)
    assert (code, out, kept(shell, "lab").read_bytes()) == (1, "", before)
    assert "lab: nothing has changed: " in err
    assert "\x1b" not in err
    assert [path.name for path in kept(shell, "lab").parent.iterdir()] == ["lab.json"]


@requirement("ours:lists")
def test_one_endpoint_that_fails_leaves_the_others_theirs(shell: Shell):
    with lister({"/models": OPENAIS}) as lab, lister({}) as other:
        tables = endpoint("lab", lab) + endpoint("other", other)
        code, out, err = refreshing(shell, tables, LAB_API_KEY=CANARY, OTHER_API_KEY=CANARY)
    assert code == 1
    assert "lab " in out and "other" not in out
    assert "lab: 2 models, 2 new, 0 gone, 0 priced" in err and "other: nothing has changed" in err


@requirement("ours:lists")
def test_only_endpoints_that_are_named_are_asked(shell: Shell):
    with lister({"/models": OPENAIS}) as lab, lister({"/models": OPENAIS}) as other:
        tables = endpoint("lab", lab) + endpoint("other", other)
        refreshing(shell, tables, "lab", LAB_API_KEY=CANARY, OTHER_API_KEY=CANARY)
        assert (len(lab.asked), len(other.asked)) == (1, 0)
    code, _, err = refreshing(shell, tables, "groq")
    assert (code, "groq: nothing has changed: it cannot be asked: set GROQ_API_KEY" in err) == (1, True)
    assert refreshing(shell, tables, "nowhere")[0] == 2


@requirement("ours:lists")
def test_a_list_says_what_is_new_and_gone_since_the_last(shell: Shell):
    with lister({"/models": OPENAIS}) as lab:
        refreshing(shell, endpoint("lab", lab), LAB_API_KEY=CANARY)
        lab.bodies["/models"] = {"data": [{"id": "a"}, {"id": "b"}, {"id": "c"}]}
        _, _, err = refreshing(shell, endpoint("lab", lab), LAB_API_KEY=CANARY)
    assert "lab: 3 models, 2 new, 1 gone, 0 priced" in err


@requirement("ours:lists")
def test_a_list_that_was_fetched_elsewhere_or_before_the_shipped_data_says_nothing(shell: Shell):
    with lister({"/models": OPENROUTERS}) as server:
        refreshing(shell, endpoint("openrouter", server), OPENROUTER_API_KEY=CANARY)
        file = kept(shell, "openrouter")
        here = Shell(shell.folder, {**shell.environ, "OPENROUTER_API_KEY": CANARY})
        assert listed(here, "acme/new-1")
        written = json.loads(file.read_bytes())
        file.write_text(json.dumps({**written, "date": "2020-01-01"}))
        assert "acme/new-1" not in here.run("models").stdout
        file.write_text(json.dumps({**written, "source": "https://elsewhere.example/models"}))
        assert "acme/new-1" not in here.run("models").stdout
        file.write_bytes(b"{")
        assert here.run("models").returncode == 0


def test_the_result_can_be_had_as_json(shell: Shell):
    with lister({"/models": OPENAIS}) as lab:
        (shell.folder / "fuseline.toml").write_text(endpoint("lab", lab), "utf-8")
        told = json.loads(shell.run("models", "--refresh", "--json").stdout)
    assert [(one["endpoint"], one["models"], one["problem"]) for one in told] == [("lab", 2, "")]


def test_the_settings_know_where_lists_are(shell: Shell):
    assert load(shell.folder / "fuseline.toml").model_lists.name == "models"


def test_what_only_a_library_reaches_has_no_list_and_says_so(shell: Shell):
    code, said, talk = refreshing(shell, '[endpoints.far]\nwire = "any-llm"\n', "far")
    assert code == 1
    assert "any-llm has no list of what it leads to" in said + talk
    assert "Traceback" not in talk
