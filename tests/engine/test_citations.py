"""What a panel cited is cited in the answer again: where it is sure whose, while it is written, and nowhere else."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.citations import figures, measured, recorded
from fuseline.engine.citations.carrier import moved
from fuseline.engine.citations.link import written_link
from fuseline.engine.citations.margin import Margin, with_links
from fuseline.engine.citations.shelf import Shelf
from fuseline.engine.sources import links, sources_of
from fuseline.types.deliberation import PanelAnswer, Report, Source
from fuseline.types.events import TextDelta
from fuseline.types.replies import Citation
from fuseline.types.runs import Lookup, Run, Speaker
from tests.doors.http.players import compares
from tests.house import ask, hear, house
from tests.requirements import requirement
from tests.upstream import calls_tool, fault_upstream, says

SOLAR = "Solar panels supplied 5.5 percent of the electricity of the world in 2023, up from 4.6 percent a year before"
WIND = "Offshore wind turbines in the North Sea reached a capacity factor of 41 percent during the winter months"
FALSE = "Batteries of sodium and sulphur were first used by a Japanese power company in the late nineteen eighties"
DRAFT = f"{SOLAR} (https://ember.example/review). {WIND} [Wind Europe](https://wind.example/north).\n\n{FALSE}."
OTHER = "Hydrogen from electrolysis remains three times as dear as hydrogen from natural gas in most of Europe."
SOLAR_LINK = " ([ember.example](https://ember.example/review))"
WIND_LINK = " ([Wind Europe](https://wind.example/north))"


def shelf(*drafts: str) -> Shelf:
    """What drafts cite, each a seat's."""
    answers = (PanelAnswer(seat, f"lab/{seat}", text, sources=sources_of(text)) for seat, text in enumerate(drafts))
    return Shelf(Report("st_1", "?", tuple(answers)))


SHELF = shelf(DRAFT, OTHER)


def kept(text: str, found: Shelf = SHELF, sizes: int = 0, seed: int = 0) -> str:
    """A text with what it is given, whole or in pieces of up to so many characters."""
    margin, chance, out, at = Margin(found.behind), Random(seed), "", 0
    while at < len(text):
        size = chance.randint(1, sizes) if sizes else len(text)
        out += margin.feed(text[at : at + size])
        at += size
    out += margin.end()
    assert out == with_links(text, margin.added)
    return out


@requirement("ours:carried-citations")
@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (f"{SOLAR}.", f"{SOLAR}.{SOLAR_LINK}"),
        (f"{SOLAR}. {OTHER}", f"{SOLAR}.{SOLAR_LINK} {OTHER}"),
        (f"{SOLAR}.\n\n{WIND}.\n", f"{SOLAR}.{SOLAR_LINK}\n\n{WIND}.{WIND_LINK}\n"),
        (f"**{SOLAR}.** So it is.", f"**{SOLAR}.**{SOLAR_LINK} So it is."),
        (f"- {SOLAR}\n- {WIND}\n", f"- {SOLAR}{SOLAR_LINK}\n- {WIND}{WIND_LINK}\n"),
        (f"1. {SOLAR};\n2. {WIND}", f"1. {SOLAR};{SOLAR_LINK}\n2. {WIND}{WIND_LINK}"),
        (f"> {SOLAR}.\n\nSo it is.", f"> {SOLAR}.{SOLAR_LINK}\n\nSo it is."),
        (f"{SOLAR[:40]}\n{SOLAR[41:]}.", f"{SOLAR[:40]}\n{SOLAR[41:]}.{SOLAR_LINK}"),
        (
            f"| What | How |\n|---|---|\n| {SOLAR} | {WIND} |\n\nEnd.",
            f"| What | How |\n|---|---|\n| {SOLAR}{SOLAR_LINK} | {WIND}{WIND_LINK} |\n\nEnd.",
        ),
    ],
    ids=["alone", "in-a-row", "paragraphs", "bold", "items", "numbered", "quotation", "wrapped", "cells"],
)
def test_a_sentence_of_a_draft_gets_the_citation_that_it_had_there(text: str, answer: str):
    assert kept(text) == answer
    assert all(kept(text, sizes=size, seed=size) == answer for size in (1, 3, 17))


