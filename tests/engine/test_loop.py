"""The loop of a conversation: server tools of one turn run side by side, and never more often than they may."""

from collections.abc import Mapping

import anyio
import pytest

from fuseline.engine.loop import AT_ONCE, Bench
from fuseline.tools.base import Scene, Tool, ToolResult
from fuseline.types.events import ignore
from fuseline.types.messages import ToolCall
from fuseline.types.requests import FunctionTool
from fuseline.types.runs import Speaker
from tests.house import no_research
from tests.requirements import requirement

pytestmark = pytest.mark.anyio

OUTER = Speaker("outer", "lab/a")


class Waits:
    """A tool that answers when so many calls of it are under way at once."""

    spec = FunctionTool("waits")

    def __init__(self, others: int) -> None:
        self._others = others
        self._all_here = anyio.Event()
        self.under_way = 0
        self.most = 0

    async def __call__(self, call: ToolCall, scene: Scene) -> ToolResult:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if self.under_way >= self._others:
            self._all_here.set()
        await self._all_here.wait()
        self.under_way -= 1
        return ToolResult(call.arguments)


def calls_of(count: int) -> list[ToolCall]:
    """Calls that differ from each other."""
    return [ToolCall(f"c{number}", "waits", str(number)) for number in range(count)]


async def served(tools: Mapping[str, Tool], calls: list[ToolCall], room: int) -> list[str]:
    """What the calls of one turn are answered, in their order."""
    with anyio.fail_after(5):
        results = await Bench(tools, ignore, no_research()).serve(OUTER, calls, room)
    assert [call for call, _ in results] == calls
    return [result.text for _, result in results]


@requirement("wire:mixed-turn")
async def test_the_server_tools_of_one_turn_run_side_by_side():
    assert await served({"waits": Waits(2)}, calls_of(2), 30) == ["0", "1"]


@requirement("wire:stop-rules")
async def test_no_more_run_at_once_than_may():
    tool = Waits(AT_ONCE)
    assert await served({"waits": tool}, calls_of(3 * AT_ONCE), 30) == [str(n) for n in range(3 * AT_ONCE)]
    assert tool.most == AT_ONCE


@requirement("wire:stop-rules")
async def test_calls_beyond_the_room_are_told_so_and_do_not_run():
    spent = '{"error":"tool_budget_exhausted"}'
    assert await served({"waits": Waits(1)}, calls_of(3), 1) == ["0", spent, spent]
    assert await served({"waits": Waits(1)}, calls_of(2), 0) == [spent, spent]
