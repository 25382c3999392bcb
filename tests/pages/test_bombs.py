"""Pages that are endless, slow, packed or of the wrong kind: what each is worth, in time and in memory."""

import asyncio
import gzip
import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any

import anyio
import pytest

from fuseline.pages.base import PageFailed
from fuseline.pages.fetcher import open_fetcher
from fuseline.pages.unpacking import FREE
from fuseline.settings.research import FetchSettings
from tests.pages.memory import rise
from tests.pages.papers import much
from tests.pages.web import Sheet, Web, open_web
from tests.requirements import requirement

pytestmark = [pytest.mark.anyio, requirement("ours:bombs", "fault:F55")]

MIB = 1 << 20
brotli: Any = import_module("brotli")  # it has no types
URL = "http://a.example/"
ZIPPED = zlib.MAX_WBITS | 16
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"


async def outcome(web: Web) -> tuple[str, str]:
    """Which limit ended the page, and what a model is told; nothing of the second where there is a text."""
    with anyio.fail_after(5):
        try:
            return (await web.fetcher.fetch(URL)).truncated, ""
        except PageFailed as failed:
            return failed.verdict, failed.shown


def packed(body: bytes, coding: str) -> Sheet:
    """A page in a coding."""
    return Sheet(body, headers={"Content-Encoding": coding})


def endlessly(piece: bytes, head: bytes = b"", pause_s: float = 0) -> Sheet:
    """A page that never stops."""

    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return Sheet(say=say)


def brotlied(size: int) -> bytes:
    """So many zeros."""
    return brotli.compress(bytes(size), quality=5)


@pytest.mark.parametrize(
    "bomb",
    [
        pytest.param(lambda: packed(much(b"\0", 200, ZIPPED), "gzip"), id="U17-gzip"),
        pytest.param(lambda: packed(much(b"\0", 200, zlib.MAX_WBITS), "deflate"), id="U17-deflate"),
        pytest.param(lambda: packed(much(b"\0", 200, -zlib.MAX_WBITS), "deflate"), id="U17-raw-deflate"),
        pytest.param(lambda: packed(gzip.compress(much(b"\0", 200, ZIPPED)), "gzip, gzip"), id="U17-twice"),
        pytest.param(lambda: packed(brotlied(20 * MIB), "br"), id="U17-brotli"),
    ],
)
async def test_a_packed_bomb_is_known_before_it_takes_memory(bomb: Callable[[], Sheet]):
    async with open_web({URL: bomb()}, robots="ignore") as web:
        with rise() as risen:
            assert await outcome(web) == ("limit:ratio", "too_large")
        assert risen() <= 16 * MIB


@pytest.mark.parametrize("length", [[], [f"Content-Length: {100 * MIB}"]])
async def test_a_line_without_end_is_cut_and_what_came_is_kept(length: list[str]):
    head = "\r\n".join(["HTTP/1.1 200 OK", "Content-Type: text/plain", *length, "", ""]).encode()
    async with open_web({URL: endlessly(b"a" * 65_536, head)}, robots="ignore") as web:
        with rise() as risen:
            page = await web.fetcher.fetch(URL)
        assert (page.truncated, page.size, len(page.text)) == ("limit:size", 2 * MIB, 1_000_000)
        assert risen() <= 64 * MIB


@pytest.mark.parametrize(
    ("sheet", "expected"),
    [
        pytest.param(endlessly(b"a", HEAD, 0.02), ("limit:time", ""), id="U18-slow-body"),
        pytest.param(endlessly(b"", HEAD, 0.02), ("limit:time", "timeout"), id="U18-no-body"),
        pytest.param(endlessly(b"", b"", 0.02), ("limit:time", "timeout"), id="U18-nothing"),
        pytest.param(endlessly(b"X: y\r\n", HEAD[:17], 0.02), ("limit:time", "timeout"), id="U18-slow-headers"),
        pytest.param(endlessly(b"X: y\r\n", HEAD[:17]), ("limit:headers", "too_large"), id="U18-headers-without-end"),
        pytest.param(
            endlessly(b"yyyyyyyy", HEAD[:17] + b"X: "), ("limit:headers", "too_large"), id="U18-endless-header"
        ),
        pytest.param(Sheet(headers={"X": "y" * MIB}), ("limit:headers", "too_large"), id="U18-large-header"),
        pytest.param(
            endlessly(b"HTTP/1.1 103 Early Hints\r\n\r\n", b"", 0.01), ("limit:time", "timeout"), id="U18-hints"
        ),
    ],
)
async def test_what_is_slow_or_never_ends_is_given_up_in_time(sheet: Sheet, expected: tuple[str, str]):
    async with open_web({URL: sheet}, robots="ignore", timeout_s=0.2) as web:
        assert await outcome(web) == expected


async def test_a_name_that_is_not_found_in_time_is_given_up():
    class Slow:
        async def resolve(self, host: str, port: int) -> list[str]:
            await anyio.sleep(60)
            return []

    async with open_fetcher(FetchSettings(timeout_s=0.1), Slow()) as fetcher:
        with pytest.raises(PageFailed, match="limit:time"):
            await fetcher.fetch(URL)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"\x00\x01", "application/octet-stream"),
        (b"<svg/>", "image/svg+xml"),
        (b"PK\x03\x04", "application/zip"),
        (b"PK\x03\x04", "text/html"),
        (b"\x1f\x8b\x08", "text/plain"),
        (b"a\x00b", "text/html"),
        (b"\x00", ""),
    ],
)
async def test_u19_what_is_no_text_is_not_read(body: bytes, media_type: str):
    async with open_web({URL: Sheet(body, media_type)}, robots="ignore") as web:
        assert await outcome(web) == ("unsupported:type", "unsupported_type")


@pytest.mark.parametrize("coding", ["zstd", "gzip", "br", "deflate", "gzip, gzip, gzip"])
async def test_a_page_that_is_not_packed_as_it_says_is_not_read(coding: str):
    async with open_web({URL: packed(b"just words " * 10, coding)}, robots="ignore") as web:
        assert await outcome(web) == ("unsupported:type", "unsupported_type")


async def test_a_pdf_that_is_cut_is_none():
    async with open_web({URL: Sheet(b"%PDF-1.7" + bytes(5000), "application/pdf")}, wire_bytes=4000) as web:
        assert await outcome(web) == ("limit:size", "too_large")


async def test_a_connection_that_breaks_leaves_what_came():
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD.replace(b"\r\n\r\n", b"\r\nContent-Length: 100\r\n\r\n") + b"half of")
        await writer.drain()
        await asyncio.sleep(0.05)

    async with open_web({URL: Sheet(say=say)}, robots="ignore") as web:
        page = await web.fetcher.fetch(URL)
    assert (page.text, page.truncated) == ("half of", "failed:connect")


async def test_what_speaks_no_http_is_unreachable():
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")

    async with open_web({URL: Sheet(say=say)}, robots="ignore") as web:
        assert await outcome(web) == ("failed:connect", "unreachable")


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity", "br, gzip"])
async def test_an_honest_page_is_unpacked_however_well_it_packs(coding: str):
    text = ("word " * (FREE // 6)).encode()
    body = text
    for name in coding.split(", "):
        body = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "identity": bytes}[name](body)
    async with open_web({URL: packed(body, coding)}, robots="ignore") as web:
        page = await web.fetcher.fetch(URL)
    assert (page.text, page.size, page.truncated) == (text.decode(), len(body), "")
