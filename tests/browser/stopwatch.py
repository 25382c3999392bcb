"""Figures that the browser itself takes: tasks of the page and their work, what is held in memory, what has moved.

The clock on the wall also counts the time in which a busy machine let others run, and so does the browser's own list of
long tasks. The processor time of a task does not: by it the page is judged, and both are told.
"""

import json
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Page

from tests.browser.visitor import evaluate

LONG_MS = 50
"""From here on a task is what browsers call a long one."""
CATEGORIES = ("devtools.timeline", "disabled-by-default-devtools.timeline", "blink.user_timing")
BEGUN = "stopwatch begun"
WATCH = """
globalThis.seen = { long: [], moved: [], stages: {} };
new MutationObserver((changes) => {
  for (const { target } of changes) seen.stages[target.dataset.stage] ??= performance.now();
}).observe(document, { subtree: true, attributeFilter: ["data-stage"] });
const box = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
const named = (node) => {
  const element = node instanceof Element ? node : node?.parentElement;
  return element ? `${element.localName}.${element.className}` : "what is gone";
};
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) seen.long.push(Math.round(duration));
}).observe({ type: "longtask", buffered: true });
new PerformanceObserver((list) => {
  for (const { hadRecentInput, startTime, value, sources } of list.getEntries()) if (!hadRecentInput) {
    const places = sources.map((one) => `${named(one.node)} from ${box(one.previousRect)} to ${box(one.currentRect)}`);
    seen.moved.push({ at: startTime, value, places });
  }
}).observe({ type: "layout-shift", buffered: true });
"""
"""Run before the page: it notes what is told to pages themselves, from their first moment on."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task of the page's main thread, in milliseconds."""

    start: float
    """Since the page was loaded, as it tells the time itself."""
    wall: float
    work: float
    """Time of the processor."""


@dataclass(slots=True)
class Tasks:
    """What the main thread did while it was watched."""

    done: list[Task] = field(default_factory=list[Task])

    def until(self, end: float) -> "Tasks":
        """Those that began before then."""
        return Tasks([task for task in self.done if task.start < end])

    def since(self, start: float) -> "Tasks":
        """Those that began then or later."""
        return Tasks([task for task in self.done if task.start >= start])

    @property
    def long(self) -> int:
        """How many took long by their work."""
        return long([task.work for task in self.done])

    @property
    def worst(self) -> float:
        """The most work in one task, in milliseconds."""
        return max(task.work for task in self.done)

    def __str__(self) -> str:
        work = sorted((task.work for task in self.done), reverse=True)
        wall = sorted((task.wall for task in self.done), reverse=True)
        return (
            f"{len(work)} tasks, {sum(work) / 1000:.1f} s of work in all; above {LONG_MS} ms are {long(work)} by their "
            f"work (worst {work[0]:.0f} ms) and {long(wall)} by the wall (worst {wall[0]:.0f} ms)"
        )


def long(durations: list[float]) -> int:
    """How many of them are long."""
    return sum(one > LONG_MS for one in durations)


@asynccontextmanager
async def timed(browser: Browser, page: Page) -> AsyncGenerator[Tasks]:
    """Watch the main thread of a page for as long as the block lasts."""
    tasks = Tasks()
    await browser.start_tracing(page=page, categories=list(CATEGORIES))
    begun: float = await evaluate(page, f"performance.mark({BEGUN!r}).startTime")
    yield tasks
    tasks.done.extend(tasks_of(json.loads(await browser.stop_tracing())["traceEvents"], begun))


def tasks_of(events: list[dict[str, Any]], at: float) -> list[Task]:
    """The tasks of the thread that ran most of the page's functions, from the mark on, which was made at that time."""
    functions = Counter((one["pid"], one["tid"]) for one in events if one["name"] == "FunctionCall")
    [(thread, _)] = functions.most_common(1)
    begun = min(one["ts"] for one in events if one["name"] == BEGUN)
    return [
        Task(at + (one["ts"] - begun) / 1000, one["dur"] / 1000, one.get("tdur", one["dur"]) / 1000)
        for one in events
        if one["name"] == "RunTask" and (one["pid"], one["tid"]) == thread and one["ts"] >= begun
    ]


@dataclass(frozen=True, slots=True)
class Moved:
    """What has moved on the page with nobody touching it."""

    score: float
    """The sum of all layout shifts: the share of the window that moved, times how far."""
    places: tuple[str, ...]


async def moved(page: Page) -> Moved:
    """All that has moved since the page was loaded."""
    shifts: Any = await evaluate(page, "seen.moved")
    told = [f"{one['value']:.4f} at {one['at']:.0f} ms: {'; '.join(one['places'])}" for one in shifts]
    return Moved(sum(one["value"] for one in shifts), tuple(told))


@dataclass(frozen=True, slots=True)
class Held:
    """What a page holds after the garbage was collected."""

    heap: int
    """Bytes of JavaScript."""
    nodes: int
    listeners: int


async def held(page: Page) -> Held:
    """Collect the garbage and look what is left."""
    session: Any = await page.context.new_cdp_session(page)
    try:
        await session.send("Performance.enable")
        for _ in range(2):  # what the first has let go of may hold more
            await session.send("HeapProfiler.collectGarbage")
        heap = await session.send("Runtime.getHeapUsage")
        told = {one["name"]: one["value"] for one in (await session.send("Performance.getMetrics"))["metrics"]}
    finally:
        await session.detach()
    return Held(int(heap["usedSize"]), int(told["Nodes"]), int(told["JSEventListeners"]))
