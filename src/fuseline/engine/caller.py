"""Makes the calls of one run: each a row of the ledger before it goes out, repeated at most once, settled always."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio

from fuseline.engine.citations.carrier import Carrier, Keeper
from fuseline.engine.fallbacks import next_place
from fuseline.ledger import Ledger, guess, usage_of_error, usage_of_reply
from fuseline.providers.switchboard import Passage, Switchboard
from fuseline.tools.research import Research
from fuseline.types.errors import NotCalled, OverBudget, ParameterRefused, Partial, UpstreamError
from fuseline.types.events import CallSettled, CallStarted, Emit, ReasoningDelta, TextDelta
from fuseline.types.json import JsonObject
from fuseline.types.models import Model
from fuseline.types.performance import timing_of
from fuseline.types.quick import replace
from fuseline.types.replies import Delta, Reply
from fuseline.types.requests import Request
from fuseline.types.routing import ANY, Preferences
from fuseline.types.runs import Call, Speaker


@dataclass(slots=True)
class Hearing:
    """What is heard of one call, kept so that it is not lost when the call is cut off."""

    speaker: Speaker
    emit: Emit
    keeper: Keeper | None = None
    """Who passes the text on, where it is one that citations are put into."""
    began: float = field(default_factory=time.monotonic)
    first_at: float | None = None
    text: list[str] = field(default_factory=lambda: [])
    reasoning: list[str] = field(default_factory=lambda: [])

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


THINKS: JsonObject = {"effort": "medium"}
"""How much a model thinks that was asked for as `:thinking`, where nothing else is said."""


class Failures:
    """The failures of one answer's calls so far, by the way on which they failed."""

    def __init__(self) -> None:
        self._by_place: dict[int, UpstreamError] = {}
        self._calls: dict[int, int] = {}

    @property
    def called(self) -> int:
        """How many calls went out."""
        return sum(self._calls.values())

    def calls_at(self, at: int) -> int:
        """How many of them went this way."""
        return self._calls.get(at, 0)

    def add(self, at: int, error: UpstreamError) -> None:
        """One more. What a call brought counts for more than why none was made."""
        if not isinstance(error, NotCalled):
            self._calls[at] = self.calls_at(at) + 1
            self._by_place[at] = error
        self._by_place.setdefault(at, error)

    @property
    def at(self) -> int:
        """The way that was preferred among those that were gone; among those that were not, if all were shut."""
        return next(iter(self._calls), next(iter(self._by_place)))

    @property
    def told(self) -> UpstreamError:
        """The failure that stands for all."""
        return self._by_place[self.at]


