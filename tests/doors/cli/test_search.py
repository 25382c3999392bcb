"""`fuseline search`: results on standard output, who gave them on standard error, and a list of the engines."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.doors.cli.lister import Lister, lister
from tests.doors.cli.shell import Shell
from tests.house import CANARY
from tests.requirements import requirement

WORDS = "solid state batteries"
ASKED = "/search?q=solid+state+batteries&format=json"
RESULTS: dict[str, Any] = {
    "results": [
        {"url": "https://a.example/1", "title": "One\x1b[31m", "content": "<b>First</b> text", "publishedDate": "2026"},
        {"url": "https://b.example/2", "title": "Two", "content": ""},
    ]
}


@pytest.fixture
def searxng() -> Generator[Lister]:
    """A server that answers as SearXNG documents."""
    with lister({ASKED: RESULTS}) as running:
        yield running


def at(shell: Shell, searxng: Lister, **more: str) -> Shell:
    """The same shell, where searches go to this server, and those without a key nowhere."""
    return Shell(shell.folder, {**shell.environ, "SEARXNG_URL": searxng.base_url, **more})


@requirement("ours:cli-search")
def test_results_are_on_standard_output_and_who_gave_them_on_standard_error(shell: Shell, searxng: Lister):
    done = at(shell, searxng).run("search", "solid state", "batteries")
    assert done.returncode == 0
    assert done.stdout == (
        "1. One[31m (2026)\n   https://a.example/1\n   First text\n\n2. Two\n   https://b.example/2\n\n"
    )
    assert done.stderr.startswith("searxng: 2 results, ") and done.stderr.endswith(" s, $0\n")


@requirement("ours:cli-search")
def test_results_are_there_for_scripts(shell: Shell, searxng: Lister):
    done = at(shell, searxng).run("search", WORDS, "--json", "--max", "1", "--engine", "brave")
    found = json.loads(done.stdout)
    assert found.pop("seconds") >= 0
    assert found == {
        "engine": "searxng",
        "results": [{"url": "https://a.example/1", "title": "One[31m", "excerpt": "First text", "published": "2026"}],
        "cost": 0.0,
        "warnings": ["brave is not configured (set BRAVE_API_KEY), so others were asked"],
    }


@requirement("ours:cli-search")
def test_domains_are_looked_in_or_left_out(shell: Shell, searxng: Lister):
    searxng.bodies["/search?q=solid+state+batteries+site:b.example+-site:a.example&format=json"] = RESULTS
    done = at(shell, searxng).run(
        "search", WORDS, "--domain", "b.example", "--exclude", "a.example", "--engine", "searxng"
    )
    assert [line.strip() for line in done.stdout.splitlines() if "http" in line] == ["https://b.example/2"]


@requirement("ours:cli-search")
def test_the_engines_are_listed_with_price_place_and_what_they_are_sent(shell: Shell, searxng: Lister):
    listed = json.loads(at(shell, searxng, BRAVE_API_KEY=CANARY).run("search", "--engines", "--json").stdout)
    places = {one["engine"]: one["auto"] for one in listed}
    assert (places["searxng"], places["brave"], places["exa"]) == (1, 2, None)
    exa = next(one for one in listed if one["engine"] == "exa")
    assert (exa["ready"], exa["needs"], exa["price"]) == (False, "set EXA_API_KEY", 0.007)
    assert exa["sent"] and exa["source"].startswith("https://")
    shown = at(shell, searxng, BRAVE_API_KEY=CANARY).run("search", "--engines")
    assert shown.stdout.splitlines()[2].split()[:3] == ["brave", "2", "$5.00"]
    assert CANARY not in shown.stdout + shown.stderr + json.dumps(listed)


@requirement("ours:cli-search")
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "there is nothing to search for"),
        ((WORDS, "--engine", "altavista"), 2, "there is no search engine altavista"),
        (("something else", "--engine", "searxng"), 1, "searxng: it answered with HTTP 404"),
        (("refused", "--engine", "searxng"), 1, "`json` has to be among search.formats"),
        (("nothing", "--engine", "searxng"), 1, "searxng: no results"),
        (("something private", "--engine", "local"), 1, "there are no documents on this machine"),
    ],
)
def test_what_goes_wrong_is_told_in_a_sentence_and_a_code(
    shell: Shell, searxng: Lister, arguments: tuple[str, ...], code: int, told: str
):
    searxng.bodies |= {"/search?q=refused&format=json": 403, "/search?q=nothing&format=json": {"results": []}}
    done = at(shell, searxng).run("search", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr and "Traceback" not in done.stderr


@requirement("ours:search-keys")
def test_a_file_that_merely_lies_there_leads_no_key_away(shell: Shell, tmp_path: Path):
    (shell.folder / "fuseline.toml").write_text('[search.base_urls]\ntavily = "https://elsewhere.example"\n', "utf-8")
    done = Shell(shell.folder, {**shell.environ, "TAVILY_API_KEY": CANARY}).run("search", WORDS)
    assert done.returncode == 3
    assert "stands in a settings file that nobody named" in done.stderr and CANARY not in done.stderr
