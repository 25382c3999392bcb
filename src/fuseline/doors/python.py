"""Fusion from Python: `await fuse(...)` for a result, `fusion_events(...)` for what happens on the way."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Literal, TypedDict, Unpack, cast

from fuseline.assembly import House, open_house
from fuseline.settings.settings import Settings, load
from fuseline.types.deliberation import Analysis, PanelAnswer, Source
from fuseline.types.events import Event
from fuseline.types.json import Json
from fuseline.types.messages import Message, system, user
from fuseline.types.money import dollars
from fuseline.types.requests import Plugin, Request
from fuseline.types.runs import Call, Run


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run took."""

    cost: float
    """Dollars, of all calls together; a lower bound where `complete` is false."""
    complete: bool
    """Whether the cost of every call is known."""
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Fused:
    """The result of a fusion."""

    answer: str
    analysis: Analysis | None
    """How the answers compare; `None` where no analyst could tell."""
    panel: tuple[PanelAnswer, ...]
    """The seats that answered."""
    failures: tuple[PanelAnswer, ...]
    """The seats that did not, each with its reason."""
    sources: tuple[Source, ...]
    usage: Usage
    run: Run


class Wishes(TypedDict, total=False):
    """What may be said about a run; whatever is left out is the server's default."""

    panel: Sequence[str | Mapping[str, Json]]
    """One to eight models; the same one may sit twice."""
    analyst: str
    writer: str | Sequence[str]
    preset: str
    instructions: str
    """A system message, for the writer."""
    history: Sequence[Message]
    """Earlier turns of the conversation."""
    max_cost: float
    """Dollars that the run may cost."""
    min_panel: int
    quorum: int
    grace_s: float
    deadline_s: float
    seed: int
    max_tool_calls: int
    max_completion_tokens: int
    temperature: float
    reasoning: Mapping[str, Json]
    """How much panel and analyst shall think, such as `{"effort": "high"}`."""
    tools: Sequence[Mapping[str, Json]]
    """Server tools of the seats; an empty list is none."""
    collections: Sequence[str]
    """Private documents that may be searched."""
    panel_only: bool
    """Whether to end when the panel was heard, without an analysis and an answer."""
    repair: Literal["off", "on"]
    """Whether the writer is asked once more about what it left out."""
    settings: Settings
    """In place of those that file and environment give."""
    house: House
    """An open house to use, where many questions are asked; else one is opened for this question."""


PARAMETERS = (
    "preset", "writer", "max_cost", "min_panel", "quorum", "grace_s", "deadline_s", "seed", "max_tool_calls",
    "max_completion_tokens", "temperature", "reasoning", "tools", "collections",
    "panel_only", "repair",
)  # fmt: skip
"""Wishes that are parameters of fusion under the same name."""


async def fuse(question: str, **wishes: Unpack[Wishes]) -> Fused:
    """Ask a panel, have its answers compared, and return the one answer that is written from them.

    :raises FuselineError: when there is no answer; its `run` tells what was done and spent.
    """
    async with AsyncExitStack() as opened:
        house = await opened.enter_async_context(at_home(wishes))
        return fused(await house.gateway.ask(request_for(question, wishes)))


@asynccontextmanager
async def fusion_events(question: str, **wishes: Unpack[Wishes]) -> AsyncGenerator[AsyncIterator[Event]]:
    """Ask in the background and hear every event, to `Finished` or `Failed`. Leaving the block stops the run."""
    async with at_home(wishes) as house, house.gateway.listen(request_for(question, wishes)) as events:
        yield events


@asynccontextmanager
async def at_home(wishes: Wishes) -> AsyncGenerator[House]:
    """The house that was given, or one of its own for this question."""
    if "house" in wishes:
        yield wishes["house"]
        return
    async with open_house(wishes.get("settings") or load()) as house:
        yield house


def request_for(question: str, wishes: Wishes) -> Request:
    """The request that says what was wished for."""
    said = cast("Mapping[str, Json]", wishes)
    parameters = {name: said[name] for name in PARAMETERS if name in said}
    if "panel" in wishes:
        parameters["analysis_models"] = list(wishes["panel"])
    if "analyst" in wishes:
        parameters["model"] = wishes["analyst"]
    instructions = wishes.get("instructions")
    opening = (system(instructions),) if instructions else ()
    messages = (*opening, *wishes.get("history", ()), user(question))
    return Request("fuseline/fusion", messages, plugins=(Plugin("fusion", parameters=parameters),))


def fused(run: Run) -> Fused:
    """A run as the result that a caller reads."""
    report = run.report
    return Fused(
        answer=run.reply.text if run.reply else "",
        analysis=report.analysis if report else None,
        panel=report.heard if report else (),
        failures=report.failed if report else (),
        sources=report.sources if report else (),
        usage=Usage(dollars(run.cost), run.cost_known, run.calls),
        run=run,
    )
