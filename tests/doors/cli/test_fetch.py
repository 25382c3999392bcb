"""`fuseline fetch`: a page, or the verdict."""

import json

import pytest

from fuseline.doors.cli.fetch import read
from fuseline.types.domains import ANYWHERE, domain_rules
from tests.doors.cli.shell import Shell
from tests.pages.web import Sheet, leads, open_web
from tests.requirements import requirement

SEA = "Brest has a range of 6.1 m.\x1b[2J"


@pytest.mark.anyio
@requirement("ours:cli-fetch")
async def test_a_page_is_shown_with_its_address_and_without_orders_to_the_terminal(capsys: pytest.CaptureFixture[str]):
    async with open_web({"http://a.example/": leads("/tides"), "http://a.example/tides": Sheet(SEA)}) as web:
        assert await read(web.fetcher, "http://a.example", ANYWHERE, 25, as_json=False) == 0
    shown = capsys.readouterr()
    assert shown.out == "(no title)\nhttp://a.example/tides\n\nBrest has a range of 6.1 \n"
    assert shown.err == "text/plain, 31 bytes, 31 characters, the first 25 are shown\n"


@pytest.mark.anyio
@requirement("ours:cli-fetch")
async def test_a_page_is_one_object_for_scripts(capsys: pytest.CaptureFixture[str]):
    async with open_web({"http://a.example/": Sheet("tides")}) as web:
        assert await read(web.fetcher, "http://a.example", ANYWHERE, None, as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == {
        "url": "http://a.example/",
        "title": "",
        "text": "tides",
        "media_type": "text/plain",
        "status": 200,
        "bytes": 5,
        "characters": 5,
        "truncated": None,
    }


@pytest.mark.anyio
@requirement("ours:cli-fetch")
async def test_a_site_that_is_blocked_is_not_read(capsys: pytest.CaptureFixture[str]):
    async with open_web({"http://a.example/": Sheet("tides")}) as web:
        assert await read(web.fetcher, "http://a.example", domain_rules((), ["a.example"]), None, as_json=False) == 1
    assert capsys.readouterr().err.startswith("fuseline: not read: blocked:domain: ")


@requirement("ours:cli-fetch", "ours:ssrf")
def test_the_command_says_the_verdict_and_fails(shell: Shell):
    done = shell.run("fetch", "http://127.0.0.1/")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "fuseline: not read: blocked:address: this is no address of the public Internet\n"
    done = shell.run("fetch", "a.example", "--json", "--block", "b.example")
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (1, "blocked:scheme")
