"""Fusion as a tool: ask the panel, compare its answers, report. It hands its seats no fusion, so it cannot recurse."""

import json
import logging
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic_core import to_json

from fuseline.engine.analyst import Analyst, transcript
from fuseline.engine.caller import Caller
from fuseline.engine.material import draw_labels
from fuseline.engine.panel import Panel, Question, for_panel
from fuseline.engine.prompts import render
from fuseline.tools.base import Scene, Tool, ToolResult
from fuseline.tools.toolbox import open_toolbox
from fuseline.types.deliberation import FUSION_CALL, FusionSpec, PanelAnswer, Report, report_body
from fuseline.types.errors import FuselineError
from fuseline.types.events import Emit, FusionFinished, FusionStarted
from fuseline.types.json import object_of
from fuseline.types.messages import Message, ToolCall, user
from fuseline.types.requests import FunctionTool, Request, ServerTool
from fuseline.types.runs import Speaker

logger = logging.getLogger(__name__)

SPEC = FunctionTool(
    FUSION_CALL,
    render("tool"),
    {
        "type": "object",
        "properties": {"prompt": {"type": "string", "description": "The whole question, with all that it needs."}},
        "required": ["prompt"],
        "additionalProperties": False,
    },
)
LONGEST_RESERVE = 0.4
"""The share of a run's time that is kept back for analyst and writer at the most, where the run is short."""


class Fusion:
    """One request's fusion tool. It runs at most once, forced by the request or called by the outer model."""

    spec = SPEC

    def __init__(
        self, spec: FusionSpec, request: Request, caller: Caller, emit: Emit, reserve_s: float, forward_system: bool
    ) -> None:
        self._spec = spec
        self._request = request
        self._caller = caller
        self._emit = emit
        self._reserve_s = reserve_s
        self._forward_system = forward_system
        self.report: Report | None = None

    async def __call__(self, call: ToolCall, scene: Scene) -> ToolResult:
        """Convene the panel on the prompt that the outer model wrote."""
        prompt = prompt_of(call.arguments)
        if not prompt:
            return ToolResult('{"error":"invalid_arguments","field":"prompt"}')
        if self.report is not None:
            return ToolResult(CAPPED)
        report = await self.convene((user(prompt),), prompt)
        writers = tuple(Speaker("writer", model) for model in self._spec.writers)
        return ToolResult(for_outer(report), writers)

    async def convene_on_request(self) -> Report:
        """Convene the panel on the client's conversation, without asking a model whether to."""
        conversation = for_panel(self._request.messages, self._forward_system)
        return await self.convene(conversation, transcript(conversation))

    async def convene(self, conversation: Sequence[Message], prompt: str) -> Report:
        """Poll the panel, have its answers compared, and report. What an upstream does never makes it raise."""
        empty = Report(f"st_{self._caller.ledger.run_id.rpartition('-')[2]}", prompt, ())
        self.report = empty
        await self._emit(FusionStarted(empty.id, prompt, self._spec.seats))
        try:
            self.report = await self._deliberate(empty, conversation)
        except* FuselineError:
            raise
        except* Exception:
            logger.exception("the fusion run %s broke", empty.id)
            self.report = replace(empty, failure_reason="unexpected_error", error="the fusion run broke unexpectedly")
        await self._emit(FusionFinished(self.report))
        return self.report

    async def _deliberate(self, report: Report, conversation: Sequence[Message]) -> Report:
        now, end = time.monotonic(), self._caller.ends_at
        reserve = min(self._reserve_s, (end - now) * LONGEST_RESERVE)
        question = Question(tuple(conversation), self._request.policy)
        tools = [self._tools(seat.tools) for seat in self._spec.seats]
        answers = await Panel(self._spec, question, tools, self._caller, self._emit).poll(end - reserve)
        report = assessed(report, answers, self._spec)
        if not report.ok:
            return report
        analyst = Analyst(
            self._spec, self._request.policy, self._tools(self._spec.analyst_tools), self._caller, self._emit
        )
        return await analyst.compare(report, end - reserve / 2)

    def _tools(self, declared: Sequence[ServerTool] | None) -> Mapping[str, Tool]:
        return open_toolbox(self._spec.tools if declared is None else declared, "tools")[0]


def assessed(report: Report, answers: tuple[PanelAnswer, ...], spec: FusionSpec) -> Report:
    """The report of a panel: who was heard under which letter, or why the run cannot go on."""
    seed = random.randrange(2**31) if spec.seed is None else spec.seed
    report = replace(report, answers=answers, seed=seed, labels=draw_labels(answers, seed), warnings=spec.warnings)
    heard = len(report.heard)
    if not heard:
        return replace(report, failure_reason=reason_of_all(answers), error="all panel models failed")
    if heard < spec.min_panel:
        return replace(
            report,
            failure_reason="min_panel_not_met",
            error=f"{heard} of {len(answers)} panel models answered, and at least {spec.min_panel} have to",
        )
    if heard == 1 and len(answers) > 1:
        return replace(report, warnings=(*report.warnings, "single_member"))
    return report


def reason_of_all(answers: Sequence[PanelAnswer]) -> str:
    """Why a whole panel failed: money before rate limits, and both before anything else."""
    statuses = {answer.status_code for answer in answers}
    reasons = {answer.reason for answer in answers}
    if 402 in statuses:
        return "insufficient_credits"
    if 429 in statuses:
        return "rate_limited"
    if reasons == {"model_not_found"}:
        return "invalid_model"
    return "deadline_exceeded" if reasons == {"deadline_exceeded"} else "all_panels_failed"


def prompt_of(arguments: str) -> str:
    """The prompt in the arguments that a model wrote; empty where there is none."""
    try:
        value: Any = json.loads(arguments)
    except (ValueError, RecursionError):
        return ""
    prompt = object_of(value).get("prompt")
    return prompt.strip() if isinstance(prompt, str) else ""


def for_outer(report: Report) -> str:
    """The tool result as the outer model gets it: under letters instead of names, with word on how to write."""
    letters = tuple(f"{label}" if label else "unheard" for label in report.labels)
    named = tuple(replace(answer, model=letters[answer.seat]) for answer in report.answers)
    body = report_body(replace(report, answers=tuple(sorted(named, key=lambda answer: answer.model))))
    if report.analysis is not None:
        body["analysis"] = report.analysis.public(letters)
    if report.ok:
        body["instructions"] = render("tool_result")
    return to_json(body).decode()


CAPPED = to_json(
    {
        "status": "error",
        "error": "the panel has been convened once in this turn and cannot be convened again; answer now",
        "failure_reason": "fusion_invocation_capped",
    }
).decode()
