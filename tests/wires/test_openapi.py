"""What we write is what the vendor's own document says."""

import json
from dataclasses import replace

import pytest

from fuseline.types.runs import Run
from fuseline.wires.chat.writer import write_reply
from tests.requirements import requirement
from tests.wires.openapi import complaints
from tests.wires.runs import ASKED, WRITER
from tests.wires.test_writing import (
    BEGUN,
    CALLED,
    CURIOUS,
    HAPPENINGS,
    PLAIN,
    QUIET,
    RUN,
    ClientCalled,
    Event,
    Finished,
    RunStarted,
    TextDelta,
    failure,
    transcript,
)

RUNS = [RUN, replace(RUN, expose="full"), PLAIN, replace(PLAIN, reply=CALLED), replace(RUN, reply=None)]


@requirement("wire:report", "wire:usage")
@pytest.mark.parametrize("run", RUNS)
def test_a_reply_is_what_the_vendors_schema_says(run: Run):
    assert complaints("ChatResult", json.loads(write_reply(run, ASKED))) == []


@requirement("wire:stream", "wire:events")
@pytest.mark.parametrize(
    "events",
    [
        (TextDelta(WRITER, "Because"), Finished(RUN)),
        (*HAPPENINGS, Finished(RUN)),
        (ClientCalled(CALLED.tool_calls), Finished(replace(PLAIN, reply=CALLED))),
        (TextDelta(WRITER, "Because"), failure(RUN)),
    ],
)
def test_a_chunk_is_what_the_vendors_schema_says(events: tuple[Event, ...]):
    for request in (QUIET, CURIOUS):
        for event in transcript(request, RunStarted(BEGUN), *events).split("\n\n")[:-2]:
            assert complaints("ChatStreamChunk", json.loads(event.removeprefix("data: "))) == []
