"""Fusion as a tool: ask the panel, compare its answers, report. It hands its seats no fusion, so it cannot recurse."""

import json
import logging
import random
import time
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from anyio import to_thread
from pydantic_core import to_json

from fuseline.engine.analyst import Analyst, transcript
from fuseline.engine.caller import Caller
from fuseline.engine.fitting import least_output, weight, weight_of_messages, weight_of_terms
from fuseline.engine.material import Shown, barely, digests_read, draw_labels, mark_of_digest, shown_within, whole
from fuseline.engine.panel import Panel
from fuseline.engine.prompts import render
from fuseline.engine.question import Question, put_to_panel
from fuseline.engine.writer import LONGEST_ANSWER
from fuseline.ledger import Foreseen
from fuseline.settings.sections import FusionSettings
from fuseline.tools.base import Scene, Tool, ToolResult
from fuseline.tools.toolbox import open_toolbox
from fuseline.types.deliberation import FUSION_CALL, FusionSpec, PanelAnswer, Report, report_body, warned
from fuseline.types.errors import FuselineError
from fuseline.types.events import Emit, FusionFinished, FusionStarted
from fuseline.types.json import object_of
from fuseline.types.messages import ToolCall
from fuseline.types.quick import replace
from fuseline.types.requests import FunctionTool, Request, ServerTool
from fuseline.types.runs import Speaker
from fuseline.types.tokens import estimate_messages

logger = logging.getLogger(__name__)

SIGHT: Mapping[Literal["conversation", "prompt"], str] = {
    "conversation": "Put the whole question into the prompt. They see what was said in this conversation before it, "
    "but neither tool results nor your instructions: add what they need of those.",
    "prompt": "Put everything that the experts need to know into the prompt: they see nothing else of this "
    "conversation.",
}
"""What the outer model is told of the experts' view, for each setting of `fusion.context`."""
PROMPTS_TOKENS = 8_000
"""More than our own prompts and an analysis take, in tokens."""
LONGEST_RESERVE = 0.4
"""The share of a run's time that is kept back for analyst and writer at the most, where the run is short."""


class Fusion:
    """One request's fusion tool. It runs at most once, forced by the request or called by the outer model."""

    def __init__(
        self,
        spec: FusionSpec,
        request: Request,
        caller: Caller,
        emit: Emit,
        reserve_s: float,
        settings: FusionSettings,
        given: Sequence[PanelAnswer | None] = (),
    ) -> None:
        self._given = tuple(given)
        """What each seat has answered before, so that it is not asked again; `None` for one that is asked."""
        self._spec = spec
        self._request = request
        self._caller = caller
        self._emit = emit
        self._reserve_s = reserve_s
        self._settings = settings
        self.report: Report | None = None

    @property
    def spec(self) -> FunctionTool:
        """How the tool is declared, which a run that is forced never asks."""
        return declared(self._settings)

    async def __call__(self, call: ToolCall, scene: Scene) -> ToolResult:
        """Convene the panel on the prompt that the outer model wrote."""
        prompt = prompt_of(call.arguments)
        if not prompt:
            return ToolResult('{"error":"invalid_arguments","field":"prompt"}')
        if self.report is not None:
            return ToolResult(CAPPED)
        report = await self.convene(self._question(prompt), prompt)
        writers = tuple(Speaker("writer", model) for model in self._spec.writers)
        reader = next(iter(writers), scene.speaker)
        shown = await to_thread.run_sync(self._shown, report, reader, call)
        read = digests_read(f"the {reader.role} ({reader.model})", report, shown)
        self.report = warned(report, read)
        return ToolResult(for_outer(report, shown), writers)

    async def convene_on_request(self, writer: str) -> Report:
        """Convene the panel on the client's conversation without asking a model whether to; `writer` writes then."""
        question = self._question()
        if not self._spec.panel_only:
            self._foresee(writer)
        return await self.convene(question, transcript(question.conversation))

    def _question(self, prompt: str = "") -> Question:
        return put_to_panel(self._request.messages, self._request.policy, self._settings, prompt)

    def _shown(self, report: Report, reader: Speaker, call: ToolCall) -> Shown:
        """The answers as they fit into what the conversation leaves of the window of the one who writes."""
        window = self._caller.switchboard.resolve(reader.model).context
        if window is None or not report.heard:
            return whole(report)
        bare = for_outer(replace(report, answers=tuple(replace(one, content="") for one in report.answers)))
        said = weight_of_messages(self._request.messages) + weight_of_terms(self._request, [self.spec])
        said += weight(call.arguments) + weight(bare)
        room = window - said - least_output(window, self._request.max_tokens or LONGEST_ANSWER)
        written = sum(weight(to_json(answer.content).decode()) for answer in report.heard)
        spread = max(1.0, written / max(1, sum(weight(answer.content) for answer in report.heard)))
        return shown_within(report, int(room / spread)) or barely(report)

    def _foresee(self, writer: str) -> None:
        """Write down the two calls that follow the panel, at the most that its answers can make of them."""
        answers = sum(seat.max_completion_tokens or self._spec.max_completion_tokens for seat in self._spec.seats)
        read = answers + estimate_messages(self._request.messages) + PROMPTS_TOKENS
        ledger, resolve = self._caller.ledger, self._caller.switchboard.resolve
        analyst, longest = self._spec.analysts[0], self._request.max_tokens or LONGEST_ANSWER
        ledger.foresee(
            Foreseen(Speaker("analyst", analyst), resolve(analyst), read, self._spec.max_completion_tokens),
            Foreseen(Speaker("writer", writer), resolve(writer), read, longest),
        )

    async def convene(self, question: Question, prompt: str) -> Report:
        """Poll the panel, have its answers compared, and report. What an upstream does never makes it raise."""
        empty = Report(f"st_{self._caller.ledger.run_id.rpartition('-')[2]}", prompt, ())
        self.report = empty
        await self._emit(FusionStarted(empty.id, prompt, self._spec.seats))
        try:
            self.report = await self._deliberate(empty, question)
        except* FuselineError:
            raise
        except* Exception:
            logger.exception("the fusion run %s broke", empty.id)
            self.report = replace(empty, failure_reason="unexpected_error", error="the fusion run broke unexpectedly")
        if self._caller.carrier is not None:
            self._caller.carrier.hear(self.report, self._caller.ledger.lookups)
        await self._emit(FusionFinished(self.report))
        return self.report

    async def _deliberate(self, report: Report, question: Question) -> Report:
        now, end = time.monotonic(), self._caller.ends_at
        reserve = min(self._reserve_s, (end - now) * LONGEST_RESERVE)
        tools = [self._tools(seat.tools) for seat in self._spec.seats]
        panel = Panel(self._spec, question, tools, self._caller, self._emit)
        answers = await panel.poll(end - reserve, self._given)
        report = warned(assessed(report, answers, self._spec), panel.warnings)
        if not report.ok or self._spec.panel_only:
            return report
        analyst = Analyst(self._spec, question, self._tools(self._spec.analyst_tools), self._caller, self._emit)
        return await analyst.compare(report, end - reserve / 2)

    def _tools(self, declared: Sequence[ServerTool] | None) -> Mapping[str, Tool]:
        wanted = self._spec.tools if declared is None else declared
        return open_toolbox(wanted, "tools")[0] if wanted else {}


