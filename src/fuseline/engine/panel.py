"""The panel: the same question to every seat at once, each its own conversation. A dead seat is an answer too."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import anyio

from fuseline.engine.attachments import refusal
from fuseline.engine.caller import Caller
from fuseline.engine.fitting import Ration, Rationed, first_of, fit
from fuseline.engine.layout import laid_out, returns
from fuseline.engine.loop import converse
from fuseline.engine.prompts import render
from fuseline.engine.question import Question
from fuseline.engine.sources import sources_of, titled
from fuseline.tools.base import Tool
from fuseline.types.deliberation import FusionSpec, PanelAnswer, Seat
from fuseline.types.errors import OverBudget, Partial, UpstreamError
from fuseline.types.events import Emit, SeatAnswered, SeatFailed, SeatJoined
from fuseline.types.messages import Message
from fuseline.types.quick import replace
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Speaker

REFUSED = frozenset({"bad_request", "unprocessable", "model_not_found", "upstream_error"})
TOOLS = re.compile(r"\btools?\b|function.?call", re.IGNORECASE)
"""As in "does not support tools" (Ollama) and "\"auto\" tool choice requires ..." (vLLM)."""
ENOUGH_TO_KEEP = 200
"""Visible characters from which a text that broke off is worth comparing."""


class Panel:
    """One panel at work on one question."""

    def __init__(
        self, spec: FusionSpec, question: Question, tools: Sequence[Mapping[str, Tool]], caller: Caller, emit: Emit
    ) -> None:
        self._spec = spec
        self._question = question
        self._tools = tools
        """For each seat its own."""
        self._caller = caller
        self._emit = emit
        self._speakers = tuple(Speaker("panel", seat.model, index) for index, seat in enumerate(spec.seats))
        self._roles = (*[seat.model for seat in spec.seats], *spec.analysts[:1], *spec.writers[:1])
        """Who speaks in this run."""
        self._answers: dict[int, PanelAnswer] = {}
        self._left_out: dict[int, int] = {}
        self._laid_out: dict[str, tuple[Message, ...]] = {}
        """What those seats are told that have the same to do, by that."""
        self._quorum = asyncio.Event()
        self._complete = asyncio.Event()

    @property
    def warnings(self) -> tuple[str, ...]:
        """Which seats could not be given the whole conversation."""
        seats = self._spec.seats
        return tuple(
            f"seat {index + 1} ({seats[index].model}): {first_of(count)} left out"
            for index, count in sorted(self._left_out.items())
        )

    async def poll(self, ends_at: float, given: Sequence[PanelAnswer | None] = ()) -> tuple[PanelAnswer, ...]:
        """Ask every seat at once and return what each answered, in the order of the panel.

        Seats that are late, past `ends_at` or past the grace after a quorum, keep what they had said if it is enough.
        Those whose answers are `given`, one for each seat or `None`, are not asked.
        """
        for speaker in self._speakers:
            await self._emit(SeatJoined(speaker))
        for answer in filter(None, given):
            await self._tell(answer.seat, self._spec.seats[answer.seat], answer)
        asked = [(index, seat) for index, seat in enumerate(self._spec.seats) if index not in self._answers]
        if asked:
            await self._ask(asked, ends_at)
        return tuple(self._answers[index] for index in range(len(self._spec.seats)))

    async def _ask(self, asked: Sequence[tuple[int, Seat]], ends_at: float) -> None:
        """Ask these seats at once, until each has answered or is late."""
        async with asyncio.TaskGroup() as group:  # a quarter of what one of anyio's takes
            seats = [group.create_task(self._sit(index, seat, ends_at)) for index, seat in asked]
            if self._spec.quorum is not None:
                group.create_task(self._close_after_grace(seats))
        for index, seat in asked:
            if index not in self._answers:
                await self._tell(index, seat, self._late(index, seat))

    async def _close_after_grace(self, seats: Sequence[asyncio.Task[None]]) -> None:
        """Wait for the quorum, then for latecomers as long as they have grace, or until nobody is missing."""
        await self._quorum.wait()
        with anyio.move_on_after(self._spec.grace_s or 0):
            await self._complete.wait()
        for seat in seats:
            seat.cancel()

    async def _sit(self, index: int, seat: Seat, ends_at: float) -> None:
        """Carry one seat's conversation to its end, or say why it cannot begin."""
        await self._tell(index, seat, await self._answer(index, seat, self._means(index, seat), ends_at))

    def _means(self, index: int, seat: Seat) -> Mapping[str, Tool]:
        """The tools of a seat; none where its model cannot call any."""
        tools, switchboard = self._tools[index], self._caller.switchboard
        able = tools and switchboard.resolve(seat.model).calls_tools and seat.model not in switchboard.toolless
        return tools if able else {}

    async def _answer(self, index: int, seat: Seat, tools: Mapping[str, Tool], ends_at: float) -> PanelAnswer:
        """What a seat answers that has these tools; without them, where its endpoint takes none."""
        prepared = self._prepared(index, seat, tools)
        if isinstance(prepared, PanelAnswer):
            return prepared
        request, tools = prepared
        speaker, steps = self._speakers[index], self._spec.max_tool_calls
        try:
            turn = await converse([speaker], request, tools, self._caller, self._emit, steps=steps, ends_at=ends_at)
        except UpstreamError as error:
            if not (tools and takes_no_tools(error)):
                return broken(index, seat, error)
            self._caller.switchboard.toolless.add(seat.model)
            return await self._answer(index, seat, {}, ends_at)
        except OverBudget as error:
            return PanelAnswer(index, seat.model, error=error.message, reason="budget_exhausted", status_code=402)
        answer = judged(index, seat, turn.reply)
        sources = titled(answer.sources, self._caller.research.lookups)
        changed = turn.preamble or sources != answer.sources
        return replace(answer, preamble=turn.preamble, sources=sources) if changed else answer

    async def _tell(self, index: int, seat: Seat, answer: PanelAnswer) -> None:
        self._answers[index] = answer
        happened = SeatFailed if answer.failed else SeatAnswered
        await self._emit(happened(self._speakers[index], answer))
        quorum, everyone = self._spec.quorum, len(self._answers) == len(self._spec.seats)
        if everyone or (quorum is not None and [one.failed for one in self._answers.values()].count(False) >= quorum):
            self._quorum.set()
        if everyone:
            self._complete.set()

    def _late(self, index: int, seat: Seat) -> PanelAnswer:
        partial = self._caller.cut_off.get(self._speakers[index], Partial())
        error = UpstreamError(
            "grace_over", "the others had answered and the time for latecomers ran out", partial=partial
        )
        return broken(index, seat, error)

    def _prepared(
        self, index: int, seat: Seat, tools: Mapping[str, Tool]
    ) -> tuple[Request, Mapping[str, Tool]] | PanelAnswer:
        """What a seat is asked and may call, fitted to its model; a dead seat where the model cannot take it."""
        model = self._caller.switchboard.resolve(seat.model)
        strange = refusal(self._question.conversation, model)
        if strange:
            return PanelAnswer(index, seat.model, error=strange, reason="unsupported_input")
        specs = [tool.spec for tool in tools.values()]
        fitted = fit(self._request(seat, tools), model, specs, self._question.standing, task=1)
        if fitted is None:
            sentence = f"the question is longer than the model's window of {model.context} tokens"
            return PanelAnswer(index, seat.model, error=sentence, reason="context_length")
        if fitted.left_out:
            self._left_out[index] = fitted.left_out
        if fitted.tool_room is not None:
            ration = Ration(fitted.tool_room)
            tools = {name: Rationed(tool, ration) for name, tool in tools.items()}
        return fitted.request, tools

    def _request(self, seat: Seat, tools: Mapping[str, Tool]) -> Request:
        spec, conversation = self._spec, self._question.conversation
        task = seat_task(seat.instructions, bool(tools), spec.max_tool_calls)
        if task not in self._laid_out:
            self._laid_out[task] = laid_out(conversation, task)
        messages = self._laid_out[task]
        return Request(
            seat.model,
            messages,
            max_tokens=seat.max_completion_tokens or spec.max_completion_tokens,
            temperature=spec.temperature if seat.temperature is None else seat.temperature,
            reasoning=spec.reasoning if seat.reasoning is None else seat.reasoning,
            shared=len(messages) - 1 if returns(seat.model, self._roles, conversation) else 0,
            policy=self._question.policy,
        )


