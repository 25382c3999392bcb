"""The analyst: compares the panel's answers and returns structured JSON. It never merges them, and may be missed."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from fuseline.engine.caller import Caller
from fuseline.engine.comparison import NotJson, WrongShape, read_comparison
from fuseline.engine.loop import converse
from fuseline.engine.material import fenced, new_boundary
from fuseline.engine.prompts import render
from fuseline.engine.schema import RESPONSE_FORMAT
from fuseline.tools.base import Tool
from fuseline.types.deliberation import Analysis, FusionSpec, Report
from fuseline.types.errors import OverBudget, UpstreamError
from fuseline.types.events import AnalysisFailed, AnalysisMade, AnalysisStarted, Emit
from fuseline.types.json import Json
from fuseline.types.messages import Message, system, user
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


class Analyst:
    """The analyst and its substitutes, at work on one panel's answers."""

    def __init__(
        self, spec: FusionSpec, policy: Mapping[str, Json], tools: Mapping[str, Tool], caller: Caller, emit: Emit
    ) -> None:
        self._spec = spec
        self._policy = policy
        self._tools = tools
        self._caller = caller
        self._emit = emit

    async def compare(self, report: Report, ends_at: float) -> Report:
        """Return the report with an analysis, or with the reason why there is none. No upstream makes it raise."""
        outcome: Analysis | Failure = Failure("judge_upstream_error")
        for model in self._spec.analysts:
            speaker = Speaker("analyst", model)
            await self._emit(AnalysisStarted(speaker))
            report = replace(report, analyst=model)
            outcome = await self._try(speaker, report, ends_at)
            if isinstance(outcome, Analysis):
                await self._emit(AnalysisMade(speaker, outcome, report.models))
                return replace(report, analysis=outcome)
            await self._emit(AnalysisFailed(speaker, outcome.reason))
        assert isinstance(outcome, Failure)
        return replace(report, analysis_failure=outcome.reason)

    async def _try(self, speaker: Speaker, report: Report, ends_at: float) -> Analysis | Failure:
        """Ask one analyst, and once more where its answer is none."""
        request = self._request(speaker.model, report)
        try:
            turn = await converse(
                [speaker],
                request,
                self._tools,
                self._caller,
                self._emit,
                steps=self._spec.max_tool_calls,
                ends_at=ends_at,
            )
            spoken, outcome = turn.reply.text, understood(turn.reply, report)
        except UpstreamError as error:
            spoken, outcome = "", REASONS.get(error.reason, Failure("judge_upstream_error"))
        except OverBudget:
            return Failure("judge_upstream_error")
        if isinstance(outcome, Analysis) or not outcome.problem:
            return outcome
        return await self._repair(speaker, request, spoken, outcome, report, ends_at)

    async def _repair(
        self, speaker: Speaker, request: Request, spoken: str, failure: Failure, report: Report, ends_at: float
    ) -> Analysis | Failure:
        now = time.monotonic()
        spoiled = Message("assistant", spoken or "(nothing)")
        again = replace(
            request, messages=(*request.messages, spoiled, user(render("analyst_repair", problem=failure.problem)))
        )
        try:
            second = await self._caller.speak(speaker, again, now + (ends_at - now) * REPAIR_SHARE)
        except (UpstreamError, OverBudget):
            return failure  # the repair is a second chance; what it was to mend is what is reported
        outcome = understood(second, report)
        return outcome if isinstance(outcome, Analysis) else failure

    def _request(self, model: str, report: Report) -> Request:
        boundary = new_boundary()
        question = render(
            "analyst_question",
            boundary=boundary,
            question=report.prompt,
            count=str(len(report.heard)),
            answers=fenced(report, boundary),
        )
        return Request(
            model,
            (system(render("analyst", boundary=boundary)), user(question)),
            max_tokens=self._spec.max_completion_tokens,
            temperature=0,
            reasoning=self._spec.reasoning,
            response_format=RESPONSE_FORMAT,
            policy=self._policy,
        )


CALLS_A_TOOL = Failure("judge_schema_mismatch", "it calls a tool")
REASONS: Mapping[str, Failure] = {
    "empty_completion": Failure("judge_empty_completion"),
    "no_visible_output": Failure("judge_empty_completion"),
    "tool_limit": CALLS_A_TOOL,
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
        return messages[0].text
    return "\n\n".join(f"{message.role.capitalize()}: {message.text}" for message in messages)
