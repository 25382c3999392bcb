"""The alarm of a call: it ends what stands under it, and leaves every other cancellation to those who meant it."""

import asyncio

import anyio
import pytest

from fuseline.providers.clock import Clock
from fuseline.settings.sections import Clocks
from fuseline.wires.chat.reader import open_reader

NO_TIME = 0.01
pytestmark = pytest.mark.anyio


def clock(call_s: float = 5.0, first_byte_s: float = 5.0) -> Clock:
    return Clock(Clocks(first_byte_s=first_byte_s), call_s)


def cancellations() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task else 0


@pytest.mark.parametrize(
    ("call_s", "first_byte_s", "reason"),
    [(NO_TIME, 5.0, "deadline_exceeded"), (5.0, NO_TIME, "first_byte_timeout")],
)
async def test_what_outlasts_its_clock_is_ended_and_nothing_of_the_cancellation_is_left(
    call_s: float, first_byte_s: float, reason: str
):
    with anyio.fail_after(5):
        alarm = clock(call_s, first_byte_s)
        with alarm:
            await anyio.sleep_forever()
        await anyio.lowlevel.checkpoint()
    assert (alarm.expired(open_reader(9, 9)).reason, cancellations()) == (reason, 0)


async def test_a_deadline_that_moves_back_is_kept_to_and_one_that_moves_forward_too():
    heard: list[str] = []
    with anyio.fail_after(5):
        alarm = Clock(Clocks(first_byte_s=0.05, idle_s=5.0), 5.0)
        with alarm:
            alarm.heard(said=True, finished=False, done=False)
            await anyio.sleep(0.1)  # past the first alarm, which has to find that it came too early
            heard.append("later")
            alarm.heard(said=True, finished=True, done=True)
            await anyio.sleep_forever()
    assert heard == ["later"]


async def test_a_cancellation_from_outside_is_not_taken_for_the_clock():
    with anyio.move_on_after(NO_TIME) as outside, clock():
        await anyio.sleep_forever()
    assert (outside.cancelled_caught, cancellations()) == (True, 0)


async def test_a_cancellation_from_outside_at_the_same_moment_wins_and_leaves_nothing_behind():
    with anyio.fail_after(5):
        for _ in range(20):
            with anyio.CancelScope() as outside:
                alarm = clock(call_s=NO_TIME)
                with alarm:
                    asyncio.get_running_loop().call_later(NO_TIME, outside.cancel)
                    await anyio.sleep_forever()
                await anyio.sleep_forever()
            assert (outside.cancelled_caught, cancellations()) == (True, 0)


async def test_what_goes_on_after_the_alarm_is_stopped_by_the_next(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fuseline.providers.clock.AGAIN_S", NO_TIME)
    with anyio.fail_after(5):
        with clock(call_s=NO_TIME):
            try:
                await anyio.sleep_forever()
            finally:
                await anyio.sleep_forever()
        assert cancellations() == 0
