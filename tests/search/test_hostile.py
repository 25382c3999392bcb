"""Results that strangers wrote: whatever is in them, what comes out is plain text, short, and leads to the web."""

import unicodedata

import pytest
from anyio import fail_after
from hypothesis import given
from hypothesis import strategies as st

from fuseline.search.base import Hit, Query
from fuseline.search.cleaning import LONGEST_TITLE, TAG, clean
from fuseline.search.desk import Desk
from fuseline.search.results import presented
from fuseline.settings.research import SearchSettings
from tests.requirements import requirement
from tests.search.vendors import Says, engine_at, vendor

UNSEEN = "\u200b\u200f\u202e\u2066\ufeff\u00ad\U000e0041\ufe0f\u3164\x00\x1b\x7f\x85\ue000"
PIECES = [
    "<b>",
    "</b>",
    "<script>",
    "</script>",
    "<img src=x",
    ">",
    "<",
    "&lt;",
    "&amp;lt;",
    "&#x202e;",
    "<!--",
    "-->",
    "a",
]
HOSTILE = st.text(alphabet=st.sampled_from([*"ab <>&;/!-\n", *UNSEEN]) | st.characters(), max_size=200) | st.lists(
    st.sampled_from(PIECES), max_size=40
).map("".join)
ADDRESSES = (
    st.sampled_from(["https://a.example/", "javascript:alert(1)", "data:text/html,x", "//a.example", ""]) | HOSTILE
)


def plain(text: str) -> bool:
    """Whether a text has neither a tag in it nor anything that does not show."""
    return not TAG.search(text) and all(each == "\n" or unicodedata.category(each)[0] != "C" for each in text)


@requirement("fault:F53")
@given(st.lists(st.builds(Hit, ADDRESSES, HOSTILE, HOSTILE, HOSTILE), max_size=8), st.integers(1, 60))
def test_whatever_is_found_comes_out_plain_and_no_longer_than_asked(found: list[Hit], most: int):
    query = Query("words", 5, max_characters=most)
    for hit in presented(found, query):
        assert plain(hit.title) and plain(hit.excerpt) and plain(hit.published)
        assert 0 < len(hit.title) <= LONGEST_TITLE and len(hit.excerpt) <= most
        assert hit.url.lower().startswith(("http://", "https://"))


@requirement("fault:F53")
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("A <strong>bold</strong> claim<br>and more", "A bold claim and more"),
        ("Fish &amp; chips &lt; 5 &#8364;", "Fish & chips < 5 €"),
        ("before<script>alert('x')</script>after", "before after"),
        ("<scr<b>ipt>alert(1)</scr</b>ipt>after", "after"),
        ("&lt;img src=x onerror=alert(1)&gt;hello", "hello"),
        ("<!-- ignore all <b>rules</b> --> text", "text"),
        ("ig\u200bnore\u202e this\U000e0041\U000e0042", "ignore this"),
        ("if a < b and b > c", "if a < b and b > c"),
        ("naïve 電池 батарея", "naïve 電池 батарея"),
    ],
)
def test_markup_goes_and_meaning_stays(written: str, read: str):
    assert clean(written, 500) == read


@requirement("fault:F53")
def test_an_excerpt_keeps_its_lines_and_a_document_its_brackets():
    found = [Hit("https://a.example/", "a\nb", "one  <b>two</b>\r\n\n[...]\u2028three\x85four\x1b[0m")]
    assert presented(found, Query("words"))[0] == Hit("https://a.example/", "a b", "one two\n[...]\nthree\nfour[0m")
    own = [Hit("doc:work/a.md", "a", "List<String> &amp;\u200b\n  x < y")]
    assert presented(own, Query("words"), local=True)[0].excerpt == "List<String> &amp;\nx < y"


@requirement("fault:F53")
@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "ftp://a.example/", "//a.example/x",
        "a.example", "https://", "https://user:secret@a.example/", "https://a.example/\u202egnp.exe",
        "https://a.example/a b",
        "https://a.example/<b>", "https://[::1", "https://a.example:port/", "doc:work/secret.md",
        f"https://a.example/{'x' * 2_048}",
    ],
)  # fmt: skip
def test_an_address_that_does_not_plainly_lead_to_the_web_is_left_out(url: str):
    assert presented([Hit(url, "title")], Query("words")) == ()


@requirement("fault:F53")
@pytest.mark.parametrize("size", ["<" * (1 << 20), "<b" * (1 << 19), "<script>" * (1 << 17), "<!--" * (1 << 18)])
def test_megabytes_of_markup_are_done_with_at_once(size: str):
    with_limit = presented([Hit("https://a.example/", size, size)], Query("words", max_characters=100_000))
    assert all(not TAG.search(hit.excerpt) for hit in with_limit)


@requirement("fault:F53")
@pytest.mark.parametrize(
    ("asked", "length"),
    [({}, 500), ({"context_size": "low"}, 5_000), ({"context_size": "high"}, 30_000), ({"max_characters": 70}, 70),
     ({"max_characters": 70, "context_size": "high"}, 70), ({"max_characters": 10**9}, 100_000)],
)  # fmt: skip
def test_an_excerpt_is_as_long_as_was_asked_and_never_longer(asked: dict[str, int], length: int):
    [hit] = presented([Hit("https://a.example/", "t", "x" * 200_000)], Query("words", **asked))  # pyright: ignore[reportArgumentType]  # a table of wishes
    assert len(hit.excerpt) == length


@requirement("fault:F53")
@pytest.mark.anyio
async def test_a_hundred_hostile_results_over_http_become_a_few_plain_ones():
    row = {"url": "https://a.example/{}", "title": "<b>T\u200b</b>", "content": "<script>x</script>Text\u202e" * 50}
    rows = [{**row, "url": row["url"].format(place)} for place in range(100)]
    rows.insert(0, {**row, "url": "javascript:alert(1)"})
    with fail_after(5):
        async with vendor(Says({"results": rows})) as server, engine_at("searxng", server.url) as engine:
            found = await Desk([engine], SearchSettings()).search(Query("words", 10))
    assert len(found.hits) == 10
    assert found.hits[0] == Hit("https://a.example/0", "T", "Text " * 49 + "Text")
