"""The one loop of the house: a model speaks, its server tools answer, until it has nothing more to call."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import anyio
from pydantic_core import to_json

from fuseline.engine.caller import Caller
from fuseline.engine.failures import sole
from fuseline.engine.stopping import Progress, Stop
from fuseline.tools.base import Scene, Tool, ToolResult
from fuseline.tools.research import Research
from fuseline.types.errors import FuselineError, OverBudget, UpstreamError
from fuseline.types.events import Emit, TextDelta, ToolCalled, ToolReturned
from fuseline.types.messages import Message, ToolCall
from fuseline.types.quick import replace
from fuseline.types.replies import Reply
from fuseline.types.requests import Request, StopRule
from fuseline.types.runs import Round, Speaker, ToolUse

logger = logging.getLogger(__name__)

AT_ONCE = 4
"""Tools of one turn that run side by side."""
STRANGERS = 3
"""Calls in a row to tools that do not exist, after which no more may be called."""
ARGUMENT_BYTES = 256 << 10
SHORT_ANSWER = 512
"""Output tokens that must be left for each turn to come, where the run has a limit on cost."""
REPEATED = '{"repeated":true'
SPENT = ToolResult('{"error":"tool_budget_exhausted"}', again=True)
UNKNOWN = ToolResult('{"error":"unknown_tool"}', again=True)
TOO_LONG = ToolResult('{"error":"invalid_arguments"}')


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
    what follows must do without; so they are when the run's limit on cost leaves no room for a step and an answer.
    """
    own = {function.name for function in request.functions}
    offered = kept(with_tools(request, tools))
    bench, stop = Bench(tools, emit, caller.research), Stop(steps, tuple(rules))
    said: list[str] = []
    rounds: list[Round] = []
    closed = not tools

    def turn(reply: Reply) -> Turn:
        return Turn(speaker, reply, offered, bench.served, "\n\n".join(said), tuple(rounds))

    while True:
        speaker, reply = await speak_first(speakers, offered, caller, ends_at)
        ours = tuple(call for call in reply.tool_calls if call.name not in own)
        if not ours:
            return turn(reply)
        if closed:
            return turn(without_calls(reply, own))
        room = stop.room(bench.served) if affords(caller, speaker, offered, 2) else 0
        results = await bench.serve(speaker, ours, room)
        theirs = tuple(call for call in reply.tool_calls if call.name in own)
        rounds.append(Round(replace(reply, tool_calls=theirs), bench.take_uses()))
        if theirs:
            return turn(rounds[-1].reply)
        if reply.text:
            said.append(reply.text)
            if speaker.role == "panel":
                await emit(TextDelta(speaker, "\n\n"))  # a seat has one text; what speaks to the client parts its turns
        if not affords(caller, speaker, continued(offered, reply, results), 1):
            room, results = 0, [(call, result if result.next_speakers else SPENT) for call, result in results]
        offered = continued(offered, reply, results)
        speakers = next((result.next_speakers for _, result in results if result.next_speakers), speakers)
        progress = Progress(bench.served, frozenset(bench.called), reply, caller.ledger)
        if bench.strangers >= STRANGERS:
            offered, closed = replace(offered, tool_choice="none"), True
        elif not room or stop.due(progress):
            offered, closed = replace(offered, functions=request.functions, tool_choice=None), True


def affords(caller: Caller, speaker: Speaker, request: Request, turns: int) -> bool:
    """Whether the run's limit leaves room for so many turns more: for a step and the answer, or the answer alone."""
    if caller.ledger.limit is None:
        return True
    all_turns = replace(request, messages=request.messages * turns, max_tokens=turns * SHORT_ANSWER)
    try:
        caller.ledger.fit(speaker, caller.switchboard.resolve(speaker.model), all_turns)
    except OverBudget:
        return False
    return True


