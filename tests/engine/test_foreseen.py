"""The calls that follow the panel are on the disk with it, at the most they can cost; those that do not come vanish."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from fuseline.storage.sqlite import SqliteStore
from fuseline.types.errors import RunFailed
from tests.doors.http.players import compares
from tests.house import ask, house
from tests.requirements import requirement
from tests.upstream import Upstream, fails, fault_upstream, hangs, says

pytestmark = pytest.mark.anyio


def rows(path: Path) -> dict[str, tuple[int, str, float | None]]:
    """Hold, error and duration of each call on the disk, by who made it; of seats the last."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as reader:
        found = reader.execute("SELECT role, hold, error, duration_s FROM calls")
        return {role: (hold, error, duration) for role, hold, error, duration in found}


def scripted(upstream: Upstream, **scripts: Any) -> None:
    """Say what the models do."""
    for model, reply in {"judge": compares, **scripts}.items():
        upstream.script(model, [reply])


@requirement("ours:foreseen")
async def test_a_fusion_waits_for_the_disk_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    waits = 0
    write = SqliteStore.write

    async def counted(self: SqliteStore, *records: Any) -> None:
        nonlocal waits
        waits += bool(records)
        await write(self, *records)

    monkeypatch.setattr(SqliteStore, "write", counted)
    with fault_upstream() as upstream:
        scripted(upstream)
        async with house(upstream.base_url, store={"path": tmp_path / "runs.db"}) as opened:
            run = await opened.gateway.ask(ask())
            assert len(run.calls) == 5 and waits == 3  # three seats, of which each waits for the same commit
            assert len((await opened.store.run(run.id) or run).calls) == 5


@requirement("ours:foreseen")
async def test_what_follows_is_on_the_disk_while_the_panel_is_speaking(tmp_path: Path):
    with fault_upstream() as upstream:
        scripted(upstream, a=hangs(), b=hangs(), c=hangs())
        async with house(upstream.base_url, store={"path": tmp_path / "runs.db"}) as opened:
            async with opened.gateway.listen(ask()):
                await upstream.until(lambda: len(upstream.log) == 3)
                seen = rows(tmp_path / "runs.db")
            assert {role for role, (hold, error, ended) in seen.items() if hold and not error and ended is None} == {
                "panel",
                "analyst",
                "writer",
            }


@requirement("ours:foreseen")
async def test_what_was_foreseen_and_never_made_costs_nothing_and_is_not_shown(tmp_path: Path):
    with fault_upstream() as upstream:
        scripted(upstream, a=says("only I"), b=fails(404), c=fails(404))
        async with house(upstream.base_url, store={"path": tmp_path / "runs.db"}) as opened:
            with pytest.raises(RunFailed) as failed:
                await opened.gateway.ask(ask(parameters={"min_panel": 2}))
            run = failed.value.run
            assert run is not None
            stored = await opened.store.run(run.id)
        seen = rows(tmp_path / "runs.db")
    assert stored is not None and {call.speaker.role for call in (*run.calls, *stored.calls)} == {"panel"}
    assert (seen["analyst"][:2], seen["writer"][:2]) == ((0, "not_sent"), (0, "not_sent"))
    assert stored.cost == run.cost and stored.cost_known


@requirement("ours:foreseen")
async def test_under_a_limit_on_cost_nothing_is_foreseen(tmp_path: Path):
    with fault_upstream() as upstream:
        scripted(upstream, a=fails(404), b=fails(404), c=fails(404), writer=says("alone"))
        async with house(upstream.base_url, store={"path": tmp_path / "runs.db"}) as opened:
            run = await opened.gateway.ask(ask(parameters={"max_cost": 1}))
            assert {call.speaker.role for call in run.calls} == {"panel", "writer"}
        assert set(rows(tmp_path / "runs.db")) == {"panel", "writer"}
