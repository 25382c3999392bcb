"""The one loop of the house: a model speaks, its server tools answer, until it has nothing more to call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import anyio

from fuseline.engine.caller import Caller
from fuseline.engine.stopping import Progress, Stop
from fuseline.tools.base import Scene, Tool, ToolResult
from fuseline.tools.research import Research
from fuseline.types.errors import OverBudget, UpstreamError
from fuseline.types.events import Emit, TextDelta, ToolCalled, ToolReturned
from fuseline.types.messages import Message, ToolCall
from fuseline.types.replies import Reply
from fuseline.types.requests import Request, StopRule
from fuseline.types.runs import Round, Speaker, ToolUse

AT_ONCE = 4
"""Tools of one turn that run side by side."""
STRANGERS = 3
"""Calls in a row to tools that do not exist, after which no more may be called."""
ARGUMENT_BYTES = 256 << 10


@dataclass(frozen=True, slots=True)
class Turn:
    """How a conversation ended: who spoke last, and what."""

    speaker: Speaker
    reply: Reply
    asked: Request
    """The conversation that the last turn answered, as its speaker was given it."""
    steps: int
    """Server-tool calls that were answered on the way."""
    preamble: str = ""
    """What was said before the last turn, between calls of server tools."""
    rounds: tuple[Round, ...] = ()
    """The turns in which server tools were called."""


async def speak_first(
    speakers: Sequence[Speaker], request: Request, caller: Caller, ends_at: float | None = None
) -> tuple[Speaker, Reply]:
    """Have the first of `speakers` answer who can. Nobody takes over once words have been heard.

    :raises UpstreamError: of the first speaker, where none can.
    """
    first: UpstreamError | OverBudget | None = None
    for speaker in speakers:
        try:
            return speaker, await caller.speak(speaker, request, ends_at)
        except (UpstreamError, OverBudget) as error:
            if isinstance(error, UpstreamError) and error.partial.text:
                raise
            first = first or error
    assert first is not None, "a conversation needs somebody who speaks"
    raise first


async def converse(
    speakers: Sequence[Speaker],
    request: Request,
    tools: Mapping[str, Tool],
    caller: Caller,
    emit: Emit,
    *,
    steps: int,
    rules: Sequence[StopRule] = (),
    ends_at: float | None = None,
) -> Turn:
    """Let the first of `speakers` who can answer `request`, running the server tools that are called.

    Returns at the first reply that calls no server tool: an answer, or calls that only the client can serve.
    After `steps` calls, or where there are `rules` when one of them holds, the server tools are taken away, so that
    what follows must do without.
    """
    own = {function.name for function in request.functions}
    offered = kept(with_tools(request, tools))
    bench, stop = Bench(tools, emit, caller.research), Stop(steps, tuple(rules))
    said: list[str] = []
    rounds: list[Round] = []

    def turn(reply: Reply) -> Turn:
        return Turn(speaker, reply, offered, bench.served, "\n\n".join(said), tuple(rounds))

    while True:
        speaker, reply = await speak_first(speakers, offered, caller, ends_at)
        ours = tuple(call for call in reply.tool_calls if call.name not in own)
        if not ours:
            return turn(reply)
        if len(offered.functions) == len(own):
            return turn(without_calls(reply, own))
        results = await bench.serve(speaker, ours, stop.room(bench.served))
        theirs = tuple(call for call in reply.tool_calls if call.name in own)
        rounds.append(Round(replace(reply, tool_calls=theirs), bench.take_uses()))
        if theirs:
            return turn(rounds[-1].reply)
        if reply.text:
            said.append(reply.text)
            if speaker.role == "panel":
                await emit(TextDelta(speaker, "\n\n"))  # a seat has one text; what speaks to the client parts its turns
        offered = continued(offered, reply, results)
        speakers = next((result.next_speakers for _, result in results if result.next_speakers), speakers)
        progress = Progress(bench.served, frozenset(bench.called), reply, caller.ledger)
        if stop.due(progress) or bench.strangers >= STRANGERS:
            offered = replace(offered, functions=request.functions, tool_choice=None)


def with_tools(request: Request, tools: Mapping[str, Tool]) -> Request:
    """The request with the server tools declared behind the client's functions."""
    if not tools:
        return request
    return replace(request, functions=(*request.functions, *(tool.spec for tool in tools.values())))


def kept(request: Request) -> Request:
    """The request with the wish that its upstream keeps all of it, where another round or turn will begin with that.

    It goes to upstreams that want to be asked; the others keep it by themselves.
    """
    if not (request.functions or any(message.role == "assistant" for message in request.messages)):
        return request
    return replace(request, extra={"cache_control": {"type": "ephemeral"}, **request.extra})


def without_calls(reply: Reply, own: set[str]) -> Reply:
    """The reply of a model that calls a tool it no longer has.

    :raises UpstreamError: when there is nothing else in it.
    """
    if not reply.text.strip():
        raise UpstreamError("tool_limit", "the model called one more tool instead of answering")
    kept = tuple(call for call in reply.tool_calls if call.name in own)
    return replace(reply, tool_calls=kept, finish_reason="tool_calls" if kept else "stop")


def continued(request: Request, reply: Reply, results: Sequence[tuple[ToolCall, ToolResult]]) -> Request:
    """The conversation with the turn and its results added. A choice that was forced is free from here on."""
    answers = tuple(Message("tool", result.text, tool_call_id=call.id) for call, result in results)
    return replace(request, messages=(*request.messages, reply.message, *answers), tool_choice=None)


class Bench:
    """Where the server tools of one conversation stand."""

    def __init__(self, tools: Mapping[str, Tool], emit: Emit, research: Research) -> None:
        self._tools = tools
        self._research = research
        self._emit = emit
        self._known: dict[tuple[str, str], ToolResult] = {}
        self._begun: list[ToolCall] = []
        self.served = 0
        self.called: set[str] = set()
        self.strangers = 0

    async def serve(self, speaker: Speaker, calls: Sequence[ToolCall], room: int) -> list[tuple[ToolCall, ToolResult]]:
        """Answer every call, in order; those beyond `room` are told that the budget is spent."""
        results: dict[int, ToolResult] = {}
        limiter = anyio.CapacityLimiter(AT_ONCE)

        async def answer(index: int, call: ToolCall) -> None:
            async with limiter:
                results[index] = await self._serve_one(speaker, call)

        async with anyio.create_task_group() as group:
            for index, call in enumerate(calls[:room]):
                group.start_soon(answer, index, call)
        self.served += min(len(calls), room)
        spent = ToolResult('{"error":"tool_budget_exhausted"}')
        return [(call, results.get(index, spent)) for index, call in enumerate(calls)]

    def take_uses(self) -> tuple[ToolUse, ...]:
        """What ran since this was last asked."""
        begun, self._begun = self._begun, []
        return tuple(ToolUse(call, self._known[call.name, call.arguments].text) for call in begun)

    async def _serve_one(self, speaker: Speaker, call: ToolCall) -> ToolResult:
        tool = self._tools.get(call.name)
        self.strangers = 0 if tool else self.strangers + 1
        if tool is None:
            return ToolResult('{"error":"unknown_tool"}')
        self.called.add(call.name)
        if len(call.arguments) > ARGUMENT_BYTES:
            return ToolResult('{"error":"invalid_arguments"}')
        key = (call.name, call.arguments)
        if key not in self._known:
            self._begun.append(call)
            await self._emit(ToolCalled(speaker, call))
            self._known[key] = await tool(call, Scene(speaker, self._research))
            await self._emit(ToolReturned(speaker, call, self._known[key].text))
        return self._known[key]