def with_tools(request: Request, tools: Mapping[str, Tool]) -> Request:
    """The request with the server tools declared behind the client's functions."""
    if not tools:
        return request
    return replace(request, functions=(*request.functions, *(tool.spec for tool in tools.values())))


def kept(request: Request) -> Request:
    """The request with the wish that its upstream keeps all of it, where another round or turn will begin with that.

    It goes to upstreams that want to be asked; the others keep it by themselves.
    """
    if not request.functions and "assistant" not in [message.role for message in request.messages]:
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
        self._uses: list[ToolUse] = []
        self.served = 0
        self.called: set[str] = set()
        self.strangers = 0

    async def serve(self, speaker: Speaker, calls: Sequence[ToolCall], room: int) -> list[tuple[ToolCall, ToolResult]]:
        """Answer every call, in order; those beyond `room` are told that the budget is spent.

        A call that was made before is answered from memory, and says so.
        """
        asked = calls[:room]
        fresh = {key_of(call): call for call in reversed(asked)}
        given: dict[tuple[str, str], ToolResult] = {}
        limiter = anyio.CapacityLimiter(AT_ONCE)

        async def answer(key: tuple[str, str], call: ToolCall) -> None:
            async with limiter:
                given[key] = await self._serve_one(speaker, call)

        async with anyio.create_task_group() as group:
            for key, call in reversed(fresh.items()):
                group.start_soon(answer, key, call)
        self.served += len(asked)
        for call in asked:
            self.strangers = 0 if call.name in self._tools else self.strangers + 1
        results = [again(call, fresh[key_of(call)], given[key_of(call)]) for call in asked]
        return list(zip(calls, [*results, *[SPENT] * (len(calls) - len(asked))], strict=True))

    def take_uses(self) -> tuple[ToolUse, ...]:
        """What ran since this was last asked."""
        uses, self._uses = self._uses, []
        return tuple(uses)

    async def _serve_one(self, speaker: Speaker, call: ToolCall) -> ToolResult:
        tool = self._tools.get(call.name)
        if tool is None:
            return UNKNOWN
        self.called.add(call.name)
        if len(call.arguments) > ARGUMENT_BYTES:
            return TOO_LONG
        known = self._known.get(key_of(call))
        return await self._run(tool, call, speaker) if known is None else repeated(known)

    async def _run(self, tool: Tool, call: ToolCall, speaker: Speaker) -> ToolResult:
        place = len(self._uses)
        self._uses.append(ToolUse(call, ""))
        await self._emit(ToolCalled(speaker, call))
        result = await guarded(tool, call, Scene(speaker, self._research))
        self._uses[place] = ToolUse(call, result.text)
        if not result.again:
            self._known[key_of(call)] = result
        await self._emit(ToolReturned(speaker, call, result.text))
        return result


async def guarded(tool: Tool, call: ToolCall, scene: Scene) -> ToolResult:
    """Run a tool. A mistake of ours in it is told by a number that the log explains, and ends nothing else.

    :raises FuselineError: when the tool says that the run cannot go on.
    """
    try:
        return await tool(call, scene)
    except Exception as error:
        if isinstance(sole(error), FuselineError):
            raise
        number = secrets.token_hex(4)
        logger.exception("the tool %s broke: error %s", call.name, number)
        return ToolResult(to_json({"error": "tool_error", "error_id": number}).decode(), again=True)


def key_of(call: ToolCall) -> tuple[str, str]:
    """What makes two calls the same."""
    return call.name, call.arguments


def again(call: ToolCall, first: ToolCall, result: ToolResult) -> ToolResult:
    """The result of the first of several calls that are the same, as each of them gets it."""
    return result if call is first else repeated(result)


def repeated(result: ToolResult) -> ToolResult:
    """A result that was given before, with word of that."""
    text = result.text
    if not text.startswith("{") or text.startswith(REPEATED):
        return result
    return replace(result, text=f"{REPEATED}{'' if text == '{}' else ','}{text[1:]}")
