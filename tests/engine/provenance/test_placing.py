"""Each sentence is laid to the seat that said it, to several, to nobody, or to none for sure."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from fuseline.engine.provenance.drafts import LIKE, Drafts, Placed
from fuseline.engine.provenance.sentences import sentences_of
from fuseline.types.provenance import Support
from tests.engine.provenance.panel import (
    COST,
    CREW,
    FIRST,
    LAUNCH,
    PANEL,
    RETURN,
    SCIENCE,
    SECOND,
    TEXTS,
    THIRD,
    UNRELATED,
)
from tests.requirements import requirement

pytestmark = requirement("ours:provenance")
DRAFTS = Drafts(PANEL)


@pytest.mark.parametrize(("sentence", "seat"), [(COST, 0), (SCIENCE, 0), (CREW, 1), (RETURN, 4)])
def test_a_sentence_of_one_draft_is_laid_to_its_seat_and_place(sentence: str, seat: int):
    placed = DRAFTS.place(sentence)
    (support,) = placed.supports
    assert (placed.standing, support.seat, support.score) == ("single", seat, 1.0)
    assert dict(PANEL)[seat][support.start : support.end] == sentence


def test_a_sentence_that_two_seats_say_alike_is_shared():
    placed = DRAFTS.place("The Falcon rocket was launched from Cape Canaveral while it was raining heavily.")
    assert (placed.standing, [support.seat for support in placed.supports]) == ("shared", [0, 1])


def test_a_sentence_in_other_words_keeps_its_seat():
    placed = DRAFTS.place("Two years of training in Houston and Moscow prepared a crew of four astronauts.")
    assert placed == snapshot(
        Placed(
            standing="single",
            margin=3.0999,
            supports=(Support(seat=1, score=0.7174, start=66, end=138),),
            cosine=0.7174,
            best=1,
        )
    )


def test_a_sentence_that_nobody_said_is_laid_to_nobody():
    placed = DRAFTS.place(UNRELATED)
    assert (placed.standing, placed.supports) == ("none", ())
    assert placed.cosine < LIKE


def test_a_sentence_of_two_neighbours_is_found_in_both_together():
    both = "Launched from Cape Canaveral in heavy rain, the Falcon mission cost about 2.6 billion dollars."
    (support, *_) = DRAFTS.place(both).supports
    (alone, *_) = Drafts([(0, FIRST.replace(LAUNCH, ""))]).place(both).supports or (Support(0, 0.0, 0, 0),)
    assert support.seat == 0
    assert support.score > alone.score


def test_a_word_that_all_share_leaves_it_open_who_said_it():
    drafts = Drafts([(0, f"{LAUNCH} {COST}"), (1, f"{LAUNCH} {CREW}"), (2, f"{LAUNCH} {RETURN}")])
    assert drafts.place(LAUNCH).standing == "shared"
    assert len(drafts.place(LAUNCH).supports) == 3


def test_an_address_that_one_seat_alone_cites_tips_the_balance():
    said = "The footage of the landing was shown around the world by the agency"
    drafts = Drafts([(0, f"{said}."), (1, f"{said} (https://agency.example/film).")])
    assert drafts.place(f"{said}.").standing == "shared"
    placed = drafts.place(f"{said} (https://agency.example/film?utm_source=chat).")
    assert (placed.standing, placed.supports[0].seat) == ("single", 1)


def test_a_figure_that_one_seat_alone_has_tips_the_balance():
    said = "Sales of electric cars in Norway grew to {} percent of the market last year."
    drafts = Drafts([(0, said.format(79)), (1, said.format(83)), (2, UNRELATED)])
    assert [drafts.place(said.format(figure)).best for figure in (79, 83)] == [0, 1]


def test_a_panel_of_one_seat_said_it_or_nobody_did():
    drafts = Drafts([(3, FIRST)])
    assert [drafts.place(one).standing for one in (COST, UNRELATED)] == ["single", "none"]


@pytest.mark.parametrize("texts", [[], [(0, "")], [(0, "```\ncode\n```"), (1, "\n")]])
def test_without_any_text_nobody_said_anything(texts: list[tuple[int, str]]):
    assert Drafts(texts).place(COST) == Placed("none")


@pytest.mark.parametrize(
    ("first", "second", "asked"),
    [
        (
            "東京タワーは一九五八年に完成した電波塔である。",
            "京都には多くの古い寺院と美しい庭園が残っている。",
            "電波塔の東京タワーは一九五八年に完成した。",
        ),
        (
            "长城是中国古代修建的防御工程，全长超过两万公里。",
            "黄河是中国第二长的河流，流经九个省和自治区。",
            "中国古代修建的长城全长超过两万公里。",
        ),
        (
            "Эрмитаж был основан императрицей Екатериной в Санкт-Петербурге.",
            "Байкал считается самым глубоким озером на всей планете.",
            "В Санкт-Петербурге императрица Екатерина основала Эрмитаж.",
        ),
        (
            "한글은 세종대왕이 백성을 위하여 만든 문자이다.",
            "제주도는 화산 활동으로 생긴 아름다운 섬이다.",
            "세종대왕이 백성을 위해 한글을 만들었다.",
        ),
        (
            "Der Rhein entspringt in den Schweizer Alpen und mündet bei Rotterdam.",
            "Die Zugspitze gilt als höchster Berg der Bundesrepublik Deutschland.",
            "Bei Rotterdam mündet der Rhein, der in den Schweizer Alpen entspringt.",
        ),
    ],
    ids=["japanese", "chinese", "russian", "korean", "german"],
)
def test_other_scripts_and_languages_are_told_apart(first: str, second: str, asked: str):
    placed = Drafts([(0, first), (1, second)]).place(asked)
    assert (placed.standing, placed.best) == ("single", 0)


def test_the_order_in_which_drafts_come_changes_nothing():
    shuffled = list(PANEL)
    Random(1).shuffle(shuffled)
    said = [text[span.start : span.end] for _, text in PANEL for span in sentences_of(text)]
    assert [Drafts(shuffled).place(one) for one in said] == [DRAFTS.place(one) for one in said]


def test_the_numbers_of_the_seats_change_nothing_but_the_numbers():
    other = Drafts([(7, FIRST), (5, SECOND), (2, THIRD)])
    renamed = {0: 7, 1: 5, 4: 2}
    for sentence in (COST, CREW, RETURN, SCIENCE):
        here, there = DRAFTS.place(sentence), other.place(sentence)
        assert there.margin == pytest.approx(here.margin)
        assert [support.seat for support in there.supports] == [renamed[support.seat] for support in here.supports]


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=4), TEXTS)
def test_any_sentence_is_placed_at_real_seats_and_real_places(texts: list[str], sentence: str):
    placed = Drafts(list(enumerate(texts))).place(sentence)
    assert (placed.standing == "none") == (not placed.supports)
    assert 0 <= placed.cosine <= 1 and placed.margin >= 0
    for support in placed.supports:
        assert 0 <= support.start < support.end <= len(texts[support.seat])
        assert 0 <= support.score <= 1