@requirement("ours:carried-citations")
@pytest.mark.parametrize(
    "text",
    [
        f"{SOLAR} (https://own.example/page). {OTHER}",
        f"{SOLAR}. ([own](https://own.example/page)) {OTHER}",
        f"{SOLAR}. [own](https://own.example/page) {OTHER}",
        f"{SOLAR}.\n  https://own.example/page\n",
        f"{SOLAR}. [1] {OTHER}",
        f"```\n{SOLAR}.\n\n{WIND}.\n```\n",
        f"~~~text\n{SOLAR}.\n~~~\n",
        f"    {SOLAR}.\n",
        f"The words `{SOLAR}. And more` are code.",
        f"## {SOLAR}.\n\nText.",
        f"**{SOLAR}**\n\nText.",
        f"| {SOLAR} | b |\n|---|---|\n| c | d |\n",
        f'{{"answer": "{SOLAR}. {WIND}."}}',
        f'[{{"answer": "{SOLAR}. {WIND}."}}]',
        f"<p>{SOLAR}. {WIND}.</p>",
        f"[{SOLAR}. More](https://own.example/page)",
        f"She said: “{SOLAR}. Nobody asked.”",
        f"{SOLAR.replace('5.5', '7.5')}.",
        f"{FALSE}.",
        f"{OTHER}",
        "What is it that solar panels supplied of the electricity of the world in 2023, up from 4.6 percent?",
        "Nothing that anybody said has anything to do with this sentence about medieval music.",
        "",
        " \n\n ",
    ],
)
def test_nothing_is_put_in_where_it_does_not_belong(text: str):
    assert kept(text) == text
    assert kept(text, sizes=2) == text


@requirement("ours:carried-citations")
def test_a_page_that_a_paragraph_cites_already_is_not_repeated_in_it():
    again = SOLAR.replace("up from", "compared with")
    assert kept(f"{SOLAR}. {again}.\n\n{again}.") == f"{SOLAR}.{SOLAR_LINK} {again}.\n\n{again}.{SOLAR_LINK}"
    cited = f"It is so (https://ember.example/review). {SOLAR}."
    assert kept(cited) == cited


@requirement("ours:carried-citations")
@pytest.mark.parametrize(
    "draft",
    [
        f"{SOLAR} (https://a.example/x). {WIND}, but not elsewhere, as everybody knows.",
        f"{WIND}. {OTHER} {SOLAR} (https://a.example/x).",
        f"{WIND} (https://a.example/...).",
        f"{WIND.replace('reached', 'reached (https://a.example/x)')} (https://b.example/y).",
    ],
    ids=["an address before it", "an address further down", "an address cut short", "two places in one sentence"],
)
def test_an_address_that_may_stand_behind_something_else_is_left_where_it_is(draft: str):
    assert kept(f"{WIND}.", shelf(draft, OTHER)) == f"{WIND}."


@requirement("ours:carried-citations")
def test_an_address_at_the_end_of_two_sentences_on_one_subject_stands_behind_both():
    draft = f"{WIND}. The turbines in the North Sea stood still in summer (https://a.example/x)."
    assert kept(f"{WIND}.", shelf(draft, OTHER)) == f"{WIND}. ([a.example](https://a.example/x))"


@requirement("ours:carried-citations")
def test_pages_that_are_cited_together_stay_together():
    found = shelf(f"{WIND} (https://a.example/x, [B](https://b.example/y)).", OTHER)
    assert kept(f"{WIND}.", found) == f"{WIND}. ([a.example](https://a.example/x), [B](https://b.example/y))"


@requirement("ours:carried-citations")
@pytest.mark.parametrize(
    ("source", "link"),
    [
        (Source("https://a.example/x", "A [big] | page\n\\"), "[A big page](https://a.example/x)"),
        (Source("https://www.a.example/x", "https://www.a.example/x"), "[a.example](https://www.a.example/x)"),
        (Source("https://a.example/(y)", "Y"), "[Y](https://a.example/(y))"),
        (Source("https://a.example/(y", "Y"), ""),
        (Source("https://a.example/x|y", "Y"), ""),
        (Source("https://a.example/x", "long " * 40), f"[{'long ' * 15}long…](https://a.example/x)"),
    ],
)
def test_a_link_is_one_that_can_be_read_back(source: Source, link: str):
    assert written_link(source) == link


MARKDOWN = st.lists(
    st.sampled_from([
        SOLAR, WIND, OTHER, ".", ". ", "? ", "\n", "\n\n", " ", "  ", "- ", "1. ", "# ", "> ", "|", " | ", "|---|\n",
        "```", "~~~\n", "`", "$$", "**", "[", "](", "(", ")", "https://ember.example/review", '"', "“", "e.g. ",
        "日本。", "\t", "\r\n", "{", "<", "*", "…", "h", "http",
    ]),
    max_size=14,
)  # fmt: skip


@requirement("ours:carried-citations")
@settings(max_examples=60, deadline=None)
@given(MARKDOWN.map("".join), st.integers(1, 9), st.integers(0, 99))
def test_a_text_is_the_same_in_pieces_and_whole_and_only_gains_links(text: str, sizes: int, seed: int):
    whole = kept(text)
    assert kept(text, sizes=sizes, seed=seed) == whole
    assert whole.replace(SOLAR_LINK, "").replace(WIND_LINK, "") == text
    known = {"https://ember.example/review", "https://wind.example/north"} | {url for *_, url in links(text)}
    assert {url for *_, url in links(whole)} <= known


