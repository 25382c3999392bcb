"""The provenance of a whole answer: who said what, what nobody did, and what is missing, in one value."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from fuseline.engine.provenance.drafts import Drafts
from fuseline.engine.provenance.provenance import trace
from fuseline.types.provenance import Dropped, Flag, Provenance, Sentence, Support
from tests.engine.provenance.panel import COST, CREW, LAUNCH, PANEL, RETURN, TEXTS, UNRELATED
from tests.requirements import requirement

pytestmark = requirement("ours:provenance")
ANSWER = f"""\
## The flight

{LAUNCH} {CREW}

- {UNRELATED}
- The mission cost about 2.9 billion dollars, much more than its planners had hoped.
"""


def test_an_answer_is_traced_to_its_seats():
    assert trace(ANSWER, Drafts(PANEL)) == snapshot(
        Provenance(
            sentences=(
                Sentence(
                    start=15,
                    end=80,
                    standing="shared",
                    supports=(
                        Support(seat=0, score=1.0, start=14, end=79),
                        Support(seat=1, score=1.0, start=0, end=65),
                    ),
                ),
                Sentence(
                    start=81,
                    end=153,
                    standing="single",
                    margin=3.2334,
                    supports=(Support(seat=1, score=1.0, start=66, end=138),),
                ),
                Sentence(start=157, end=232, standing="none", margin=0.0952),
                Sentence(
                    start=235,
                    end=317,
                    standing="single",
                    margin=2.8246,
                    supports=(Support(seat=0, score=0.9011, start=80, end=162),),
                ),
            ),
            flags=(Flag(kind="new_number", text="2.9 billion", start=258, end=269),),
            dropped=(
                Dropped(
                    seat=0,
                    text="Seventeen experiments on protein crystals were carried out in weightlessness.",
                    start=166,
                    end=243,
                ),
                Dropped(
                    seat=4,
                    text="Parachutes slowed the capsule before it splashed down near Florida on 5 March 2024.",
                    end=83,
                ),
            ),
        )
    )


def test_headings_and_code_are_laid_to_nobody():
    found = trace(f"# {COST}\n\n```\n{CREW}\n```\n", Drafts(PANEL))
    assert found.sentences == ()


def test_the_share_of_a_seat_is_that_of_the_sentences_it_alone_said():
    found = trace(f"{COST} {CREW} {RETURN} {LAUNCH}", Drafts(PANEL))
    assert found.shares(5) == (0.25, 0.25, 0.0, 0.0, 0.25)


def test_an_empty_answer_has_no_sentences_and_no_flags():
    found = trace("", Drafts(PANEL))
    assert (found.sentences, found.flags) == ((), ())


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, max_size=3), TEXTS)
def test_any_answer_over_any_drafts_is_traced(texts: list[str], answer: str):
    found = trace(answer, Drafts(list(enumerate(texts))))
    assert all(0 <= one.start < one.end <= len(answer) for one in found.sentences)
    for one in found.dropped:
        assert texts[one.seat][one.start : one.end] == one.text


def test_tracing_takes_time_that_grows_with_the_answer():
    drafts = Drafts([(seat, "\n\n".join([text] * 20)) for seat, text in PANEL])

    def seconds(copies: int) -> float:
        answer = "\n\n".join([ANSWER] * copies)
        begun = time.process_time()
        trace(answer, drafts)
        return time.process_time() - begun

    assert min(seconds(40) for _ in range(3)) < 10 * min(seconds(10) for _ in range(3))