def seat_task(instructions: str, has_tools: bool, steps: int) -> str:
    """What a seat is to do. It knows nothing of the panel."""
    plain = plain_task(has_tools, steps)
    extra = f"\n\nFurther instructions for you:\n\n{instructions.strip()}"
    return plain + extra if instructions.strip() else plain


@lru_cache(64)
def plain_task(has_tools: bool, steps: int) -> str:
    """What every seat is to do that has the same means."""
    budget = f"You may make {steps} tool calls. Plan them, and keep your last turn for the answer, which is mandatory."
    tools = budget if has_tools else "You have no tools: answer from what you know, and say what should be looked up."
    return render("panel", tools=tools)


def takes_no_tools(error: UpstreamError) -> bool:
    """Whether an upstream refused a call because there were tools in it, as servers of small models do."""
    return error.reason in REFUSED and not error.partial.text and TOOLS.search(error.message) is not None


def judged(index: int, seat: Seat, reply: Reply) -> PanelAnswer:
    """What a seat's reply is worth: an answer, a refusal, or filtered text that must not be used."""
    if reply.finish_reason == "content_filter":
        return PanelAnswer(
            index, seat.model, error="the upstream's content filter stopped the answer", reason="content_filter",
            finish_reason=reply.finish_reason,
        )  # fmt: skip
    if reply.refusal and not reply.text.strip():
        return PanelAnswer(
            index, seat.model, error="the model refused to answer", reason="refusal", refusal=reply.refusal,
            finish_reason=reply.finish_reason,
        )  # fmt: skip
    return PanelAnswer(
        index,
        seat.model,
        reply.text,
        truncated=reply.finish_reason == "length",
        finish_reason=reply.finish_reason,
        sources=sources_of(reply.text, reply.citations),
    )


def broken(index: int, seat: Seat, error: UpstreamError) -> PanelAnswer:
    """What is left of a seat whose call broke: its text where there is enough of it, else the reason."""
    text = error.partial.text
    if len("".join(text.split())) >= ENOUGH_TO_KEEP and not error.partial.damaged:
        return PanelAnswer(
            index,
            seat.model,
            text,
            reason=error.reason,
            truncated=True,
            finish_reason="error",
            sources=sources_of(text),
        )
    return PanelAnswer(
        index,
        seat.model,
        error=error.message,
        reason=error.reason,
        status_code=error.status_code,
        provider_code=error.provider_code,
        retry_after=error.retry_after,
    )


def fits(given: Sequence[PanelAnswer | None], seats: Sequence[Seat]) -> bool:
    """Whether there is an answer, or none, for each of these seats."""
    pairs = zip(given, seats, strict=False)
    return len(given) == len(seats) and all(one is None or one.model == seat.model for one, seat in pairs)
