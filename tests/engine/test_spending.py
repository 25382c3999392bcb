"""Money: a row on disk before the first byte goes out, and never more than a run's limit."""

import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuseline.ledger import Ledger, priced
from fuseline.storage.sqlite import open_sqlite
from fuseline.types.errors import OverBudget
from fuseline.types.messages import user
from fuseline.types.models import Endpoint, Model
from fuseline.types.money import Price, dollars, nano
from fuseline.types.replies import Usage
from fuseline.types.requests import Request
from fuseline.types.runs import Role, Run, RunOpened, Speaker
from fuseline.types.tokens import estimate_messages
from tests.faults.claims import at_work
from tests.house import ask, hear
from tests.requirements import requirement
from tests.upstream import Step, fault_upstream, says

pytestmark = pytest.mark.anyio

MODEL = Model("m", Endpoint("e", "http://127.0.0.1:1/v1"), "m", price=Price(nano("1.25"), nano("10")))
ORDER: tuple[Role, ...] = ("panel", "panel", "panel", "analyst", "analyst", "writer")


@requirement("ours:written-first")
async def test_a_call_is_on_disk_before_its_upstream_hears_of_it(tmp_path: Path):
    database = tmp_path / "runs.db"
    seen: list[tuple[str, float | None]] = []

    def look(body: object) -> Step:
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as reader:
            seen.extend(reader.execute("SELECT asked, duration_s FROM calls WHERE role = 'writer'"))
        return says("Done.")

    with fault_upstream() as upstream:
        upstream.script("writer", [look])
        async with at_work(upstream, [], store={"path": database}) as house:
            await hear(house, ask())
    assert seen == [("lab/writer", None)]


@requirement("ours:max-cost")
@settings(max_examples=40, deadline=None)
@given(
    limit=st.integers(nano("0.002"), nano("0.5")),
    lengths=st.lists(st.integers(1, 60_000), min_size=6, max_size=6),
    shares=st.lists(st.floats(0, 1), min_size=6, max_size=6),
)
async def test_honest_upstreams_cannot_make_a_run_cost_more_than_its_limit(
    limit: int, lengths: list[int], shares: list[float]
):
    async with open_sqlite(Path(":memory:")) as store:
        store.note(RunOpened(Run("gen-1", "fusion", "m", "e", 0.0), {}))
        ledger = Ledger("gen-1", store, limit, seats=3)
        for place, role in enumerate(ORDER):
            request = Request("m", (user("a" * lengths[place]),), max_tokens=16_000)
            speaker = Speaker(role, "m", place if role == "panel" else 0)
            await spend(ledger, speaker, request, shares[place])
        assert ledger.held == 0
        assert ledger.spent <= limit


async def spend(ledger: Ledger, speaker: Speaker, request: Request, share: float) -> None:
    """Make one call that uses a share of the output it may, unless the ledger refuses it."""
    try:
        fitted, hold = ledger.fit(speaker, MODEL, request)
    except OverBudget:
        return
    call = await ledger.dispatch(speaker, MODEL, hold)
    used = Usage(estimate_messages(request.messages), int((fitted.max_tokens or 0) * share))
    ledger.settle(call, MODEL, usage=used, certainty="exact", ttft_s=None, duration_s=0.1)


@requirement("ours:max-cost")
async def test_a_run_with_a_limit_gives_each_part_room_and_stays_below_it():
    with fault_upstream() as upstream:
        async with at_work(upstream, []) as house:
            run, _ = await hear(house, ask(parameters={"max_cost": 0.02}))
    assert run is not None and run.status == "completed"
    assert 0 < run.cost <= nano("0.02")
    assert max(body_tokens(exchange.body) for exchange in upstream.log) < 16_000


def body_tokens(body: object) -> int:
    """The output tokens that a call asked for."""
    assert isinstance(body, dict)
    return int(json.loads(json.dumps(body)).get("max_tokens", 0))


@requirement("ours:cost")
@pytest.mark.parametrize(
    ("usage", "price", "cost", "source"),
    [
        (Usage(1000, 500, cost=nano("0.0421")), Price(1, 1), nano("0.0421"), "reported"),
        (Usage(1000, 500, cost=0), Price(1, 1), 0, "reported"),
        (Usage(1_000_000, 500_000), Price(nano("0.30"), nano("1.20")), nano("0.90"), "computed"),
        (Usage(1000, 0, cached_tokens=400), Price(nano("1"), nano("1"), nano("0.1")), nano("0.00064"), "computed"),
        (Usage(), None, 0, "computed"),
        (Usage(1000, 500), None, 0, "unknown"),
    ],
)
def test_a_cost_is_reported_or_computed_or_unknown(usage: Usage, price: Price | None, cost: int, source: str):
    assert priced(usage, Model("m", MODEL.endpoint, "m", price=price)) == (cost, source)


@pytest.mark.parametrize("usd", ["0.1", "0.30", "12.5", "0.000000001", "4503599.627370496"])
def test_dollars_survive_the_way_to_nano_dollars_and_back(usd: str):
    assert dollars(nano(usd)) == float(usd)
