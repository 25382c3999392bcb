"""The front desk: takes a request, carries it through, and remembers it. Doors talk to this and to nothing below."""

import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream

from fuseline.engine.caller import Caller
from fuseline.engine.citations.carrier import Carrier
from fuseline.engine.failures import all_failed, failure_of, kind_of, sole
from fuseline.engine.form import check_form, formed, in_form, without_text, without_words
from fuseline.engine.fusion import Fusion
from fuseline.engine.grounding import grounded
from fuseline.engine.loop import converse
from fuseline.engine.panel import fits
from fuseline.engine.prompts import HASH
from fuseline.engine.repair import Withheld
from fuseline.engine.review import reviewed
from fuseline.engine.sources import with_citations
from fuseline.engine.writer import NO_PANEL, Written, unwritten, write
from fuseline.journal import Journal
from fuseline.ledger import Ledger
from fuseline.planner.planner import Plan, Planner
from fuseline.providers.switchboard import Switchboard
from fuseline.settings.settings import Settings
from fuseline.storage.base import Store
from fuseline.tools.base import Scene
from fuseline.tools.holdings import Library
from fuseline.tools.research import Research
from fuseline.types.deliberation import PanelAnswer, Report, warned
from fuseline.types.errors import FuselineError, InvalidRequest, TooBusy, UpstreamError
from fuseline.types.events import ClientCalled, Emit, Event, Failed, Finished, LookedUp, RunStarted, TextDelta, ignore
from fuseline.types.quick import replace
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Lookup, Round, Run, Speaker, new_run_id

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
    given: Sequence[PanelAnswer | None] = ()
    withheld: Withheld | None = None
    """Who keeps the answer back, where it is gone over once more before it is told."""
    report: Report | None = None
    steps: int = 0
    preamble: str = ""
    rounds: tuple[Round, ...] = ()


