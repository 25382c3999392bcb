"""Whatever happens in a run, every wire tells it whole, in order, in the vendor's shapes, and its reader reads it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anyio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fuseline.assembly import SERVER_WIRES
from fuseline.types.events import Event, Failed, Finished
from fuseline.types.requests import Plugin, Request
from fuseline.types.runs import Run
from fuseline.wires.base import ServerWire
from tests.house import ask, house
from tests.requirements import requirement
from tests.upstream import fault_upstream
from tests.wires import claims
from tests.wires.stories import CLOCK, LOOK, Story, stories

TRIES = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],  # a run takes a tenth of a second: a story is told as it was found
    suppress_health_check=[HealthCheck.too_slow],
)


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a story: the request, all that happened, and how it ended."""

    request: Request
    events: list[Event]
    end: Finished | Failed


def request_of(story: Story) -> Request:
    """The request that the story answers."""
    panel = [f"lab/s{index}" for index in range(len(story.seats))]
    parameters: dict[str, Any] = {"analysis_models": panel, "model": "lab/judge", "tools": [{"type": CLOCK.type}]}
    if story.expose:
        parameters["expose"] = story.expose
    if not story.offered:
        return ask(parameters={**parameters, "writer": "lab/writer"}, streaming=True, include_fusion=True)
    return Request(
        "lab/writer",
        ask().messages,
        functions=(LOOK,) if story.functions else (),
        server_tools=(CLOCK,),
        plugins=(Plugin("fusion", parameters=parameters),),
        tool_choice="auto",
        streaming=True,
        include_fusion=True,
    )


def play(story: Story) -> Played:
    """Carry the story through a real gateway with real upstreams."""
    return anyio.run(played, story)


async def played(story: Story) -> Played:
    """The same inside a loop."""
    request, heard = request_of(story), list[Event]()

    async def tell(event: Event) -> None:
        heard.append(event)

    with fault_upstream() as upstream, anyio.fail_after(30):
        for model, replies in story.scripts.items():
            upstream.script(model, replies)
        async with house(upstream.base_url, tuple(story.scripts), store={"path": ":memory:"}) as opened:
            end = await opened.gateway.outcome(request, tell)
    return Played(request, heard, end)


def streamed(wire: ServerWire, played: Played) -> bytes:
    """The whole stream of a run on a wire."""
    writer = wire.stream(played.request)
    return b"".join(writer.write(event) for event in [*played.events, played.end])


CHECKS: Mapping[str, Callable[[bytes, Request, Run | None], None]] = {
    "chat": claims.chat_stream,
    "responses": claims.responses_stream,
    "messages": claims.messages_stream,
}


@requirement("ours:any-run")
@TRIES
@given(stories())
def test_any_run_is_told_whole_and_in_order_on_every_wire(story: Story):
    run = play(story)
    finished = run.end.run if isinstance(run.end, Finished) else None
    for name, wire in SERVER_WIRES.items():
        CHECKS[name](streamed(wire, run), run.request, finished)
        if finished:
            claims.whole(name, json.loads(wire.write_reply(finished, run.request)), finished)
        elif isinstance(run.end, Failed):
            claims.error(name, wire.write_error(run.end.error))


@requirement("ours:any-run")
@TRIES
@given(stories(), st.randoms(use_true_random=True))
def test_the_reader_of_a_wire_reads_what_its_writer_wrote(story: Story, chance: Any):
    run = play(story)
    for name, wire in SERVER_WIRES.items():
        claims.read_back(name, streamed(wire, run), run.end, chance)
        if isinstance(run.end, Finished):
            claims.read_whole(name, wire.write_reply(run.end.run, run.request), run.end.run)
