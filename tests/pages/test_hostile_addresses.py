"""The table of hostile addresses, row by row: none of them reaches what is not public, nor tells a model why."""

import re
import socket
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, suppress
from types import SimpleNamespace

import pytest

from fuseline.pages.asking import Guard
from fuseline.pages.base import PageFailed
from fuseline.pages.fetcher import open_fetcher
from fuseline.settings.research import FetchSettings
from tests.pages.encodings import encodings
from tests.pages.web import PUBLIC, Names, Sheet, Web, leads, open_web
from tests.requirements import requirement

pytestmark = pytest.mark.anyio
PORTS = (80, 443, 8080)

ROWS: Mapping[tuple[str, str], str] = {
    ("U1", "blocked:address"): """
        http://127.0.0.1:8080/v1/keys http://127.0.0.1/ http://localhost/ http://localhost. http://LOCALHOST:8080/
        http://foo.localhost/ http://intranet/ http://printer.local/ http://box.home.arpa/""",
    ("U2", "blocked:address"): """
        http://169.254.169.254/latest/meta-data/ http://metadata.google.internal/ http://100.100.100.200/
        http://192.0.0.192/ http://168.63.129.16/ http://[fd00:ec2::254]/""",
    ("U3", "blocked:host_syntax"): """
        http://2130706433/ http://0x7f000001/ http://0177.0.0.1/ http://127.1/ http://0/ http://127.0.0.1./
        http://0x7f.0.0.0x1/ http://127.0.0.01/ http://127.0.0.256/ http://a.example.0x1/""",
    ("U4", "blocked:address"): "http://[::1]/ http://[::ffff:127.0.0.1]/ http://[::127.0.0.1]/ http://[::]/",
    ("U5", "blocked:address"): """
        http://[64:ff9b::7f00:1]/ http://[2002:7f00:1::]/ http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/
        http://[::ffff:0:7f00:1]/ http://[fec0::1]/ http://[ff02::1]/ http://[2001:db8::1]/""",
    ("U6", "blocked:host_syntax"): "http://[fe80::1%25eth0]/ http://[fe80::1%eth0]/ http://[::1 http://[127.0.0.1]/",
    ("U7", "blocked:address"): "http://①②⑦.⓪.⓪.①/ http://127。0。0。1/ http://１２７.0.0.1/ http://ｌocalhost/",
    ("U8", "blocked:host_syntax"): r"""
        http://127.0.0.1\0.example.com/ http://127.0.0.1%00.example.com/ http://a.exa\tmple/ http://a.example\r/
        http://a.example\n/ http://a\x20exa.mple/ http://a.example/\r\nHost:b http://%31%32%37.0.0.1/
        http://℀.example/""",
    ("U9", "blocked:userinfo"): """
        http://google.com@127.0.0.1/ http://user:pw@example.com/ http://example.com＠127.0.0.1/""",
    ("U10", "blocked:host_syntax"): r"""
        http://127.0.0.1\x5c@example.com/ http:\x5c\x5cexample.com http:/example.com http:///a.example""",
    ("U11", "blocked:scheme"): r"""
        file:///etc/passwd gopher://a.example ftp://a.example data:text/html,x javascript:1 unix:/run/x //host/
        a.example \x20http://a.example/""",
    ("U12", "blocked:port"): """
        https://example.com:22/ https://example.com:6379 https://example.com:0/ https://example.com:99999/
        https://example.com:/ https://example.com:+80/ https://example.com:０80/""",
    ("U14", "blocked:address"): """
        http://mixed.example/ http://inside.example/ http://inside6.example/ http://unknown.example/""",
    ("U20", "blocked:length"): f"http://example.com/?q={'x' * 2048} http://example.com/{'ü' * 1100}",
    ("U20", "blocked:self"): "http://gateway.example/v1/keys http://GateWay.example.:80/",
}
"""The rows of the table with their verdicts. What may not stand in a line is written as an escape."""
ESCAPE = re.compile(r"\\(0|t|r|n|x[0-9a-f]{2})")
NAMES = {
    "mixed.example": [[PUBLIC, "10.0.0.1"]],
    "inside.example": [["169.254.169.254"]],
    "inside6.example": [["::ffff:10.0.0.1"]],
    "gateway.example": [[PUBLIC]],
    "example.com": [[PUBLIC]],
}


def unseen(escape: re.Match[str]) -> str:
    """The letter that an escape stands for."""
    name = escape[1]
    return chr(int(name[1:], 16)) if name.startswith("x") else {"0": "\0", "t": "\t", "r": "\r", "n": "\n"}[name]


EACH = [
    pytest.param(verdict, ESCAPE.sub(unseen, url), id=f"{row}-{url[:60]!a}")
    for (row, verdict), urls in ROWS.items()
    for url in urls.split()
]


@pytest.fixture(scope="module")
def canaries() -> Generator[Callable[[], int]]:
    """Listeners on this machine's own addresses, where hostile addresses lead; the value counts who came."""
    with ExitStack() as stack:
        listeners: list[socket.socket] = []
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            for port in PORTS:
                with suppress(OSError):  # not everybody may listen there, nor everywhere
                    listener = stack.enter_context(socket.socket(family))
                    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    listener.bind((address, port))
                    listener.listen(1000)
                    listener.setblocking(False)
                    listeners.append(listener)
        yield lambda: sum(map(visitors, listeners))


