"""The writer: turns the panel's answers into one. Where none can write, the best panel answer stands in, marked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from anyio import to_thread

from fuseline.engine.attachments import visible
from fuseline.engine.caller import Caller
from fuseline.engine.fitting import first_of, fit, least_output, newest, weight_of_messages, weight_of_terms
from fuseline.engine.layout import laid_out, returns
from fuseline.engine.loop import Turn, converse, speak_first
from fuseline.engine.material import (
    Shown,
    barely,
    digests_read,
    fenced,
    guide,
    new_boundary,
    shown_within,
    weight_of_material,
    whole,
)
from fuseline.engine.prompts import render
from fuseline.tools.base import Tool
from fuseline.types.deliberation import PanelAnswer, Report
from fuseline.types.errors import OverBudget, UpstreamError
from fuseline.types.events import Emit, TextDelta, WriterStarted
from fuseline.types.models import Model
from fuseline.types.provenance import Provenance
from fuseline.types.quick import replace
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Speaker

LONGEST_ANSWER = 16_000
"""Output tokens for a writer whose client named no limit."""
NO_TOOLS: Mapping[str, Tool] = {}
BEST_PANEL_ANSWER = "best_panel_answer"
NO_PANEL = "no_panel"
PANEL_ONLY = "panel_only"


@dataclass(frozen=True, slots=True)
class Written:
    """The answer that the client gets."""

    speaker: Speaker
    reply: Reply
    asked: Request
    """The conversation that it answers, as its writer was given it."""
    degraded: str = ""
    """Why it is less than a fused answer; empty where it is not."""
    warnings: tuple[str, ...] = ()
    """What the writer could not be given whole, and what came of a second look."""
    provenance: Provenance | None = None
    """Where the answer comes from, where somebody asked."""
    turn: Turn | None = None
    """How its writer came to it, where it had server tools."""


async def write(
    request: Request,
    report: Report,
    writers: Sequence[str],
    caller: Caller,
    emit: Emit,
    *,
    tools: Mapping[str, Tool] = NO_TOOLS,
    may_stand_in: bool = True,
) -> Written:
    """Have the first writer who can write the answer; without a panel's answers it answers by itself.

    `tools` are those that the client put beside fusion, for whoever speaks to it.

    :raises UpstreamError: when a writer broke off after its first words, or none could begin and nobody was heard or
        may stand in.
    """
    speakers = [Speaker("writer", model) for model in writers]
    reader, request = caller.switchboard.resolve(writers[0]), replace(request, model=writers[0])
    if any(not isinstance(message.content, str) for message in request.messages):
        request = replace(request, messages=visible(request.messages, reader))
    asked, warnings = await prepared(request, report, reader) if report.heard else (request, ())
    await emit(WriterStarted(speakers[0]))
    try:
        degraded = "" if report.heard else NO_PANEL
        if tools:
            turn = await converse(
                speakers, asked, tools, caller, emit, steps=request.max_steps, rules=request.stop_rules
            )
            return Written(turn.speaker, turn.reply, turn.asked, degraded, warnings, turn=turn)
        speaker, reply = await speak_first(speakers, asked, caller)
        reply = await without_strays(speaker, reply, asked, caller)
        return Written(speaker, reply, asked, degraded, warnings)
    except (UpstreamError, OverBudget) as error:
        if not (report.heard and may_stand_in) or (isinstance(error, UpstreamError) and error.partial.text):
            raise
    return await stand_in(report, asked, emit)


def unwritten(request: Request, writer: str) -> Written:
    """No answer, where the panel was all that was wanted."""
    return Written(Speaker("writer", writer), Reply(writer), request, PANEL_ONLY)


async def without_strays(speaker: Speaker, reply: Reply, request: Request, caller: Caller) -> Reply:
    """The reply without calls to tools that nobody offered; asked again once where nothing else is in it."""
    if not reply.tool_calls:
        return reply
    offered = frozenset(function.name for function in request.functions)
    if only_strays(reply, offered):
        reply = await caller.speak(speaker, replace(request, tool_choice="none" if offered else None))
    if only_strays(reply, offered):
        raise UpstreamError("tool_limit", "the writer called tools that it was not offered instead of writing")
    kept = tuple(call for call in reply.tool_calls if call.name in offered)
    finish = reply.finish_reason if kept or not reply.tool_calls else "stop"
    return replace(reply, tool_calls=kept, finish_reason=finish)


def only_strays(reply: Reply, offered: frozenset[str]) -> bool:
    """Whether a reply is nothing but calls to tools that nobody offered."""
    called = {call.name for call in reply.tool_calls}
    return bool(called) and called.isdisjoint(offered) and not reply.text.strip()


async def stand_in(report: Report, asked: Request, emit: Emit) -> Written:
    """Give the best panel answer in place of the one that no writer could write."""
    best = best_answer(report)
    speaker = Speaker("writer", best.model)
    await emit(TextDelta(speaker, best.content))
    finish = "length" if best.truncated else "stop"
    return Written(speaker, Reply(best.model, best.content, finish_reason=finish), asked, BEST_PANEL_ANSWER)


def best_answer(report: Report) -> PanelAnswer:
    """The whole answer on which most of the analysis rests, or failing an analysis the longest whole one."""

    def merit(answer: PanelAnswer) -> tuple[bool, int, int]:
        claims = report.analysis.claims() if report.analysis else ()
        backed = sum(1 for claim in claims if answer.seat in claim.seats)
        return not answer.truncated, backed, len(answer.content)

    return max(report.heard, key=merit)


async def prepared(request: Request, report: Report, reader: Model) -> tuple[Request, tuple[str, ...]]:
    """What a writer is asked, made beside the event loop where there may be digests to be made."""
    if reader.context is None or weight_of_material(report) < reader.context // 2:
        return for_writer(request, report, reader)
    return await to_thread.run_sync(for_writer, request, report, reader)


def for_writer(request: Request, report: Report, reader: Model) -> tuple[Request, tuple[str, ...]]:
    """What a writer is asked, fitted to its window, and what there is to warn of.

    Where not all fits, the conversation gives up its oldest messages down to half of the window, and then the longest
    answers become digests.
    """
    asked, name = with_material(request, report), f"the writer ({reader.slug})"
    if reader.context is None:
        return asked, ()
    least = least_output(reader.context, min(asked.max_tokens or LONGEST_ANSWER, reader.max_output or reader.context))
    if weight_of_messages(asked.messages) + weight_of_terms(asked) + least <= reader.context:
        fitted = fit(asked, reader, task=1)
        return (fitted.request if fitted else asked), ()
    messages, left_out = newest(request.messages, (reader.context - least) // 2)
    request = replace(request, messages=messages)
    bare = with_material(request, report, Shown(dict.fromkeys(whole(report).texts, ""), frozenset(report.labels)))
    room = reader.context - least - weight_of_messages(bare.messages) - weight_of_terms(bare)
    shown = shown_within(report, room) or barely(report)
    asked = with_material(request, report, shown)
    fitted = fit(asked, reader, task=1)
    warnings = (f"{name}: {first_of(left_out)} left out",) if left_out else ()
    return (fitted.request if fitted else asked), (*warnings, *digests_read(name, report, shown))


def with_material(request: Request, report: Report, shown: Shown | None = None) -> Request:
    """The client's conversation with what a writer needs behind it: the material, and what it is to do with that."""
    boundary = new_boundary()
    wishes = "\n\n".join(message.text for message in request.messages if message.role in ("system", "developer"))
    rest = [message for message in request.messages if message.role not in ("system", "developer")]
    analysis = f"The comparison:\n{guide(report.analysis, report.labels)}" if report.analysis else ""
    shown = shown or whole(report)
    material = render(
        "writer_material",
        boundary=boundary,
        digests=shown.note(),
        answers=fenced(report, boundary, shown),
        analysis=analysis,
    )
    return replace(
        request,
        messages=laid_out(rest, material, render("writer", boundary=boundary), wishes=wishes),
        max_tokens=request.max_tokens or LONGEST_ANSWER,
        shared=len(rest) + 1 if returns(request.model, (request.model, *report.models, report.analyst), rest) else 0,
    )
