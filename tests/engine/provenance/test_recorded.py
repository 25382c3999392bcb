"""On recorded answers of real models, sentences are laid to the panelist that they come from."""

import pytest

from bench.provenance import DATA, FILES, alone, answers, by_wording, curve, flagged, longest, ready, shipped, single
from fuseline.engine.provenance.provenance import trace
from tests.requirements import requirement

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="the recorded answers are not here")


@requirement("ours:provenance")
def test_four_of_five_sentences_and_nearly_all_sure_ones_are_laid_to_their_panelist():
    fused = answers(DATA / FILES["research"])[:12]
    drafts, gold = ready(fused), by_wording(fused)
    found = curve(shipped, gold, drafts)
    assert len(gold) > 100
    assert found["100 %"] > 75 and found["50 %"] > 93
    assert found["100 %"] > curve(longest, gold, drafts)["100 %"] + 20
    assert found["100 %"] >= curve(alone(lambda match: match.letters), gold, drafts)["100 %"]
    assert single(gold, drafts)["right, %"] > 90


@requirement("ours:provenance")
def test_hardly_any_sentence_is_laid_to_a_panel_that_was_asked_something_else():
    fused = answers(DATA / FILES["research"])
    drafts = ready(fused)
    found = trace(fused[0].text, drafts[4])
    assert len(found.sentences) > 30
    assert all(sentence.standing == "none" for sentence in found.sentences)


@requirement("ours:number-guard")
def test_few_numbers_of_recorded_answers_are_flagged():
    fused = answers(DATA / FILES["research"])[::4]
    drafts = ready(fused)
    numbers = flagged([trace(one.text, drafts[one.task], (one.prompt,)) for one in fused])["new numbers an answer"]
    assert isinstance(numbers, float) and numbers < 4
