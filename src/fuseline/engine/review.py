"""What is done with an answer once it is written: it is traced to its drafts, and put to its writer once more."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from anyio import to_thread

from fuseline.engine.caller import Caller
from fuseline.engine.excerpts import with_excerpts
from fuseline.engine.provenance.drafts import Drafts
from fuseline.engine.provenance.provenance import trace
from fuseline.engine.repair import points_of, repaired
from fuseline.engine.sources import with_citations
from fuseline.engine.writer import Written
from fuseline.types.deliberation import FusionSpec, Report
from fuseline.types.errors import FuselineError
from fuseline.types.messages import Message
from fuseline.types.provenance import Provenance
from fuseline.types.replies import Reply
from fuseline.types.requests import Request

logger = logging.getLogger(__name__)


async def reviewed(
    written: Written, request: Request, report: Report | None, spec: FusionSpec | None, caller: Caller
) -> Written:
    """The answer to a request with its provenance, where that was asked for, and gone over once more where that was.

    The answer is there and paid for: a mistake of ours in going over it is logged and warned of, and costs only that.
    """
    try:
        return await gone_over(written, request, report, spec, caller)
    except Exception as error:
        if isinstance(error, FuselineError):
            raise
        logger.exception("an answer could not be gone over")
        return replace(written, warnings=(*written.warnings, "the answer could not be traced to the panel's"))


async def gone_over(
    written: Written, request: Request, report: Report | None, spec: FusionSpec | None, caller: Caller
) -> Written:
    """The same, with whatever goes wrong in it."""
    if report is not None and report.heard and spec is not None and (spec.expose == "full" or spec.repair):
        written = await examined(written, request, report, spec, caller)
    found = caller.research.found
    if not found or written.reply.tool_calls:
        return written
    return replace(written, reply=await to_thread.run_sync(excerpted, written.reply, report, dict(found)))


def excerpted(reply: Reply, report: Report | None, found: Mapping[str, str]) -> Reply:
    """The reply with what its pages say."""
    reply = with_citations(reply, report)
    return replace(reply, citations=with_excerpts(reply.text, reply.citations, found))


async def examined(written: Written, request: Request, report: Report, spec: FusionSpec, caller: Caller) -> Written:
    """The answer traced to its drafts and mended, as far as that was asked for."""
    first, provenance = written, await traced(written, request, report, caller)
    if spec.repair and written.reply.text and not (written.degraded or written.reply.tool_calls):
        written = await repaired(written, points_of(provenance), caller)
    if spec.expose != "full":
        return written
    if written.reply is not first.reply:
        provenance = await traced(written, request, report, caller)
    return replace(written, provenance=provenance)


async def traced(written: Written, request: Request, report: Report, caller: Caller) -> Provenance:
    """Where an answer comes from, found beside the event loop."""
    known = caller.carrier and caller.carrier.drafts
    pages = (f"{url}\n{text}" for url, text in caller.research.found.items())
    brought = (*texts_of(request.messages), *pages)
    provenance = await to_thread.run_sync(partial(traced_from, written.reply.text, report, brought, known))
    return replace(provenance, carried=caller.carrier.carried if caller.carrier else 0)


def traced_from(answer: str, report: Report, brought: Sequence[str], known: Drafts | None) -> Provenance:
    """Where an answer comes from; `known` are the drafts, where they are ready."""
    drafts = known or Drafts([(one.seat, one.content) for one in report.heard])
    return trace(answer, drafts, brought, report.analysis)


def texts_of(messages: Iterable[Message]) -> Iterable[str]:
    """What people and tools said in a conversation: what stands there is no invention of the writer's."""
    return (message.text for message in messages if message.role in ("system", "developer", "user", "tool"))