class Gateway:
    """Carries requests through. One for the life of the process; `assembly` builds it."""

    def __init__(
        self,
        settings: Settings,
        planner: Planner,
        switchboard: Switchboard,
        store: Store,
        library: Library,
    ) -> None:
        self._settings = settings
        self._planner = planner
        self._switchboard = switchboard
        self.store = store
        self._library = library
        self._open_runs = 0
        self._examiner = anyio.CapacityLimiter(1)
        """Schemas are checked one at a time, so that together they cannot hold up the streams."""

    @property
    def engines(self) -> Sequence[str]:
        """The search engines that are asked where none is named, in their order."""
        return self._library.search.tried

    async def ask(self, request: Request, emit: Emit = ignore, given: Sequence[PanelAnswer | None] = ()) -> Run:
        """Carry a request through, telling `emit` what happens, and return the run with its answer.

        A run that fails or is cancelled is saved with what it cost, too. `given` are answers of an earlier run, one for
        each seat in order, that are fused in place of new ones; a seat whose place holds `None` is asked.

        :raises FuselineError: when there is no answer; its `run` is what was done and spent.
        """
        plan = self._planner.plan(request)
        if plan.form is not None:
            await check_form(plan.form, self._examiner)
        if given and not fits(given, plan.spec.seats if plan.spec else ()):
            raise InvalidRequest("the answers that are given are not those of this panel", "analysis_models")
        if self._open_runs >= self._settings.server.max_runs:
            raise TooBusy(f"{self._open_runs} runs are open, which is as many as this server takes; try again soon")
        desk = self._open(request, plan, emit, given)
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

        with receive:  # until nobody speaks any more: who speaks into a closed stream breaks the run it is of
            async with anyio.create_task_group() as group:
                group.start_soon(carry)
                yield receive
                group.cancel_scope.cancel()

    async def outcome(
        self, request: Request, emit: Emit = ignore, given: Sequence[PanelAnswer | None] = ()
    ) -> Finished | Failed:
        """Carry a request through as `ask` does, and return a failure instead of raising it, whatever it is."""
        try:
            return Finished(await self.ask(request, emit, given))
        except FuselineError as error:
            return Failed(error)
        except Exception:
            logger.exception("a run broke")
            return Failed(FuselineError("something went wrong inside the gateway; its log has the details"))

    def _open(self, request: Request, plan: Plan, emit: Emit, given: Sequence[PanelAnswer | None]) -> Desk:
        session = session_of(request)
        run = self._new_run(request, plan, session)
        journal = Journal(run.id, self.store, self._settings.store.content)
        spec = plan.spec
        ledger = Ledger(run.id, self.store, spec.max_cost if spec else None, len(spec.seats) if spec else 1)

        async def tell(event: Event) -> None:
            journal.note(event)
            await emit(event)

        limit = (spec.deadline_s if spec else None) or self._settings.clocks.run_s
        free = spec if plan.form is None else None
        carrier = Carrier() if free and self._settings.fusion.carry_citations else None
        withheld = Withheld(tell) if free and free.repair else None
        heard = (withheld or tell) if plan.form is None else without_words(tell)

        async def looked_up(lookup: Lookup) -> None:
            ledger.book(lookup)
            await tell(LookedUp(lookup))

        library = self._library
        research = Research(
            library.search, library.fetcher, self._settings.fetch, looked_up,
            collections=plan.collections, reader=library.reader, affords=ledger.affords,
        )  # fmt: skip
        research.allow(message.text for message in request.messages if message.role != "assistant")
        ends_at = time.monotonic() + limit
        caller = Caller(self._switchboard, ledger, heard, research, ends_at, plan.wishes, session, carrier)
        journal.open(run, request, HASH)
        return Desk(run, plan, ledger, journal, caller, tell, given, withheld)

    def _new_run(self, request: Request, plan: Plan, session: str) -> Run:
        model = self._switchboard.expected(plan.speakers[0], request, plan.wishes, session)
        now = time.time()
        return Run(
            id=new_run_id(now),
            requested=request.model,
            model=model.slug,
            provider=model.endpoint.title or model.endpoint.name,
            created_at=now,
            router=plan.router,
            expose=(plan.spec.expose or "") if plan.spec else "",
            streamed=request.streaming,
        )

    async def _carry(self, desk: Desk) -> Run:
        """Do the work, and save the run whichever way it ends."""
        try:
            await desk.emit(RunStarted(desk.run))
            await self._ground(desk)
            written = await self._answer(desk)
        except BaseException as error:
            self._save_failed(desk, error)
            raise self._as_failure(desk, error) from None
        desk.ledger.release()
        run = self._finished(desk, written)
        if run.reply and run.reply.tool_calls:
            await desk.emit(ClientCalled(run.reply.tool_calls))
        desk.journal.close(run)
        return run

    async def _ground(self, desk: Desk) -> None:
        """Put the results of one search in front of the question, where the request wants that."""
        plan = desk.plan
        if plan.grounding is not None:
            scene = Scene(Speaker("outer", plan.speakers[0]), desk.caller.research)
            desk.plan = replace(plan, request=await grounded(plan.request, plan.grounding, scene))

    async def _answer(self, desk: Desk) -> Written:
        """Have the request answered. An answer that has to be in a form is told when it is."""
        form = desk.plan.form
        if form is None:
            written = await self._written(desk, desk.plan.request)
            written = await reviewed(written, desk.plan.request, desk.report, desk.plan.spec, desk.caller)
            if desk.withheld:
                await desk.withheld.tell(written.speaker, written.reply.text)
            return written
        written = await self._written(desk, in_form(desk.plan.request, form))
        desk.preamble, desk.rounds = "", without_text(desk.rounds, written.reply)
        written = await formed(written, form, desk.caller, self._examiner)
        if written.reply.text:
            await desk.emit(TextDelta(written.speaker, written.reply.text))
        return written

    async def _written(self, desk: Desk, request: Request) -> Written:
        """Have `request` answered by whom the plan says, after the panel where it is convened at once."""
        plan, caller, emit = desk.plan, desk.caller, desk.emit
        fusion = None
        if plan.spec is not None:
            reserve = self._settings.clocks.reserve_s
            fusion = Fusion(plan.spec, plan.request, caller, emit, reserve, self._settings.fusion, desk.given)
        if fusion is not None and plan.mode == "forced":
            desk.report = await fusion.convene_on_request(plan.speakers[0])
            desk.steps = 1
            if desk.report.failure_reason == "min_panel_not_met":
                raise all_failed(desk.report)
            if plan.spec is not None and plan.spec.panel_only and desk.report.ok:
                return unwritten(request, plan.speakers[0])
            free = plan.form is None
            written = await write(
                request, desk.report, plan.speakers, caller, emit, tools=plan.tools, may_stand_in=free
            )
            if written.turn is not None:
                turn, desk.steps = written.turn, desk.steps + written.turn.steps
                desk.preamble, desk.rounds = turn.preamble, turn.rounds
            return written
        tools = {**plan.tools, **({fusion.spec.name: fusion} if fusion else {})}
        try:
            speakers = [Speaker("outer", model) for model in plan.speakers]
            steps, rules = request.max_steps, request.stop_rules
            turn = await converse(speakers, request, tools, caller, emit, steps=steps, rules=rules)
        finally:
            desk.report = fusion.report if fusion else None
        desk.steps, desk.preamble, desk.rounds = turn.steps, turn.preamble, turn.rounds
        in_vain = desk.report is not None and not desk.report.heard
        return Written(turn.speaker, turn.reply, turn.asked, NO_PANEL if in_vain else "")

    def _finished(self, desk: Desk, written: Written) -> Run:
        made = desk.ledger.answered(written.speaker.model)
        reply = with_citations(written.reply, desk.report, desk.ledger.lookups)
        return replace(
            desk.run,
            status="completed",
            model=reply.model or (made.model if made else desk.run.model),
            provider=self._switchboard.title(made.endpoint) if made else desk.run.provider,
            convened=desk.report is not None,
            reply=reply,
            preamble=desk.preamble,
            rounds=desk.rounds,
            report=desk.report and warned(desk.report, written.warnings),
            calls=tuple(desk.ledger.calls.values()),
            lookups=tuple(desk.ledger.lookups),
            provenance=written.provenance,
            steps=desk.steps,
            finished_at=time.time(),
            degraded=written.degraded,
        )

    def _save_failed(self, desk: Desk, error: BaseException) -> None:
        """Save a run that ended without an answer. Nothing waits in here, so that a cancelled run is saved too."""
        desk.ledger.release()
        cancelled = isinstance(error, anyio.get_cancelled_exc_class())
        cause = sole(error)
        spoken = cause.partial.text if isinstance(cause, UpstreamError) else ""
        desk.run = replace(
            desk.run,
            status="cancelled" if cancelled else "failed",
            error=str(cause) if isinstance(cause, FuselineError) else type(cause).__name__,
            error_kind="cancelled" if cancelled else kind_of(cause, desk.report),
            convened=desk.report is not None,
            reply=Reply(desk.run.model, spoken, finish_reason="error") if spoken else None,
            report=desk.report,
            calls=tuple(desk.ledger.calls.values()),
            lookups=tuple(desk.ledger.lookups),
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


def session_of(request: Request) -> str:
    """The client's name for the conversation that a request belongs to; empty where it has none."""
    return str(request.policy.get("session_id") or request.policy.get("prompt_cache_key") or "")
