"""What one seat alone said and the answer does not is listed, by the analysis or without one."""

from fuseline.engine.provenance.drafts import Drafts
from fuseline.engine.provenance.provenance import trace
from fuseline.types.deliberation import Analysis, Claim
from fuseline.types.provenance import Dropped
from tests.engine.provenance.panel import COST, CREW, FIRST, LAUNCH, PANEL, RETURN, SCIENCE, UNRELATED
from tests.requirements import requirement

pytestmark = requirement("ours:dropped")
DRAFTS = Drafts(PANEL)


def test_without_an_analysis_the_sentences_that_one_draft_alone_has_are_missed():
    dropped = trace(f"{LAUNCH} {CREW}", DRAFTS).dropped
    assert [(one.seat, one.text) for one in dropped] == [(0, COST), (0, SCIENCE), (4, RETURN)]
    assert all(dict(PANEL)[one.seat][one.start : one.end] == one.text for one in dropped)


def test_what_the_answer_says_in_other_words_is_not_missed():
    answer = "Planners had hoped that the mission would cost much less than about 2.6 billion dollars."
    assert COST not in [one.text for one in trace(answer, DRAFTS).dropped]


def test_what_several_said_and_nobody_kept_is_no_unique_claim():
    assert LAUNCH not in [one.text for one in trace(UNRELATED, DRAFTS).dropped]


def test_a_panel_of_one_has_no_unique_claims():
    assert trace(UNRELATED, Drafts([(0, FIRST)])).dropped == ()


def test_the_unique_claims_of_an_analysis_are_missed_with_their_place_and_id():
    analysis = Analysis(
        consensus=(Claim("c1", "A rocket called Falcon was launched.", (0, 1)),),
        unique_insights=(
            Claim("u1", "Costs ran to 2.6 billion.", (0,), quote="cost about 2.6 billion dollars"),
            Claim("u2", "The crew trained for two years in Houston and Moscow.", (1,), quote="trained for two years"),
            Claim("u3", "Seventeen experiments on protein crystals were carried out.", (0,)),
            Claim("u4", "Something that stands nowhere in any of these answers.", (4,)),
        ),
    )
    at = FIRST.index("cost about")
    science = FIRST.index(SCIENCE)
    assert trace(CREW, DRAFTS, analysis=analysis).dropped == (
        Dropped(0, "Costs ran to 2.6 billion.", at, at + len("cost about 2.6 billion dollars"), "u1"),
        Dropped(
            0, "Seventeen experiments on protein crystals were carried out.", science, science + len(SCIENCE), "u3"
        ),
        Dropped(4, "Something that stands nowhere in any of these answers.", 0, 0, "u4"),
    )


def test_a_claim_whose_very_words_are_in_the_answer_is_not_missed():
    claim = Claim("u1", "Spending exceeded every forecast.", (0,), quote=COST)
    assert trace(f"{COST} {CREW}", DRAFTS, analysis=Analysis(unique_insights=(claim,))).dropped == ()


def test_of_long_drafts_a_bounded_number_is_listed():
    many = "\n".join(
        f"- Village number {n} of the {n * 7}th valley keeps {n * 13} sheep behind fence {n * 3}." for n in range(300)
    )
    assert len(trace(UNRELATED, Drafts([(0, many), (1, CREW)])).dropped) <= 40
