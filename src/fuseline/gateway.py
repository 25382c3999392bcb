"""The front desk: takes a request, carries it through, and remembers it. Doors talk to this and to nothing below."""

import logging
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import cast

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from fuseline.engine.caller import Caller
from fuseline.engine.fusion import Fusion
from fuseline.engine.loop import converse
from fuseline.engine.prompts import HASH
from fuseline.engine.writer import NO_PANEL, Written, write
from fuseline.journal import Journal
from fuseline.ledger import Ledger
from fuseline.planner.planner import Plan, Planner
from fuseline.providers.switchboard import Switchboard
from fuseline.settings import Settings
from fuseline.storage.base import Store
from fuseline.types.deliberation import PanelAnswer, Report, failed_model
from fuseline.types.errors import FuselineError, RunFailed, TooBusy, UpstreamError
from fuseline.types.events import ClientCalled, Emit, Event, Failed, Finished, RunStarted, ignore
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Run, Speaker

logger = logging.getLogger(__name__)

BUFFER = 256
"""Events that may wait for a slow listener before the run waits with them."""


@dataclass(slots=True)
class Desk:
    """One run under way: what is known of it, and everybody who works on it."""

    run: Run
    plan: Plan
    ledger: Ledger
    journal: Journal
    caller: Caller
    emit: Emit
    report: Report | None = None
    steps: int = 0
    began: float = field(default_factory=time.monotonic)


class Gateway:
    """Carries requests through. One for the life of the process; `assembly` builds it."""

    def __init__(self, settings: Settings, planner: Planner, switchboard: Switchboard, store: Store) -> None:
        self._settings = settings
        self._planner = planner
        self._switchboard = switchboard
        self.store = store
        self._open_runs = 0

    async def ask(self, request: Request, emit: Emit = ignore) -> Run:
        """Carry a request through, telling `emit` what happens, and return the run with its answer.

        A run that fails or is cancelled is saved with what it cost, too.

        :raises FuselineError: when there is no answer; its `run` is what was done and spent.
        """
        plan = self._planner.plan(request)
        if self._open_runs >= self._settings.server.max_runs:
            raise TooBusy(f"{self._open_runs} runs are open, which is as many as this server takes; try again soon")
        desk = self._open(request, plan, emit)
        self._open_runs += 1
        try:
            return await self._carry(desk)
        finally:
            self._open_runs -= 1

    @asynccontextmanager
    async def listen(self, request: Request) -> AsyncGenerator[MemoryObjectReceiveStream[Event]]:
        """Ask in the background and hear what happens, to `Finished` or `Failed`. Leaving the block stops the run."""
        send, receive = anyio.create_memory_object_stream[Event](BUFFER)

        async def tell(event: Event) -> None:
            try:
                send.send_nowait(event)
            except anyio.WouldBlock:
                await send.send(event)

        async def carry() -> None:
            with send:
                await tell(await self.outcome(request, tell))

        async with anyio.create_task_group() as group:
            group.start_soon(carry)
            with receive:
                yield receive
            group.cancel_scope.cancel()

    async def outcome(self, request: Request, emit: Emit = ignore) -> Finished | Failed:
        """Carry a request through as `ask` does, and return a failure instead of raising it, whatever it is."""
        try:
            return Finished(await self.ask(request, emit))
        except FuselineError as error:
            return Failed(error)
        except Exception:
            logger.exception("a run broke")
            return Failed(FuselineError("something went wrong inside the gateway; its log has the details"))

    def _open(self, request: Request, plan: Plan, emit: Emit) -> Desk:
        run = self._new_run(request, plan)
        journal = Journal(run.id, self.store, self._settings.store.content)
        spec = plan.spec
        ledger = Ledger(run.id, self.store, spec.max_cost if spec else None, len(spec.seats) if spec else 1)

        async def tell(event: Event) -> None:
            journal.note(event)
            await emit(event)

        limit = min(spec.deadline_s or self._settings.clocks.run_s if spec else self._settings.clocks.run_s, 3600)
        caller = Caller(self._switchboard, ledger, tell, time.monotonic() + limit)
        journal.open(run, request, HASH)
        return Desk(run, plan, ledger, journal, caller, tell)

    def _new_run(self, request: Request, plan: Plan) -> Run:
        model = self._switchboard.resolve(plan.speakers[0])
        now = time.time()
        return Run(
            id=f"gen-{int(now)}-{secrets.token_hex(10)}",
            requested=request.model,
            model=model.slug,
            provider=model.endpoint.title or model.endpoint.name,
            created_at=now,
            router=plan.router,
            expose=plan.spec.expose if plan.spec else "analysis",
            streamed=request.streaming,
        )

    async def _carry(self, desk: Desk) -> Run:
        """Do the work, and save the run whichever way it ends."""
        try:
            await desk.emit(RunStarted(desk.run))
            written = await self._answer(desk)
        except BaseException as error:
            self._save_failed(desk, error)
            raise self._as_failure(desk, error) from None
        run = self._finished(desk, written)
        if run.reply and run.reply.tool_calls:
            await desk.emit(ClientCalled(run.reply.tool_calls))
        desk.journal.close(run)
        return run

    async def _answer(self, desk: Desk) -> Written:
        plan, caller, emit = desk.plan, desk.caller, desk.emit
        fusion = None
        if plan.spec is not None:
            reserve, forward = self._settings.clocks.reserve_s, self._settings.fusion.forward_system
            fusion = Fusion(plan.spec, plan.request, caller, emit, reserve, forward)
        if fusion is not None and plan.mode == "forced":
            desk.report = await fusion.convene_on_request()
            desk.steps = 1
            if desk.report.failure_reason == "min_panel_not_met":
                raise all_failed(desk.report)
            return await write(plan.request, desk.report, plan.speakers, caller, emit)
        tools = {**plan.tools, **({fusion.spec.name: fusion} if fusion else {})}
        try:
            speakers = [Speaker("outer", model) for model in plan.speakers]
            turn = await converse(speakers, plan.request, tools, caller, emit, steps=plan.request.max_steps)
        finally:
            desk.report = fusion.report if fusion else None
        desk.steps = turn.steps
        convened = desk.report is not None
        return Written(
            turn.speaker, turn.reply, NO_PANEL if convened and not (desk.report and desk.report.heard) else ""
        )

    def _finished(self, desk: Desk, written: Written) -> Run:
        model = self._switchboard.resolve(written.speaker.model)
        reply = written.reply
        return replace(
            desk.run,
            status="completed",
            model=reply.model or model.name,
            provider=model.endpoint.title or model.endpoint.name,
            convened=desk.report is not None,
            reply=reply,
            report=desk.report,
            calls=tuple(desk.ledger.calls.values()),
            steps=desk.steps,
            finished_at=time.time(),
            degraded=written.degraded,
        )

    def _save_failed(self, desk: Desk, error: BaseException) -> None:
        """Save a run that ended without an answer. Cancellation does not reach in here, a dead disk may."""
        cancelled = isinstance(error, anyio.get_cancelled_exc_class())
        cause = sole(error)
        spoken = cause.partial.text if isinstance(cause, UpstreamError) else ""
        desk.run = replace(
            desk.run,
            status="cancelled" if cancelled else "failed",
            error=str(cause) if isinstance(cause, FuselineError) else type(cause).__name__,
            error_kind="cancelled" if cancelled else getattr(cause, "kind", "server"),
            convened=desk.report is not None,
            reply=Reply(desk.run.model, spoken, finish_reason="error") if spoken else None,
            report=desk.report,
            calls=tuple(desk.ledger.calls.values()),
            steps=desk.steps,
            finished_at=time.time(),
        )
        desk.journal.close(desk.run)

    def _as_failure(self, desk: Desk, error: BaseException) -> BaseException:
        """The error that the client is told, with the run on it."""
        cause = sole(error)
        if isinstance(cause, UpstreamError):
            cause = failure_of(cause, desk.report)
        if isinstance(cause, FuselineError):
            cause.run = desk.run
        return cause


