"""Makes the calls of one run: each a row of the ledger before it goes out, repeated at most once, settled always."""

import logging
import time
from dataclasses import dataclass, field, replace

import anyio

from fuseline.ledger import Ledger, guess, usage_of_error, usage_of_reply
from fuseline.providers.breaker import Breaker
from fuseline.providers.switchboard import Switchboard
from fuseline.types.errors import Partial, UpstreamError
from fuseline.types.events import CallSettled, CallStarted, Emit, ReasoningDelta, TextDelta
from fuseline.types.models import Model
from fuseline.types.replies import Delta, Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Call, Speaker

logger = logging.getLogger(__name__)

OPERATOR_REASONS = frozenset({"upstream_auth", "upstream_credits", "upstream_spend_limit"})
"""Failures that last until the operator does something about a key or an account."""


@dataclass(slots=True)
class Hearing:
    """What is heard of one call, kept so that it is not lost when the call is cut off."""

    speaker: Speaker
    emit: Emit
    began: float = field(default_factory=time.monotonic)
    first_at: float | None = None
    text: list[str] = field(default_factory=list[str])
    reasoning: list[str] = field(default_factory=list[str])

    async def __call__(self, delta: Delta) -> None:
        """Take in a piece and pass it on."""
        if self.first_at is None:
            self.first_at = time.monotonic()
        if delta.reasoning or (delta.details and self.speaker.to_client):
            self.reasoning.append(delta.reasoning)
            await self.emit(ReasoningDelta(self.speaker, delta.reasoning, delta.details))
        if delta.text:
            self.text.append(delta.text)
            await self.emit(TextDelta(self.speaker, delta.text))

    async def catch_up(self, partial: Partial) -> None:
        """Take in what came in one read with the error that ended the call, and was not passed on for it."""
        text, reasoning = "".join(self.text), "".join(self.reasoning)
        rest = Delta(partial.text.removeprefix(text), partial.reasoning.removeprefix(reasoning))
        if rest.text or rest.reasoning:
            await self(rest)

    @property
    def ttft_s(self) -> float | None:
        """Seconds to the first token, or `None` where none came."""
        return None if self.first_at is None else self.first_at - self.began

    @property
    def partial(self) -> Partial:
        """What has been heard so far."""
        return Partial("".join(self.text), "".join(self.reasoning))


@dataclass(slots=True)
class Caller:
    """The one through whom a run calls upstreams."""

    switchboard: Switchboard
    ledger: Ledger
    emit: Emit
    ends_at: float
    """When the run must be over, on the monotonic clock."""
    cut_off: dict[Speaker, Partial] = field(default_factory=dict[Speaker, Partial])
    """What those had said who were cancelled in the middle of it."""

    async def speak(self, speaker: Speaker, request: Request, ends_at: float | None = None) -> Reply:
        """Have a model answer, by `ends_at` at the latest.

        :raises UpstreamError: when it has no usable answer, after the one repeat that may be allowed.
        """
        end = min(self.ends_at, ends_at or self.ends_at)
        model = self.switchboard.resolve(speaker.model)
        self.switchboard.retries.called()
        try:
            return await self._attempt(speaker, model, request, end)
        except UpstreamError as error:
            wait = self.switchboard.retries.wait(error, end - time.monotonic())
            if wait is None:
                raise
            await anyio.sleep(wait)
        return await self._attempt(speaker, model, request, end)

    async def _attempt(self, speaker: Speaker, model: Model, request: Request, end: float) -> Reply:
        seconds = min(self.switchboard.clocks.call_s, end - time.monotonic())
        if seconds <= 0:
            raise UpstreamError("deadline_exceeded", "no time was left for this call", sent=False)
        breaker = self.switchboard.breaker(model)
        breaker.check()
        request, hold = self.ledger.fit(speaker, model, bounded(request, model))
        provider = await self.switchboard.provider(model)
        call = await self.ledger.dispatch(speaker, model, hold)
        hearing = Hearing(speaker, self.emit)
        try:
            await self.emit(CallStarted(call))
            reply = await provider.speak(request, model, hearing, seconds)
        except UpstreamError as error:
            await self._failed(call, model, request, hearing, error, breaker)
            raise
        except BaseException:
            self._interrupted(call, model, request, hearing)
            raise
        return await self._answered(call, model, request, hearing, reply, breaker)

    async def _answered(
        self, call: Call, model: Model, request: Request, hearing: Hearing, reply: Reply, breaker: Breaker
    ) -> Reply:
        usage, certainty = usage_of_reply(request, reply)
        problem = emptiness(reply)
        settled = self.ledger.settle(
            call, model, usage=usage, certainty=certainty, ttft_s=hearing.ttft_s,
            duration_s=time.monotonic() - hearing.began, finish_reason=reply.finish_reason,
            error=problem.reason if problem else "", served_by=reply.model,
        )  # fmt: skip
        breaker.succeeded()
        await self.emit(CallSettled(settled))
        if problem is not None:
            raise problem
        return reply

    async def _failed(
        self, call: Call, model: Model, request: Request, hearing: Hearing, error: UpstreamError, breaker: Breaker
    ) -> None:
        usage, certainty = usage_of_error(request, error)
        settled = self.ledger.settle(
            call, model, usage=usage, certainty=certainty, ttft_s=hearing.ttft_s,
            duration_s=time.monotonic() - hearing.began, error=error.reason,
        )  # fmt: skip
        breaker.failed(error)
        if error.reason in OPERATOR_REASONS:
            logger.warning("%s at %s: %s (%s)", model.slug, model.endpoint.name, error.message, error.reason)
        await hearing.catch_up(error.partial)
        await self.emit(CallSettled(settled))

    def _interrupted(self, call: Call, model: Model, request: Request, hearing: Hearing) -> None:
        """Book a call that somebody cancelled: what it had said, at the least its prompt."""
        partial = hearing.partial
        self.cut_off[call.speaker] = partial
        self.ledger.settle(
            call, model, usage=guess(request, partial.text, partial.reasoning),
            certainty="estimate" if partial.text or partial.reasoning else "maximum", ttft_s=hearing.ttft_s,
            duration_s=time.monotonic() - hearing.began, error="cancelled",
        )  # fmt: skip


def bounded(request: Request, model: Model) -> Request:
    """The request with no more output asked for than the model can give."""
    if model.max_output is None or request.max_tokens is None or request.max_tokens <= model.max_output:
        return request
    return replace(request, max_tokens=model.max_output)


def emptiness(reply: Reply) -> UpstreamError | None:
    """The error of a reply that says nothing, or `None`. A refusal says something, and so does a filter."""
    if reply.finish_reason == "error":
        partial = Partial(reply.text, reply.reasoning, reply.usage)
        return UpstreamError("upstream_error", "the upstream broke its answer off with an error", partial=partial)
    if reply.text.strip() or reply.tool_calls or reply.refusal or reply.finish_reason == "content_filter":
        return None
    if reply.reasoning:
        return UpstreamError(
            "no_visible_output",
            "the model spent its output on reasoning and wrote no text; allow more tokens or ask for less effort",
        )
    billed = reply.usage is not None and reply.usage.output_tokens > 0
    return UpstreamError("empty_completion", "Stream completed without producing any text", retryable=not billed)
