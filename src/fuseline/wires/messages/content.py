"""The content of an answer: the blocks of a whole reply, in the order in which a stream shows them."""

from fuseline.types.deliberation import FUSION_CALL
from fuseline.types.json import Json
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from fuseline.wires.lookups import titles_of
from fuseline.wires.messages.blocks import fusion_blocks, parsed, said, shows_run, tool_use
from fuseline.wires.messages.uses import own_blocks, use_blocks


def write_content(run: Run, request: Request) -> list[Json]:
    """Every block of a run's answer."""
    answer = run.reply or Reply(run.model)
    unshown = fusion_blocks(run) if shows_run(run, request) else []
    titles = titles_of(run.lookups)
    blocks: list[Json] = []
    for turn in run.rounds:
        blocks += said(turn.reply, request)
        for use in turn.uses:
            if convenes(use.call):
                blocks += unshown
                unshown = []
            else:
                blocks += use_blocks(use, request, titles)
    if not run.answered_in_round:
        blocks += [*unshown, *said(answer, request)]
    blocks += [tool_use(call, parsed(call)) for call in answer.tool_calls]
    return [*blocks, *own_blocks(answer, request)]


def convenes(call: ToolCall) -> bool:
    """Whether a call is one on which a panel is convened: to fusion, and with a prompt."""
    return call.name == FUSION_CALL and bool(parsed(call).get("prompt"))