def declared(settings: FusionSettings) -> FunctionTool:
    """How the tool is declared to the outer model, which has to know what the experts see."""
    prompt = {"type": "string", "description": "The whole question, with all that it needs."}
    return FunctionTool(
        FUSION_CALL,
        render("tool", sight=SIGHT["conversation" if settings.context == "conversation" else "prompt"]),
        {"type": "object", "properties": {"prompt": prompt}, "required": ["prompt"], "additionalProperties": False},
    )


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
    if reasons == {"unsupported_input"}:
        return "unsupported_input"
    return "deadline_exceeded" if reasons == {"deadline_exceeded"} else "all_panels_failed"


def prompt_of(arguments: str) -> str:
    """The prompt in the arguments that a model wrote; empty where there is none."""
    try:
        value: Any = json.loads(arguments)
    except (ValueError, RecursionError):
        return ""
    prompt = object_of(value).get("prompt")
    return prompt.strip() if isinstance(prompt, str) else ""


def for_outer(report: Report, shown: Shown | None = None) -> str:
    """The tool result as the outer model gets it: under letters instead of names, with word on how to write."""
    shown = shown or whole(report)
    letters = tuple(f"{label}" if label else "unheard" for label in report.labels)
    named = tuple(
        replace(answer, model=letter, content=in_result(letter, answer, shown))
        for letter, answer in zip(letters, report.answers, strict=True)
    )
    body = report_body(replace(report, answers=tuple(sorted(named, key=lambda answer: answer.model))))
    if report.analysis is not None:
        body["analysis"] = report.analysis.public(letters)
    if shown.digested:
        body["digests"] = shown.note()
    if report.ok:
        body["instructions"] = render("tool_result")
    return to_json(body).decode()


def in_result(letter: str, answer: PanelAnswer, shown: Shown) -> str:
    """An answer's text in the tool result, behind its mark where it is a digest."""
    text = shown.texts.get(letter, answer.content)
    return f"{mark_of_digest(answer).strip()}\n{text}" if letter in shown.digested else text


CAPPED = to_json(
    {
        "status": "error",
        "error": "the panel has been convened once in this turn and cannot be convened again; answer now",
        "failure_reason": "fusion_invocation_capped",
    }
).decode()
