"""Numbers, dates and addresses that no draft and no page has are flagged where they stand, and nothing else is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseline.engine.provenance.drafts import Drafts
from fuseline.engine.provenance.guard import flags
from fuseline.engine.provenance.sentences import sentences_of
from fuseline.types.provenance import Flag
from tests.engine.provenance.panel import PANEL, TEXTS
from tests.requirements import requirement

pytestmark = requirement("ours:number-guard")
DRAFTS = Drafts(PANEL)


def flagged(answer: str, *pages: str) -> list[tuple[str, str]]:
    """What is flagged in an answer over the small panel, each checked to stand where it says."""
    found = flags(answer, sentences_of(answer), DRAFTS, pages)
    for flag in found:
        assert flag.kind == "unknown_url" or answer[flag.start : flag.end] == flag.text
    return [(flag.kind, flag.text) for flag in found]


@pytest.mark.parametrize(
    ("answer", "numbers"),
    [
        ("It cost 2.6 billion dollars, or 2,600 million.", []),
        ("It cost 2.7 billion dollars.", ["2.7 billion"]),
        ("It came down on March 5, 2024, a Tuesday.", []),
        ("It came down on 6 March 2024.", ["6 March 2024"]),
        ("Of 17 experiments all went well.", []),
        ("Of 18 experiments 40% went well.", ["18", "40%"]),
        ("Prices rose by 3% and 3 things followed.", ["3%"]),
        ("| Year | Cost |\n|--|--|\n| 2031 | 2.6 billion |", ["2031"]),
        ("From 1999–2024 it was planned.", ["1999"]),
    ],
)
def test_a_number_or_date_that_nobody_had_is_flagged(answer: str, numbers: list[str]):
    assert flagged(answer) == [("new_number", number) for number in numbers]


@pytest.mark.parametrize(
    "answer",
    [
        "11. An item of a list\n12. Another item of it",
        "## 12.3 What it cost\n\n### Part 14: the bill\n\n**15. The end**",
        "```py\nlimit = 4711\n```\nIt takes `4712` bytes.",
        "As has been shown [12], and elsewhere [^13], [14, 15].",
        "Open 24/7, seen at https://agency.example/splashdown#section-77 by all.",
        "There are 3 reasons for the H100 and for GPT-55.",
        "<a id=4713>here</a> &#8217;",
    ],
)
def test_what_tells_no_fact_is_not_flagged(answer: str):
    assert flagged(answer) == []


def test_what_a_page_or_the_question_has_is_not_flagged():
    answer = "Tickets cost 350 euros, see https://b.example/tickets/."
    assert flagged(answer) == [("new_number", "350"), ("unknown_url", "https://b.example/tickets/")]
    assert flagged(answer, "What do tickets for 350 euros get me?", "http://www.b.example/tickets") == []


@pytest.mark.parametrize(
    ("address", "known"),
    [
        ("https://agency.example/splashdown", True),
        ("[film](https://agency.example/splashdown?utm_source=z)", True),
        ("http://www.agency.example/splashdown/#top", True),
        ("https://agency.example/spl...", True),
        ("https://agency.example/splashdown2", False),
        ("https://other.example/splashdown", False),
        ("https://agency.example/splashdown?id=2", False),
    ],
)
def test_only_addresses_of_pages_that_nobody_brought_are_flagged(address: str, known: bool):
    assert [kind for kind, _ in flagged(f"There is a film at {address} now")] == ([] if known else ["unknown_url"])


def test_an_answer_that_is_one_of_the_drafts_has_no_flags():
    assert [flagged(text) for _, text in PANEL] == [[], [], []]


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=3), TEXTS, TEXTS)
def test_flags_of_any_text_lie_in_it_in_order(drafts: list[str], answer: str, page: str):
    found: tuple[Flag, ...] = flags(answer, sentences_of(answer), Drafts(list(enumerate(drafts))), [page])
    assert all(0 <= flag.start < flag.end <= len(answer) for flag in found)
    assert list(found) == sorted(found, key=lambda flag: (flag.start, flag.end))


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_whatever_stands_on_a_page_is_never_flagged(text: str):
    assert flags(text, sentences_of(text), Drafts([]), [text]) == ()
