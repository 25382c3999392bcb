"""What must be true after every run, whatever failed in it: the table's invariants as assertions."""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from fuseline.assembly import House
from fuseline.types.runs import Run
from fuseline.wires.chat.writer import write_reply
from tests.faults.table import CLOCKS
from tests.house import CANARY, ask, house
from tests.upstream import Upstream, says
from tests.upstream.turns import EMPTY_ANALYSIS

SECRETS = ("sk-canary", CANARY[10:])
"""The keys that a reply, a log or a row might hold, whole or in part."""


@asynccontextmanager
async def at_work(upstream: Upstream, models: Sequence[str], **sections: Any) -> AsyncGenerator[House]:
    """A house with short clocks and an analyst that does its work. It lasts as long as the block, 20 s at most."""
    upstream.script("judge", [says(json.dumps(EMPTY_ANALYSIS))])
    sections = {"limits": {"answer_bytes": 100_000}, **sections, "clocks": sections.get("clocks") or CLOCKS}
    with anyio.fail_after(20):
        async with house(upstream.base_url, models, **sections) as opened:
            yield opened


def complete(run: Run | None) -> Run:
    """The run, which has a fused answer in spite of everything."""
    assert run is not None and run.reply is not None and run.report is not None
    assert (run.status, run.degraded, run.report.failure_reason) == ("completed", "", "")
    assert run.report.analysis is not None
    assert run.reply.text.startswith("Answer from writer")
    return run


def names_each_seat_once(reply: bytes, panel: Sequence[str]) -> None:
    """I12: those who answered and those who failed are together the panel."""
    fusion = json.loads(reply)["fusion"]
    named = [one["model"] for one in (*fusion["responses"], *fusion.get("failed_models", ()))]
    assert sorted(named) == sorted(panel)


def written(opened: House) -> bytes:
    """All that the database holds, the log of its latest writes included."""
    path = opened.settings.database
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


def holds_no_secret(opened: House, run: Run, caplog: pytest.LogCaptureFixture, *texts: bytes | str) -> None:
    """I6: no key, whole or in part, in reply, database, log, or whatever else was seen."""
    kept = written(opened)
    assert run.id.encode() in kept
    logged = [record.getMessage() + str(record.exc_info or "") for record in caplog.records]
    seen = [write_reply(run, ask()), kept, repr(run), *logged, *texts]
    for text in seen:
        told = text if isinstance(text, bytes) else text.encode()
        assert not [secret for secret in SECRETS if secret.encode() in told]


async def all_hung_up(upstream: Upstream) -> None:
    """Every connection for a call is closed, or free for the next."""
    await upstream.until(lambda: upstream.open_connections() == 0)
