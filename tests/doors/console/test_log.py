"""The log of a run: every reader gets everything once, whatever was joined or folded meanwhile."""

from collections.abc import Iterator

import anyio
import pytest

from fuseline.doors.console.log import BATCH, LONGEST_PIECE, Channel, Log
from fuseline.types.json import JsonObject, list_of, object_of

pytestmark = pytest.mark.anyio
FIRST, SECOND = Channel("seat.delta", 0), Channel("seat.delta", 1)


async def texts(log: Log, after: int = 0) -> list[tuple[int, str]]:
    """The numbers and texts behind a number."""
    return [(number, str(event["text"])) for number, event in await log.news(after)]


async def test_pieces_are_joined_until_somebody_has_read_them():
    log = Log()
    log.say(FIRST, "a")
    log.say(SECOND, "x")
    log.say(FIRST, "b")
    assert await texts(log) == [(1, "ab"), (2, "x")]
    log.say(FIRST, "c")
    assert await texts(log, 2) == [(3, "c")]


async def test_no_piece_is_joined_over_an_event_or_into_a_long_one():
    log = Log()
    log.say(FIRST, "a")
    log.add({"type": "seat.tool"})
    log.say(FIRST, "b" * (LONGEST_PIECE + 1))
    log.say(FIRST, "c")
    assert [number for number, _ in await log.news(0)] == [1, 2, 3, 4]


async def test_after_folding_every_reader_gets_what_it_has_not_had():
    log = Log(limit=20_000)
    whole, had = {FIRST: "", SECOND: ""}, dict[int, dict[Channel, str]]()
    last = 0
    for index in range(120):
        for channel in (FIRST, SECOND):
            piece = f"{channel.seat}:{index} "
            log.say(channel, piece)
            whole[channel] += piece
        last = (await log.news(last))[-1][0]
        had[last] = dict(whole)
    assert len(await log.news(0)) < 50
    for place in (0, 2, 60, last):
        before = had.get(place, {FIRST: "", SECOND: ""})
        rest = [event for _, event in await log.news(place)] if place < last else []
        for channel in (FIRST, SECOND):
            assert before[channel] + said(rest, channel) == whole[channel]
    assert log.said(FIRST) == whole[FIRST]


@pytest.mark.parametrize("patience", [1, 2, 3])
async def test_a_reader_that_is_broken_off_while_it_catches_up_misses_no_piece_and_gets_none_twice(patience: int):
    log = Log(limit=20_000)
    whole = {FIRST: "", SECOND: ""}
    for index in range(120):
        for channel in (FIRST, SECOND):
            log.say(channel, f"{channel.seat}:{index} ")
            whole[channel] += f"{channel.seat}:{index} "
        if index % 40 == 20:
            log.add({"type": "seat.tool", "seat": index})
        await log.news(2 * index)  # somebody reads along, so that nothing is joined
    log.close()
    for place in (0, 1, 7, 42, 43):
        heard, after = list[JsonObject](), place
        while told := (await log.news(after))[:patience]:  # then the connection broke
            heard += [event for _, event in told]
            after = told[-1][0]
        for channel in (FIRST, SECOND):
            assert had(place, channel) + said(heard, channel) == whole[channel]
    order = [event["seat"] for _, event in await log.news(0) if event["type"] == "seat.tool"]
    assert order == [20, 60, 100]


def had(place: int, channel: Channel) -> str:
    """What of a channel stands in the first events, where each holds one piece and the channels take turns."""
    numbers = [number for number in range(1, place + 1) if number <= 42]
    return "".join(f"{channel.seat}:{(n - 1) // 2} " for n in numbers if (n - 1) % 2 == channel.seat)


def said(events: list[JsonObject], channel: Channel) -> str:
    """All text of a channel in these events."""
    return "".join(str(piece["text"]) for piece in pieces(events) if piece["seat"] == channel.seat)


def pieces(events: list[JsonObject]) -> Iterator[JsonObject]:
    """The pieces of text in these events, one by one."""
    for event in events:
        if event["type"] == "words":
            yield from map(object_of, list_of(event["said"]))
        elif "text" in event:
            yield event


async def test_a_reader_waits_for_news_and_is_let_go_at_the_end():
    log = Log()
    heard: list[int] = []

    async def read() -> None:
        while told := await log.news(heard[-1] if heard else 0):
            heard.extend(number for number, _ in told)

    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await anyio.wait_all_tasks_blocked()
            log.say(FIRST, "a")
            await anyio.wait_all_tasks_blocked()
            log.add({"type": "finished"}, last=True)
    assert heard == [1, 2]


async def test_a_late_reader_gets_a_bounded_batch_at_a_time():
    log = Log()
    for _ in range(BATCH + 1):
        log.add({"type": "seat.tool"})
    assert len(await log.news(0)) == BATCH
    assert [number for number, _ in await log.news(BATCH)] == [BATCH + 1]
