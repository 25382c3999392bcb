"""The recordings of the demo keep their promises: true quotes, pages that somebody cited, one honest planted error."""

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

TRIO = ["demo/cedar", "demo/juniper", "demo/rowan"]
LINK = re.compile(r"\]\((https://[^\s()]+)\)")
SENTENCE_END = re.compile(r"(?<=[.!?:])\s+|\n")
GIVEAWAY = re.compile(r"\b(panel\w*|models?|drafts?|analys[ti]\w*|seats?|cedar|juniper|rowan)\b", re.IGNORECASE)

Recording = dict[str, Any]
"""One TOML file as it was written; the replaying server has the typed reader."""

FOLDER = files("fuseline.doors.demo") / "recordings"
FILES = sorted((file for file in FOLDER.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
RECORDINGS: dict[str, Recording] = {file.name: tomllib.loads(file.read_text(encoding="utf-8")) for file in FILES}

each_recording = pytest.mark.parametrize("recording", RECORDINGS.values(), ids=RECORDINGS.keys())


def answers(recording: Recording) -> list[str]:
    return [seat["content"] for seat in recording["panel"]]


def claims(recording: Recording) -> Iterator[Recording]:
    """Every claim of the analysis, each with a list of seats."""
    analyst = recording["analyst"]
    yield from analyst["consensus"]
    yield from analyst["partial_coverage"]
    for insight in analyst["unique_insights"]:
        yield {**insight, "seats": [insight["seat"]]}


def folded(text: str) -> str:
    return " ".join(text.split())


def length(markdown: str) -> int:
    """Words as a reader counts them: addresses, table rules and code fences are none."""
    return len(re.findall(r"\w\S*", LINK.sub("]", markdown)))


def sentences(markdown: str) -> set[str]:
    """The sentences long enough to be a writer's own."""
    return {folded(part).lower() for part in SENTENCE_END.split(markdown) if len(part.split()) >= 5}


def test_there_are_six_recordings_from_six_domains():
    assert len(RECORDINGS) == 6
    assert len({recording["domain"] for recording in RECORDINGS.values()}) == 6
    assert len({recording["question"] for recording in RECORDINGS.values()}) == 6


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_file_is_named_after_its_slug(name: str):
    assert name == f"{RECORDINGS[name]['slug']}.toml"


@each_recording
def test_the_same_three_models_sit_on_every_panel(recording: Recording):
    assert [seat["model"] for seat in recording["panel"]] == TRIO
    assert recording["analyst"]["model"] == "demo/alder"
    assert recording["writer"]["model"] == "demo/maple"


@each_recording
def test_every_speaker_has_a_pace_and_the_panel_does_not_speak_in_step(recording: Recording):
    for speaker in (*recording["panel"], recording["analyst"], recording["writer"]):
        assert 0 < speaker["first_token_s"] < 5
        assert 20 <= speaker["tokens_per_s"] <= 300
    assert len({seat["first_token_s"] for seat in recording["panel"]}) == 3
    assert len({seat["tokens_per_s"] for seat in recording["panel"]}) == 3


@each_recording
def test_answers_have_180_to_330_words_and_finals_250_to_420(recording: Recording):
    assert [count for count in map(length, answers(recording)) if not 180 <= count <= 330] == []
    assert 250 <= length(recording["writer"]["content"]) <= 420


@each_recording
def test_every_seat_number_names_a_seat(recording: Recording):
    named = [seat for claim in claims(recording) for seat in claim["seats"]]
    for point in recording["analyst"]["contradictions"]:
        sides = [side["seat"] for side in point["stances"]]
        assert len(set(sides)) == len(sides) >= 2
        assert point["better_supported"] in (-1, *sides)
        named += sides
    assert set(named) <= {0, 1, 2}


@each_recording
def test_every_quote_is_short_and_stands_in_an_answer_of_one_of_its_seats(recording: Recording):
    texts = [folded(text) for text in answers(recording)]
    for claim in claims(recording):
        assert 0 < len(claim["quote"].split()) <= 20
        assert any(folded(claim["quote"]) in texts[seat] for seat in claim["seats"]), claim["quote"]


@each_recording
def test_analysis_and_final_cite_only_pages_that_a_panelist_cited(recording: Recording):
    cited = {url for text in answers(recording) for url in LINK.findall(text)}
    final = set(LINK.findall(recording["writer"]["content"]))
    assert {url for claim in claims(recording) for url in claim["urls"]} <= cited
    assert len(final) >= 5
    assert final <= cited


@each_recording
def test_every_address_is_a_markdown_link(recording: Recording):
    for text in (*answers(recording), recording["writer"]["content"]):
        assert len(LINK.findall(text)) == text.count("http")


@each_recording
def test_the_final_draws_on_pages_of_every_panelist(recording: Recording):
    final = set(LINK.findall(recording["writer"]["content"]))
    assert [seat for seat, text in enumerate(answers(recording)) if not final & set(LINK.findall(text))] == []


@each_recording
def test_each_panelist_cites_a_page_that_the_others_do_not(recording: Recording):
    cited = [set(LINK.findall(text)) for text in answers(recording)]
    assert cited[0] - cited[1] - cited[2]
    assert cited[1] - cited[0] - cited[2]
    assert cited[2] - cited[0] - cited[1]


@each_recording
def test_a_contradiction_shows_the_planted_error_and_sides_against_it(recording: Recording):
    planted = recording["planted"]["seat"]
    against = [
        point
        for point in recording["analyst"]["contradictions"]
        if planted in [side["seat"] for side in point["stances"]]
    ]
    assert against
    assert all(point["better_supported"] not in (-1, planted) for point in against)
    assert recording["panel"][planted]["model"] in recording["planted"]["error"]


@each_recording
def test_the_seat_with_the_unique_point_is_credited_with_it_and_is_not_the_one_in_error(recording: Recording):
    unique = recording["planted"]["unique_seat"]
    assert unique in [insight["seat"] for insight in recording["analyst"]["unique_insights"]]
    assert unique != recording["planted"]["seat"]


def test_the_error_and_the_unique_point_move_from_seat_to_seat():
    planted = [recording["planted"] for recording in RECORDINGS.values()]
    assert {point["seat"] for point in planted} == {0, 1, 2}
    assert {point["unique_seat"] for point in planted} == {0, 1, 2}


@each_recording
def test_the_final_never_says_how_it_came_about(recording: Recording):
    assert GIVEAWAY.findall(LINK.sub("]", recording["writer"]["content"])) == []


def test_no_two_answers_share_a_sentence():
    seen: dict[str, str] = {}
    for name, recording in RECORDINGS.items():
        for seat, text in enumerate(answers(recording)):
            for sentence in sentences(text):
                assert sentence not in seen, f"{name} seat {seat} and {seen[sentence]}: {sentence}"
                seen[sentence] = f"{name} seat {seat}"
