"""The analyst: compares the panel's answers and returns structured JSON. It never merges them, and may be missed."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from anyio import to_thread

from fuseline.engine.attachments import told
from fuseline.engine.caller import Caller
from fuseline.engine.comparison import NotJson, WrongShape, read_comparison
from fuseline.engine.digests import digest
from fuseline.engine.fitting import (
    LEAST_OUTPUT,
    Ration,
    Rationed,
    Room,
    divide,
    halve,
    weight,
    weight_of_messages,
    weight_of_terms,
)
from fuseline.engine.layout import laid_out, returns
from fuseline.engine.loop import converse
from fuseline.engine.material import (
    Shown,
    digests_read,
    fenced,
    new_boundary,
    shown_within,
    weight_of_material,
    whole,
)
from fuseline.engine.prompts import render
from fuseline.engine.question import Question
from fuseline.engine.reading import READ_ANSWER, SPEC, ReadAnswer
from fuseline.engine.schema import RESPONSE_FORMAT
from fuseline.tools.base import Tool
from fuseline.types.deliberation import Analysis, FusionSpec, Report
from fuseline.types.errors import OverBudget, UpstreamError
from fuseline.types.events import AnalysisFailed, AnalysisMade, AnalysisStarted, Emit
from fuseline.types.messages import Message, user
from fuseline.types.models import Model
from fuseline.types.quick import replace
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Speaker

REPAIR_SHARE = 0.25
"""The share of the time left that a repair may take."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an analyst made no analysis."""

    reason: str
    problem: str = ""
    """What the analyst is told when it is asked again; empty where asking again is of no use."""


QUESTION = "Q"
"""The letter under which a question is read on that was too long to be shown whole."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What one analyst is given: its request, its tools, and which answers it has as digests only."""

    request: Request
    tools: Mapping[str, Tool]
    shown: Shown