@requirement("ours:carried-citations")
def test_the_places_of_what_an_upstream_cites_move_with_the_text():
    added = [(10, "12345"), (20, "123")]
    assert moved(Citation("u", "t", 0, 10), added) == Citation("u", "t", 0, 10)
    assert moved(Citation("u", "t", 10, 20), added) == Citation("u", "t", 15, 25)
    assert moved(Citation("u", "t", 5, 30), added) == Citation("u", "t", 5, 38)
    assert moved(Citation("u", "t"), added) == Citation("u", "t")


@requirement("ours:carried-citations")
@pytest.mark.skipif(not recorded(), reason="the recorded answers are not here")
def test_recorded_answers_that_lost_their_citations_get_some_back():
    task = next(task for task in recorded() if task["domain"] == "Technology")
    found = figures(list(measured([task])))
    assert found["with_citations_before"] == 0
    assert found["with_citations_after"] == 1
    assert found["citations_each_after"] > 8


@requirement("ours:carried-citations")
def test_a_page_is_called_as_it_calls_itself():
    page = Source("https://ember.example/review", "Global Electricity Review")
    lookup = Lookup("fetch", Speaker("panel", "lab/0"), page.url, 1.0, sources=(page,))
    answer = PanelAnswer(0, "lab/0", DRAFT, sources=sources_of(DRAFT))
    found = Shelf(Report("st_1", "?", (answer,)), [lookup]).behind(f"{SOLAR}.")
    assert found == (page,)


async def fused(text: str, *, draft: str = DRAFT, writer: Any = None, **sections: Any) -> tuple[Run, str]:
    """A run whose first seat says the draft and whose writer says the text, and what a client heard of the answer."""
    parameters = sections.pop("parameters", {"analysis_models": ["lab/a", "lab/b"]})
    fields = sections.pop("fields", {})
    with fault_upstream() as upstream:
        upstream.script("a", [says(draft)])
        upstream.script("b", [says(OTHER)])
        upstream.script("judge", writer or [compares, says(text, chunks=60)])
        upstream.script("writer", [says(text, chunks=60)])
        async with house(upstream.base_url, **sections) as opened:
            run, events = await hear(opened, ask(parameters=parameters, **fields))
    assert run is not None
    return run, "".join(one.text for one in events if isinstance(one, TextDelta) and one.speaker.to_client)


@pytest.mark.anyio
@requirement("ours:carried-citations")
async def test_what_is_heard_what_is_answered_and_what_is_annotated_are_the_same_text():
    run, heard = await fused(f"{SOLAR}. {WIND}, it seems.")
    assert run.reply is not None
    assert heard == run.reply.text == f"{SOLAR}.{SOLAR_LINK} {WIND}, it seems.{WIND_LINK}"
    assert [run.reply.text[one.start : one.end] for one in run.reply.citations] == [SOLAR_LINK[2:-1], WIND_LINK[2:-1]]


@pytest.mark.anyio
@requirement("ours:carried-citations")
async def test_an_outer_model_that_called_the_panel_itself_is_given_the_citations_too():
    outer = [
        calls_tool("openrouter_fusion", {"prompt": "Why?"}, text=f"{SOLAR}. Let me ask."),
        compares,
        says(f"{SOLAR}."),
    ]
    fields = {"model": "lab/judge"}
    wish: dict[str, Any] = {"analysis_models": ["lab/a", "lab/b"], "model": "lab/judge"}
    run, heard = await fused("", writer=outer, parameters=wish, fields=fields)
    assert run.reply is not None and run.preamble == f"{SOLAR}. Let me ask."
    assert run.reply.text == f"{SOLAR}.{SOLAR_LINK}"
    assert heard == run.preamble + run.reply.text


@pytest.mark.anyio
@requirement("ours:carried-citations")
async def test_nothing_is_carried_where_it_is_switched_off_or_nobody_cites_anything():
    run, heard = await fused(f"{SOLAR}.", fusion={"carry_citations": False})
    assert heard == f"{SOLAR}." and run.reply is not None and run.reply.citations == ()
    run, heard = await fused(f"{SOLAR}.", draft=f"{SOLAR}.")
    assert heard == f"{SOLAR}."


@pytest.mark.anyio
@requirement("ours:carried-citations")
async def test_an_answer_in_a_form_is_left_alone():
    form = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "string"}}}
    run, heard = await fused(f'"{SOLAR}. {WIND}."', fields={"response_format": form})
    assert heard == f'"{SOLAR}. {WIND}."' and run.reply is not None
