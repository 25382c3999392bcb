"""The links of a text are found with their places and titles, and none of them twice."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseline.engine.excerpts import with_excerpts
from fuseline.engine.sources import cited, links, sources_of, with_citations
from fuseline.types.deliberation import PanelAnswer, Report, Source
from fuseline.types.replies import Citation, Reply
from fuseline.types.runs import Lookup, Speaker
from tests.requirements import requirement

A = Source("https://a.example/x", "All about A")


@requirement("wire:citations")
@pytest.mark.parametrize(
    ("text", "place", "url", "title"),
    [
        ("See [the page](https://b.example/y).", "[the page](https://b.example/y)", "https://b.example/y", "the page"),
        ("See [the page](https://a.example/x).", "[the page](https://a.example/x)", A.url, A.title),
        ("It is at https://a.example/x.", "https://a.example/x", A.url, A.title),
        ("It is at <https://b.example/y>!", "https://b.example/y", "https://b.example/y", "https://b.example/y"),
        ("A https://a.example/x?utm_source=chat", "https://a.example/x?utm_source=chat", A.url, A.title),
        ("Ünïcode 更多 🌅 https://b.example", "https://b.example", "https://b.example", "https://b.example"),
        (
            '[wiki](https://b.example/A_(b) "Title") it is',
            '[wiki](https://b.example/A_(b) "Title")',
            "https://b.example/A_(b)",
            "wiki",
        ),
    ],
)
def test_a_link_is_cited_where_it_stands(text: str, place: str, url: str, title: str):
    (citation,) = cited(text, [A])
    assert text[citation.start : citation.end] == place
    assert (citation.url, citation.title) == (url, title)


@requirement("wire:citations")
def test_a_page_that_is_linked_twice_is_cited_at_both_places_in_their_order():
    text = "https://b.example then [A](https://a.example/x) and again https://b.example, too."
    found = cited(text, [])
    assert [text[one.start : one.end] for one in found] == [
        "https://b.example",
        "[A](https://a.example/x)",
        "https://b.example",
    ]
    assert len(set(found)) == 3


@requirement("wire:citations")
def test_what_an_upstream_reported_wins_for_the_same_page_and_place():
    text = "[A](https://a.example/x) and [A](https://a.example/x)"
    reported = Citation("https://a.example/x?utm_source=up", "Reported", 0, 24, "an excerpt")
    assert cited(text, [A], [reported]) == (reported, Citation(A.url, A.title, 29, 53))
    placeless = Citation("https://a.example/x", "Reported")
    assert cited(text, [A], [placeless]) == (placeless,)


@requirement("wire:citations")
@pytest.mark.parametrize("text", ["", "No links.", "http without an address", "https://", "https://..."])
def test_a_text_without_links_cites_nothing_of_its_own(text: str):
    reported = (Citation("https://a.example/x", "Reported", 0, 1),)
    assert cited(text, [A]) == ()
    assert cited(text, [A], reported) == reported


@requirement("wire:citations")
def test_an_answer_takes_its_titles_from_the_panel():
    report = Report("st_1", "Why?", (PanelAnswer(0, "a/x", "...", sources=(A,)),))
    reply = Reply("a/x", "As https://a.example/x says.")
    assert with_citations(reply, report).citations == (Citation(A.url, A.title, 3, 22),)
    assert with_citations(reply, None).citations == (Citation(A.url, A.url, 3, 22),)


@requirement("wire:citations")
def test_a_page_that_was_found_has_the_title_that_it_was_found_under():
    found = Lookup("search", Speaker("panel", "a/x"), "a", 1.0, sources=(Source(f"{A.url}?utm_source=x", "A, found"),))
    reply = Reply("a/x", "As [a](https://a.example/x) says.")
    assert with_citations(reply, None, [found]).citations[0].title == "A, found"


@requirement("ours:excerpts")
def test_a_citation_says_what_its_page_says_of_the_matter():
    page = "A long introduction. " * 20 + "\nIn 2023 the solar share was 5.5 percent.\n" + "The end of it. " * 30
    text = "The solar share was 5.5 percent in 2023 ([a](https://a.example/x), [b](https://b.example/y), [c](https://c.example))"
    found = {A.url: page, "https://b.example/y?gclid=1": "Short \n text"}
    excerpts = [one.excerpt for one in with_excerpts(text, cited(text, []), found)]
    assert excerpts == ["In 2023 the solar share was 5.5 percent.", "Short text", ""]
    reported = Citation(A.url, "A", 0, 5, "as reported")
    assert with_excerpts(text, [reported], found) == (reported,)


def test_an_answer_without_links_is_not_touched():
    reply = Reply("a/x", "Because.")
    assert with_citations(reply, None) is reply


PIECES = st.sampled_from(
    ["[a](https://a.example/x)", "https://b.example/(y)", "http", "[", "](", ")", " ", "é", ".", "\n"]
)


@requirement("wire:citations")
@given(st.lists(PIECES, max_size=12).map("".join))
def test_places_never_overlap_and_hold_what_is_cited(text: str):
    found = links(text)
    assert all(one[1] <= next_one[0] for one, next_one in pairwise(found))
    assert {url for *_, url in found} == {source.url for source in sources_of(text)}
    assert all("http" in text[start:end] for start, end, *_ in found)
