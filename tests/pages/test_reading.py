"""Bytes into text: what readers make of pages, and what becomes of those that are made to break them."""

import pytest

from fuseline.pages.base import PageFailed
from fuseline.pages.extract import Extracted, extract_html, extract_pdf, text_of
from fuseline.pages.readers import html
from fuseline.pages.workshop import open_workshop
from tests.pages.memory import rise
from tests.pages.papers import bound, much, paper
from tests.requirements import requirement

MIB = 1 << 20


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("<meta charset='shift_jis'><p>潮汐".encode("shift_jis"), "", "潮汐"),
        (b"<meta http-equiv=Content-Type content='text/html; charset=windows-1252'><p>\x93q\x94", "", "“q”"),
        ("<p>Прилив".encode("cp1251"), "windows-1251", "Прилив"),
        ("<meta charset=utf-16><p>tide é".encode(), "", "tide é"),
        ("<meta charset=klingon><p>tide é".encode(), "", "tide é"),
        (b"\xef\xbb\xbf<meta charset=koi8-r><p>\xc3\xa9", "koi8-r", "é"),
    ],
)
@requirement("ours:fetch")
def test_a_pages_charset_is_that_of_its_mark_its_header_or_its_own_word(body: bytes, charset: str, text: str):
    assert extract_html(body, charset).text == text


def test_a_page_in_which_nothing_stands_out_is_read_whole():
    page = "<div><a href='/a'>One</a></div><script>no()</script><ul><li>two <b>bold</b></ul>"
    whole = html.everything(html.parsed(page), "http://a.example/x/")
    assert whole == "[One](http://a.example/a)\ntwo bold"


def test_names_figures_and_addresses_stay_as_they_are_written():
    page = b"""<article><h1>On a_b</h1><p>3 * 4 < 13 and $5_000 for <a href="/c_d">snake_case</a> at
    http://a.example/b_c?d=[1], <b>which</b> is <code>int *p = a_b;</code> for those who read on.</p></article>"""
    text = extract_html(page, "", "http://x.example/").text
    assert "# On a_b\n\n3 * 4 < 13 and $5_000 for [snake_case](http://x.example/c_d)" in text
    assert "http://a.example/b_c?d=[1], **which** is `int *p = a_b;`" in text


@pytest.mark.parametrize("body", [b"", b"<", b"<!-- -->", b"\x00\x00", b"<html></html>", b"<div>" * 100_000])
@requirement("ours:bombs")
def test_a_page_that_is_none_is_an_empty_text(body: bytes):
    assert extract_html(body).text.strip("\ufffd<") == ""


def test_no_text_holds_what_cannot_be_written_down():
    made = extract_html(b"<title>a&#0;b</title><p>c&#xD800;d\x00e")
    assert "\0" not in made.text + made.title
    made.text.encode()


@requirement("ours:fetch")
def test_a_pdf_tells_its_text_and_title():
    assert extract_pdf(paper("6.1 m", "Tides")) == Extracted("Tides", "6.1 m")


@pytest.mark.parametrize("body", [b"", b"%PDF-1.7", paper("x")[:300], b"no pdf at all"])
def test_what_is_no_pdf_is_unreadable(body: bytes):
    with pytest.raises(PageFailed) as failed:
        extract_pdf(body)
    assert (failed.value.verdict, failed.value.shown) == ("failed:extract", "unreadable")


@pytest.mark.anyio
@requirement("ours:bombs")
async def test_bombs_cost_bounded_memory_and_the_next_page_is_read_all_the_same():
    bombs = {
        "zeros": (bound(much(b" ", 200, 15)), "application/pdf"),
        "tags": (b"<div>" * 10**5 * 2, "text/html"),
        "line": (b"<p>" + b"a" * 5 * MIB, "text/html"),
    }
    async with open_workshop(cpu_s=0, wall_s=8) as workshop:
        with rise() as risen:
            for body, media_type in bombs.values():
                try:
                    assert len((await workshop.text_of(body, media_type)).text) <= 1_000_000
                except PageFailed as failed:
                    assert failed.verdict in ("failed:extract", "limit:size", "limit:time")
        assert risen() <= 64 * MIB
        assert (await workshop.text_of(b"<p>still here", "text/html")).text == "still here"


@pytest.mark.anyio
@requirement("ours:bombs")
async def test_a_page_that_takes_too_much_work_is_given_up():
    async with open_workshop(cpu_s=0) as workshop:
        with pytest.raises(PageFailed) as failed:
            await workshop.text_of(bound(much(b"BT (hello) Tj ET\n", 20, 15)), "application/pdf")
        assert (failed.value.verdict, failed.value.shown) == ("limit:time", "timeout")


@pytest.mark.anyio
@requirement("ours:bombs")
async def test_a_page_that_takes_too_long_is_given_up():
    async with open_workshop(wall_s=0.01) as workshop:
        with pytest.raises(PageFailed) as failed:
            await workshop.text_of(b"<p>hello", "text/html")
        assert failed.value.verdict == "limit:time"


@pytest.mark.anyio
async def test_a_text_can_be_had_without_a_workshop_and_other_things_are_refused():
    assert (await text_of(b"caf\xe9", "text/plain", "latin-1")).text == "café"
    with pytest.raises(PageFailed) as failed:
        await text_of(b"PK", "application/zip")
    assert failed.value.shown == "unsupported_type"