def sole(error: BaseException) -> BaseException:
    """The one error inside groups of one; of several, the first that is ours."""
    while isinstance(error, BaseExceptionGroup):
        parts = cast("BaseExceptionGroup[BaseException]", error).exceptions
        error = next((one for one in parts if isinstance(one, FuselineError)), parts[0])
    return error


def failure_of(error: UpstreamError, report: Report | None) -> RunFailed:
    """A failed run, from the error of the one who should have answered and the fate of the panel.

    An upstream's 401, 402 or 403 is about our key, so the client never gets it as its own.
    """
    if report is not None and not report.heard and not error.partial.text:
        return all_failed(report)
    status, kind = OUTWARD.get(error.reason, (502, "provider_unavailable"))
    reason = "synthesis_failed" if report is not None else error.reason
    return RunFailed(
        f"the model could not answer: {error.message}",
        status=status,
        kind=kind,
        reason=reason,
        retry_after=error.retry_after,
        failures=[failed_model(answer) for answer in report.failed] if report else (),
    )


OUTWARD: dict[str, tuple[int, str]] = {
    "rate_limited": (429, "rate_limit_exceeded"),
    "bad_request": (400, "invalid_request"),
    "context_length": (400, "context_length_exceeded"),
    "too_large": (400, "payload_too_large"),
    "unprocessable": (400, "unprocessable"),
    "model_not_found": (400, "not_found"),
    "upstream_auth": (502, "provider_auth"),
    "upstream_credits": (502, "provider_payment_required"),
    "upstream_spend_limit": (502, "provider_payment_required"),
    "overloaded": (503, "provider_overloaded"),
    "deadline_exceeded": (504, "timeout"),
    "first_byte_timeout": (504, "timeout"),
    "first_token_timeout": (504, "timeout"),
    "idle_timeout": (504, "timeout"),
    "upstream_timeout": (504, "timeout"),
    "connect_timeout": (504, "timeout"),
}
"""The status and error type that a client gets for each reason; 502 for all others."""


def all_failed(report: Report) -> RunFailed:
    """A run whose panel said nothing and whose writer could not answer either."""
    waits = [answer.retry_after for answer in report.failed if answer.retry_after is not None]
    status, kind = outward_of(report.failed, report.failure_reason)
    return RunFailed(
        f"{report.error}: " + "; ".join(f"{answer.model}: {answer.error}" for answer in report.failed),
        status=status,
        kind=kind,
        reason=report.failure_reason,
        retry_after=min(waits) if waits and status == 429 else None,
        failures=[failed_model(answer) for answer in report.failed],
    )


def outward_of(failed: tuple[PanelAnswer, ...], reason: str) -> tuple[int, str]:
    """The status of a dead panel: what all its seats share, else 502."""
    if reason == "insufficient_credits":
        return 502, "provider_payment_required"
    if reason == "rate_limited":
        return 429, "rate_limit_exceeded"
    if reason == "min_panel_not_met":
        return 502, "provider_unavailable"
    shared = {OUTWARD.get(answer.reason, (502, "provider_unavailable")) for answer in failed}
    if len(shared) == 1:
        return shared.pop()
    return (
        (400, "invalid_request")
        if shared and all(status == 400 for status, _ in shared)
        else (502, "provider_unavailable")
    )