def visitors(listener: socket.socket) -> int:
    """How many came to a listener since one asked last."""
    count = 0
    with suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()
            count += 1
    return count


async def verdict_of(web: Web, url: str) -> tuple[str, str]:
    """What the log and the model are told of an address."""
    with pytest.raises(PageFailed) as failed:
        await web.fetcher.fetch(url)
    return failed.value.verdict, failed.value.shown


@requirement("ours:ssrf", "fault:F54")
@pytest.mark.parametrize(("verdict", "url"), EACH)
async def test_a_hostile_address_is_refused_before_anybody_is_asked(
    verdict: str, url: str, canaries: Callable[[], int]
):
    own = ("gateway.example",)
    async with open_web({}, NAMES, own_hosts=own) as web:
        assert await verdict_of(web, url) == (verdict, "url_not_allowed")
        assert (web.visits, web.strangers) == ([], [])
    async with open_fetcher(FetchSettings(own_hosts=own, timeout_s=2), Names(NAMES)) as fetcher:
        with pytest.raises(PageFailed) as failed:  # once more, and nothing stands between it and this machine
            await fetcher.fetch(url)
    assert (failed.value.verdict, canaries()) == (verdict, 0)


@requirement("ours:ssrf")
async def test_every_encoding_of_a_private_host_is_refused(canaries: Callable[[], int]):
    async with open_web({}, NAMES) as web, open_fetcher(FetchSettings(timeout_s=2), Names(NAMES)) as bare:
        for url in encodings(500):
            verdict, shown = await verdict_of(web, url)
            assert (verdict.partition(":")[0], shown) == ("blocked", "url_not_allowed"), url
            with pytest.raises(PageFailed):
                await bare.fetch(url)
        assert (web.visits, web.strangers, canaries()) == ([], [], 0)


@requirement("ours:ssrf")
async def test_every_encoding_of_a_private_host_is_refused_where_a_redirect_leads():
    urls = encodings(200, seed=2)
    async with open_web({"http://a.example/": Sheet()}, robots="ignore") as web:
        for url in urls:
            web.sheets["http://a.example/"] = leads(header(url))
            verdict, shown = await verdict_of(web, "http://a.example/")
            assert (verdict, shown) == ("blocked:redirect", "url_not_allowed"), url
        assert (len(web.visits), web.strangers) == (len(urls), [])


def header(url: str) -> str:
    """An address as a header can hold it."""
    return url.encode().decode("latin-1").replace("\r", "").replace("\n", "").replace("\0", "")


@requirement("ours:ssrf")
async def test_u13_a_name_that_moves_inside_is_read_where_it_was_when_it_was_checked():
    sheets = {"http://a.example/": leads("/there"), "http://a.example/there": Sheet("hello")}
    async with open_web(sheets, {"a.example": [[PUBLIC], ["127.0.0.1"]]}) as web:
        assert (await web.fetcher.fetch("http://a.example/")).text == "hello"
        assert (web.names.asked, web.strangers) == (["a.example"], [])


@requirement("ours:ssrf")
async def test_u13_a_name_that_moves_at_every_question_never_leads_inside():
    moving = [[PUBLIC] if number % 3 else ["127.0.0.1"] for number in range(1000)]
    read = 0
    async with open_web({"http://a.example/": Sheet(status=404)}, {"a.example": moving}, robots="ignore") as web:
        for _ in range(1000):
            verdict = (await verdict_of(web, "http://a.example/"))[0]
            assert verdict in ("failed:http", "blocked:address")
            read += verdict == "failed:http"
        assert (read, len(web.visits), len(web.names.asked), web.strangers) == (666, 666, 1000, [])


@requirement("ours:ssrf")
@pytest.mark.parametrize(
    "location",
    [
        *("http://169.254.169.254/", "http://127.0.0.1:9010/", "http://93.184.216.34/", "file:///etc/passwd"),
        *("//[::1]/", "///127.0.0.1/", "http://inside.example/", "http://localhost/", "http://user@a.example/"),
        "http://a.example:22/",
    ],
)  # fmt: skip
async def test_u15_a_redirect_to_where_no_page_is_ends_there(location: str):
    async with open_web({"http://a.example/": leads(location)}, NAMES) as web:
        assert await verdict_of(web, "http://a.example/") == ("blocked:redirect", "url_not_allowed")
        assert (web.read, web.strangers) == (["http://a.example/"], [])


@requirement("ours:ssrf")
async def test_u16_redirects_without_end_are_followed_three_times():
    async with open_web({f"http://a.example/{n}": leads(f"/{n + 1}") for n in range(10)}, robots="ignore") as web:
        assert await verdict_of(web, "http://a.example/0") == ("limit:redirects", "too_many_redirects")
        assert len(web.visits) == 4


@requirement("ours:ssrf")
async def test_no_socket_is_made_for_a_place_that_was_not_checked_nor_used_if_it_reached_another():
    guard = Guard({("127.0.0.1", 1)})
    with pytest.raises(OSError, match="not checked"):
        guard.make((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 2)))
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        made = guard.make((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1)))
        made.setblocking(True)
        with made:
            made.connect(elsewhere.getsockname())
            with pytest.raises(PageFailed, match="blocked:address"):
                await guard.look(None, SimpleNamespace(), None)