@dataclass(slots=True)
class Caller:
    """The one through whom a run calls upstreams."""

    switchboard: Switchboard
    ledger: Ledger
    emit: Emit
    research: Research
    ends_at: float
    """When the run must be over, on the monotonic clock."""
    wishes: Preferences = ANY
    session: str = ""
    """The client's name for the conversation, which stays at one endpoint for what that keeps of it."""
    carrier: Carrier | None = None
    """Who puts the panel's citations into what is said to the client, where they shall be."""
    cut_off: dict[Speaker, Partial] = field(default_factory=dict[Speaker, Partial])
    """What those had said who were cancelled in the middle of it."""

    async def speak(self, speaker: Speaker, request: Request, ends_at: float | None = None) -> Reply:
        """Have a model answer, by `ends_at` at the latest: at the first of its endpoints that can.

        :raises UpstreamError: when none has a usable answer, after the one repeat that may be allowed.
        """
        end = min(self.ends_at, ends_at or self.ends_at)
        if request.reasoning is None and self.switchboard.thinks(speaker.model):
            request = replace(request, reasoning=THINKS)
        routes = self.switchboard.routes(speaker.model, request, self.wishes, self.session)
        self.switchboard.retries.called()
        try:
            return await self._attempt(speaker, routes[0], request, end)
        except UpstreamError as error:
            return await self._again(speaker, routes, request, end, error)

    async def _again(
        self, speaker: Speaker, routes: Sequence[Model], request: Request, end: float, error: UpstreamError
    ) -> Reply:
        """Try elsewhere, for as long as repeats may be made; where there is nowhere else, perhaps once more here."""
        failed, at, retries = Failures(), 0, self.switchboard.retries
        failed.add(at, error)
        while (place := self._next(routes, at, error, failed)) is not None:
            repeats = failed.called > 0
            if repeats and not retries.take():
                break
            at = place
            try:
                return await self._attempt(speaker, routes[at], request, end)
            except (UpstreamError, OverBudget) as another:
                if repeats and isinstance(another, NotCalled | OverBudget):
                    retries.give_back()
                if isinstance(another, OverBudget):
                    break
                failed.add(at, error := another)
        return await self._in_place(speaker, routes, request, end, failed, at, error)

    async def _in_place(
        self, speaker: Speaker, routes: Sequence[Model], request: Request, end: float, failed: Failures,
        at: int, error: UpstreamError,
    ) -> Reply:  # fmt: skip
        """Repeat a call without what was refused, or once after a pause where it was the only one."""
        if not isinstance(error, ParameterRefused):
            at, error = failed.at, failed.told
        alone = failed.called < 2 or isinstance(error, ParameterRefused)
        wait = self.switchboard.retries.wait(error, end - time.monotonic()) if alone else None
        if wait is None:
            raise failed.told
        await anyio.sleep(wait)
        return await self._attempt(speaker, routes[at], request, end)

    def _next(self, routes: Sequence[Model], at: int, error: UpstreamError, failed: Failures) -> int | None:
        """Where to go after a failure. A limit on cost cannot be kept where no price is known."""
        another_key = self.switchboard.another_key(routes[at], failed.calls_at(at))
        place = next_place(routes, at, error, another_key)
        unpriced = place is not None and self.ledger.limit is not None and routes[place].price is None
        return None if unpriced else place

    async def _attempt(self, speaker: Speaker, model: Model, request: Request, end: float) -> Reply:
        seconds = min(self.switchboard.clocks.call_s, end - time.monotonic())
        if seconds <= 0:
            raise UpstreamError("deadline_exceeded", "no time was left for this call", sent=False)
        passage = self.switchboard.admit(model)
        try:
            request, hold = self.ledger.fit(speaker, model, bounded(request, model))
            provider = await self.switchboard.provider(passage)
            call = await self.ledger.dispatch(speaker, model, hold)
        except BaseException:
            passage.left()
            raise
        keeper = self.carrier.keeper(self.emit) if self.carrier and speaker.to_client else None
        hearing = Hearing(speaker, keeper or self.emit, keeper)
        try:
            await self.emit(CallStarted(call))
            reply = await provider.speak(request, model, hearing, seconds)
            said = await keeper.finish(speaker, reply) if keeper else reply
        except UpstreamError as error:
            await self._failed(call, passage, request, hearing, error)
            raise
        except BaseException:
            passage.left()
            self._interrupted(call, model, request, hearing)
            raise
        await self._answered(call, passage, request, hearing, reply)
        return said

    async def _answered(self, call: Call, passage: Passage, request: Request, hearing: Hearing, reply: Reply) -> None:
        usage, certainty = usage_of_reply(request, reply)
        problem = emptiness(reply)
        settled = self.ledger.settle(
            call, passage.model, usage=usage, certainty=certainty, ttft_s=hearing.ttft_s,
            duration_s=time.monotonic() - hearing.began, finish_reason=reply.finish_reason,
            error=problem.reason if problem else "", served_by=reply.model,
        )  # fmt: skip
        passage.succeeded()
        self._learn(settled, passage.model)
        await self.emit(CallSettled(settled))
        if problem is not None:
            raise problem

    def _learn(self, settled: Call, model: Model) -> None:
        """Let later calls of the model know how this one went."""
        tokens = settled.usage.output_tokens if settled.usage else None
        self.switchboard.window(model).note(timing_of(settled.error, settled.ttft_s, settled.duration_s, tokens))
        if self.session and not settled.error:
            self.switchboard.stick(settled.speaker.model, self.session, model)

    async def _failed(
        self, call: Call, passage: Passage, request: Request, hearing: Hearing, error: UpstreamError
    ) -> None:
        usage, certainty = usage_of_error(request, error)
        settled = self.ledger.settle(
            call, passage.model, usage=usage, certainty=certainty, ttft_s=hearing.ttft_s,
            duration_s=time.monotonic() - hearing.began, error=error.reason,
        )  # fmt: skip
        passage.failed(error)
        self._learn(settled, passage.model)
        await hearing.catch_up(error.partial)
        if hearing.keeper:
            error.partial = replace(error.partial, text=await hearing.keeper.stop(call.speaker, error.partial.text))
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