class Analyst:
    """The analyst and its substitutes, at work on one panel's answers."""

    def __init__(
        self, spec: FusionSpec, question: Question, tools: Mapping[str, Tool], caller: Caller, emit: Emit
    ) -> None:
        self._spec = spec
        self._question = question
        self._tools = tools
        self._caller = caller
        self._emit = emit

    async def compare(self, report: Report, ends_at: float) -> Report:
        """Return the report with an analysis, or with the reason why there is none. No upstream makes it raise."""
        outcome: Analysis | Failure = Failure("judge_upstream_error")
        warnings = report.warnings
        for slug in self._spec.analysts:
            speaker, model = Speaker("analyst", slug), self._caller.switchboard.resolve(slug)
            await self._emit(AnalysisStarted(speaker))
            outcome, more = await self._try(speaker, model, report, ends_at)
            analysis = outcome if isinstance(outcome, Analysis) else None
            report = replace(report, analyst=slug, warnings=(*warnings, *more), analysis=analysis)
            if isinstance(outcome, Analysis):
                await self._emit(AnalysisMade(speaker, outcome, report.models))
                return report
            await self._emit(AnalysisFailed(speaker, outcome.reason))
        assert isinstance(outcome, Failure)
        return replace(report, analysis_failure=outcome.reason)

    async def _try(
        self, speaker: Speaker, model: Model, report: Report, ends_at: float
    ) -> tuple[Analysis | Failure, tuple[str, ...]]:
        """Ask one analyst, and again with half of the material where it finds it too long; with what to warn of."""
        reads = model.calls_tools or bool(self._tools)
        fixed, size = (0, 0) if model.context is None else (self._fixed(model, report), weight_to_read(report))
        room = divide(model.context, fixed, size, self._most(model), reads)
        brief = await self._prepare(model, report, room)
        outcome: Analysis | Failure = TOO_LONG
        if brief is not None:
            outcome = await self._ask(speaker, brief, report, ends_at)
        if brief is not None and outcome is TOO_LONG:
            brief = await self._prepare(model, report, halve(room, weight_to_read(report)))
            outcome = TOO_LONG if brief is None else await self._ask(speaker, brief, report, ends_at)
        name = f"the analyst ({speaker.model})"
        if brief is None:
            return outcome, (f"{name} was not asked: its window cannot hold the answers, not even as digests",)
        question = (f"{name} read a digest of the question",) if QUESTION in brief.shown.digested else ()
        return outcome, (*question, *digests_read(name, report, brief.shown))

    async def _ask(self, speaker: Speaker, brief: Brief, report: Report, ends_at: float) -> Analysis | Failure:
        """Ask one analyst, and once more where its answer is none."""
        steps = self._spec.max_tool_calls
        try:
            turn = await converse(
                [speaker], brief.request, brief.tools, self._caller, self._emit, steps=steps, ends_at=ends_at
            )
            spoken, outcome = turn.reply.text, understood(turn.reply, report)
        except UpstreamError as error:
            spoken, outcome = "", REASONS.get(error.reason, Failure("judge_upstream_error"))
        except OverBudget:
            return Failure("judge_upstream_error")
        if isinstance(outcome, Analysis) or not outcome.problem:
            return outcome
        return await self._repair(speaker, brief.request, spoken, outcome, report, ends_at)

    async def _repair(
        self, speaker: Speaker, request: Request, spoken: str, failure: Failure, report: Report, ends_at: float
    ) -> Analysis | Failure:
        now = time.monotonic()
        again = mended(request, spoken, failure.problem, self._caller.switchboard.resolve(speaker.model))
        try:
            second = await self._caller.speak(speaker, again, now + (ends_at - now) * REPAIR_SHARE)
        except (UpstreamError, OverBudget):
            return failure  # the repair is a second chance; what it was to mend is what is reported
        outcome = understood(second, report)
        return outcome if isinstance(outcome, Analysis) else failure

    async def _prepare(self, model: Model, report: Report, room: Room) -> Brief | None:
        """The brief, made beside the event loop where there are digests to be made."""
        if room.material is None:
            return self._brief(model, report, room)
        return await to_thread.run_sync(self._brief, model, report, room)

    def _brief(self, model: Model, report: Report, room: Room) -> Brief | None:
        """What an analyst with so much room is given; `None` where the answers do not fit, not even as digests."""
        question = report.prompt
        if room.material is not None and weight(question) > room.material // 2:
            question = digest(QUESTION, report.prompt, room.material // 2)
        left = None if room.material is None else room.material - weight(question)
        shown = shown_within(report, left)
        if shown is None:
            return None
        texts: dict[str, str] = {}
        if shown.digested:
            texts = {label: answer for label, answer in whole(report).texts.items() if label in shown.digested}
        if question != report.prompt:
            shown = replace(shown, digested=shown.digested | {QUESTION})
            texts[QUESTION] = report.prompt
        tools = self._tools_for(model, texts, room)
        request = self._request(model.slug, report, question, shown, READ_ANSWER in tools, room.output)
        return Brief(request, tools, shown)

    def _tools_for(self, model: Model, texts: Mapping[str, str], room: Room) -> Mapping[str, Tool]:
        """The analyst's tools, held to what its window has left for them; with one to read on in digests, if any."""
        if room.tools is None:
            return self._tools
        ration = Ration(room.tools)
        tools: dict[str, Tool] = {name: Rationed(tool, ration) for name, tool in self._tools.items()}
        if texts and model.calls_tools:
            tools[READ_ANSWER] = ReadAnswer(texts, ration)
        return tools

    def _most(self, model: Model) -> int:
        asked = self._spec.max_completion_tokens
        return asked if model.max_output is None else min(asked, model.max_output)

    def _fixed(self, model: Model, report: Report) -> int:
        """The tokens of all that is said beside question and answers, with the longest word on digests."""
        empty = Report("", report.prompt, ())
        request = self._request(model.slug, empty, "", Shown({}, frozenset({QUESTION})), True, LEAST_OUTPUT)
        specs = [tool.spec for tool in self._tools.values()]
        return weight_of_messages(request.messages) + weight_of_terms(request, [*specs, SPEC])

    def _request(self, model: str, report: Report, question: str, shown: Shown, can_read: bool, most: int) -> Request:
        boundary = new_boundary()
        digests, answers = shown.note(can_read), fenced(report, boundary, shown)
        task = (
            render("analyst_material", count=str(len(report.heard)), digests=digests, answers=answers),
            render("analyst", boundary=boundary),
        )
        conversation = self._question.conversation
        if question == report.prompt and all(isinstance(message.content, str) for message in conversation):
            messages = laid_out(conversation, *task)
        else:
            mark = f" (digest of {len(report.prompt)} characters)" if QUESTION in shown.digested else ""
            told = render("analyst_question", boundary=boundary, question=question, mark=mark)
            conversation, messages = (), laid_out((), told, *task)
        roles = (model, *report.models, *self._spec.writers[:1])
        return Request(
            model,
            messages,
            max_tokens=most,
            temperature=0,
            reasoning=self._spec.reasoning,
            response_format=RESPONSE_FORMAT,
            shared=len(conversation) + 1 if returns(model, roles, conversation) else 0,
            policy=self._question.policy,
        )


def weight_to_read(report: Report) -> int:
    """The tokens that question and answers take, whole."""
    return weight(report.prompt) + weight_of_material(report)


def mended(request: Request, spoken: str, problem: str, model: Model) -> Request:
    """The request again, with what came of it and what was wrong with that; what was said is left out if too long."""
    wish, most = user(render("analyst_repair", problem=problem)), request.max_tokens or LEAST_OUTPUT
    again = replace(request, messages=(*request.messages, Message("assistant", spoken or "(nothing)"), wish))
    if model.context is None:
        return again
    if spare(again, model.context) < most // 2:
        again = replace(request, messages=(*request.messages, Message("assistant", "(left out)"), wish))
    return replace(again, max_tokens=max(1, min(most, spare(again, model.context))))


def spare(request: Request, window: int) -> int:
    """The tokens of a window that a request leaves for its answer."""
    return window - weight_of_messages(request.messages) - weight_of_terms(request)


CALLS_A_TOOL = Failure("judge_schema_mismatch", "it calls a tool")
TOO_LONG = Failure("judge_upstream_error")
"""What it was to read was longer than its window, whatever was known of that."""
REASONS: Mapping[str, Failure] = {
    "empty_completion": Failure("judge_empty_completion"),
    "no_visible_output": Failure("judge_empty_completion"),
    "tool_limit": CALLS_A_TOOL,
    "context_length": TOO_LONG,
}


def understood(reply: Reply, report: Report) -> Analysis | Failure:
    """The analysis in a reply, or why there is none."""
    if reply.tool_calls:
        return CALLS_A_TOOL
    if not reply.text.strip():
        return Failure("judge_empty_completion", "it is empty")
    try:
        return read_comparison(reply.text, report.labels, addresses(report))
    except NotJson as error:
        return Failure("judge_not_valid_json", str(error))
    except WrongShape as error:
        return Failure("judge_schema_mismatch", str(error))


def addresses(report: Report) -> frozenset[str]:
    """Every address that an answer cites: an analysis can carry no other."""
    return frozenset(source.url for source in report.sources)


def transcript(messages: Sequence[Message]) -> str:
    """A conversation as the question that the answers are about: its last message alone where there is only one."""
    if len(messages) == 1:
        return told(messages[0])
    return "\n\n".join(f"{message.role.capitalize()}: {told(message)}" for message in messages)
