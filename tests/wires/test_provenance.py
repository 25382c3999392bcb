"""Where an answer comes from stands in the reply of who asked to see all, and in nobody else's."""

import json
from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from fuseline.types.deliberation import Source
from fuseline.types.provenance import Dropped, Flag, Provenance, Sentence, Support
from fuseline.types.runs import Lookup, Run, Speaker
from fuseline.wires.chat.writer import write_reply
from fuseline.wires.responses.replies import write_reply as write_response
from tests.requirements import requirement
from tests.wires.openapi import complaints
from tests.wires.runs import ASKED, RUN

TRACED = replace(
    RUN,
    expose="full",
    lookups=(Lookup("fetch", Speaker("panel", "a/x"), "https://a.example", 1.0, sources=(Source("u", "A"),)),),
    provenance=Provenance(
        (Sentence(0, 9, "single", 1.2345, (Support(2, 0.98765, 3, 12),)), Sentence(10, 20, "none")),
        (Flag("new_number", "42", 10, 12),),
        (Dropped(0, "It rains.", 5, 14, "u1"), Dropped(2, "It snows.")),
        3,
    ),
)  # fmt: skip


@requirement("ours:provenance-shown")
def test_a_client_that_wants_to_see_all_is_shown_each_sentence_with_its_seats():
    body = json.loads(write_reply(TRACED, ASKED))
    assert complaints("ChatResult", body) == []
    assert body["fusion"]["provenance"] == snapshot(
        {
            "sentences": [
                {
                    "start": 0,
                    "end": 9,
                    "status": "single",
                    "margin": 1.234,
                    "supports": [{"model": "a/x", "panel_index": 2, "score": 0.988, "start": 3, "end": 12}],
                },
                {"start": 10, "end": 20, "status": "none", "margin": 0.0, "supports": []},
            ],
            "flags": [{"kind": "new_number", "text": "42", "start": 10, "end": 12}],
            "dropped": [
                {"model": "a/x", "panel_index": 0, "text": "It rains.", "start": 5, "end": 14, "claim": "u1"},
                {"model": "a/x", "panel_index": 2, "text": "It snows."},
            ],
            "shares": [
                {"model": "a/x", "panel_index": 0, "share": 0.0},
                {"model": "b/y", "panel_index": 1, "share": 0.0},
                {"model": "a/x", "panel_index": 2, "share": 0.5},
            ],
            "own_share": None,
            "carried": 3,
        }
    )
    assert body["fusion"]["research"][0]["panel_index"] == 0
    response = json.loads(write_response(TRACED, ASKED))
    without = json.loads(write_response(replace(TRACED, provenance=None), ASKED))
    assert response == {**without, "provenance": response["provenance"]}
    assert response["provenance"] == body["fusion"]["provenance"]


@requirement("ours:provenance-shown")
@pytest.mark.parametrize("run", [replace(TRACED, expose=expose) for expose in ("", "none", "analysis")])
def test_nobody_else_is_shown_it(run: Run):
    assert b'"provenance"' not in write_reply(run, ASKED)
    assert b'"provenance"' not in write_response(run, ASKED)


@requirement("ours:provenance-shown")
def test_a_writer_that_had_a_seat_is_told_its_own_share():
    writers = [replace(one, speaker=replace(one.speaker, model="a/x")) for one in TRACED.calls if one.speaker.to_client]
    body = json.loads(write_reply(replace(TRACED, calls=tuple(writers)), ASKED))
    assert body["fusion"]["provenance"]["own_share"] == 0.5
