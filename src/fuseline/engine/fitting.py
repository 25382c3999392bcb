"""Makes what a model is sent fit its window. What has no room is left out whole, and its place says so."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import ceil

from pydantic_core import to_json

from fuseline.tools.base import Scene, Tool, ToolResult
from fuseline.types.messages import Message, ToolCall, in_turn, user
from fuseline.types.models import Model
from fuseline.types.quick import replace
from fuseline.types.requests import FunctionTool, Request
from fuseline.types.tokens import estimate, estimate_messages

CAUTION = 1.25
"""What an upstream counts may pass our estimate by so much."""
LEAST_OUTPUT = 1_024
"""Output tokens that are kept free before anything of the input is given up."""
LEFT_OUT = "[The first {count} messages of this conversation were left out because they exceed this model's window.]"
LEFT_OUT_ONE = "[The first message of this conversation was left out because it exceeds this model's window.]"
NO_ROOM = ToolResult('{"error":"no_room","message":"the result is longer than what is left of your window"}')


def weight(text: str) -> int:
    """The tokens that a text takes at the most, as far as they can be foreseen."""
    return ceil(estimate(text) * CAUTION)


def weight_of_messages(messages: Iterable[Message]) -> int:
    """The same for messages, attachments included."""
    return ceil(estimate_messages(messages) * CAUTION)


def weight_of_terms(request: Request, tools: Iterable[FunctionTool] = ()) -> int:
    """What a request says beside its messages: the functions it offers, and the form of the answer."""
    declared = "".join(
        f"{one.name}{one.description}{to_json(one.parameters).decode()}" for one in (*request.functions, *tools)
    )
    form = to_json(request.response_format).decode() if request.response_format else ""
    return weight(declared + form) if declared or form else 0


def prefix(text: str, tokens: int) -> str:
    """As much of the beginning of a text as `tokens` hold."""
    most = max(tokens, 0) * 8  # no text has more characters to a token than our estimate's four
    return text[: bisect_right(range(1, min(len(text), most) + 1), tokens, key=lambda size: weight(text[:size]))]


def least_output(window: int, asked: int) -> int:
    """What one who compares or writes must have left for it: a quarter of its window, unless less was asked for."""
    return min(asked, max(LEAST_OUTPUT, window // 4))


@dataclass(frozen=True, slots=True)
class Fit:
    """A request as it fits a window."""

    request: Request
    left_out: int = 0
    """Messages at the beginning of the conversation that had no room."""
    tool_room: int | None = None
    """Tokens that tools may bring in; `None` where the window is not known."""


def fit(
    request: Request, model: Model, tools: Sequence[FunctionTool] = (), standing: int = 0, task: int = 0
) -> Fit | None:
    """Fit a request into the model's window, or return `None` where not even its last question does.

    Room that is kept for the answer goes first, down to `LEAST_OUTPUT`; then the oldest messages. The instructions in
    front, `standing` messages behind them, and everything from the last user message on stay; the `task` behind the
    conversation, so many messages, is none of it.
    """
    if model.context is None:
        return Fit(request)
    window = model.context - weight_of_terms(request, tools)
    asked = min(request.max_tokens or LEAST_OUTPUT, model.max_output or model.context)
    messages, left_out = newest(request.messages, window - min(asked, LEAST_OUTPUT), standing, task)
    spare = window - weight_of_messages(messages)
    if spare < min(asked, LEAST_OUTPUT):
        return None
    output = min(asked, max(LEAST_OUTPUT, spare // 2)) if tools else min(asked, spare)
    if request.max_tokens is not None and output < asked:
        request = replace(request, max_tokens=output)
    return Fit(replace(request, messages=messages, shared=0) if left_out else request, left_out, spare - output)


def newest(messages: Sequence[Message], room: int, standing: int = 0, task: int = 0) -> tuple[tuple[Message, ...], int]:
    """The newest messages that fit into `room` under a note, and how many were left out for them.

    The last `task` of them stay whatever they are.

    A tool's result stays with the call that it answers. Where nothing is enough, everything that may go is gone.
    """
    messages = tuple(messages)
    if weight_of_messages(messages) <= room:
        return messages, 0
    head = next((at for at, one in enumerate(messages) if one.role not in ("system", "developer")), 0) + standing
    said = messages[: len(messages) - task]
    last = max((at for at, one in enumerate(said) if one.role == "user"), default=head)
    after = list(accumulate(weight_of_messages([one]) for one in reversed(messages)))[::-1]
    front = weight_of_messages(messages[:head]) + weight_of_messages([left_out_note(len(messages))])
    cuts = [at for at in range(head + 1, last + 1) if messages[at].role != "tool"]
    if not cuts:
        return messages, 0
    cut = next((at for at in cuts if front + after[at] <= room), cuts[-1])
    return in_turn((*messages[:head], left_out_note(cut - head), *messages[cut:])), cut - head


def first_of(count: int) -> str:
    """So many messages, as the beginning of a sentence."""
    return "the first message was" if count == 1 else f"the first {count} messages were"


def left_out_note(count: int) -> Message:
    """What stands in the place of messages that were left out."""
    return user(LEFT_OUT_ONE if count == 1 else LEFT_OUT.format(count=count))


@dataclass(frozen=True, slots=True)
class Room:
    """How the window of one who reads answers is divided, in tokens."""

    material: int | None
    """For what is read; `None` where all of it fits, or nobody knows."""
    output: int
    tools: int | None
    """For what tools bring in; `None` where the window is not known."""


def divide(window: int | None, fixed: int, whole: int, asked: int, with_tools: bool) -> Room:
    """Divide a window between `fixed` words, material that is `whole` so long, an answer, and what tools bring in.

    Where the material does not fit beside the least of an answer, it gets what is left, less an eighth for the tools.
    """
    if window is None:
        return Room(None, asked, None)
    least, spare = least_output(window, asked), window - fixed - whole
    if spare >= least:
        output = min(asked, spare)
        return Room(None, output, spare - output)
    reading = window // 8 if with_tools else 0
    return Room(window - fixed - least - reading, least, reading)


def halve(room: Room, whole: int) -> Room:
    """The division to try next with a model that found the last one too long."""
    material = min(whole, whole if room.material is None else room.material) // 2
    output = max(min(room.output, LEAST_OUTPUT), room.output // 2)
    return Room(material, output, material // 4 if room.tools is None else min(room.tools, material // 4))


@dataclass(slots=True)
class Ration:
    """What is left of a window for the results of tools, in tokens."""

    left: int

    def take(self, call: ToolCall, result: ToolResult) -> bool:
        """Use up what a call and its result take, or nothing where there is not so much."""
        needed = weight(call.name + call.arguments + result.text)
        if needed > self.left:
            return False
        self.left -= needed
        return True


class Rationed:
    """A tool whose results may take no more of its caller's window than a ration that several tools share."""

    def __init__(self, tool: Tool, ration: Ration) -> None:
        self._tool = tool
        self._ration = ration

    @property
    def spec(self) -> FunctionTool:
        """The tool's own declaration."""
        return self._tool.spec

    async def __call__(self, call: ToolCall, scene: Scene) -> ToolResult:
        """Run the tool, and say so where its result has no room."""
        result = await self._tool(call, scene)
        return result if self._ration.take(call, result) else NO_ROOM
