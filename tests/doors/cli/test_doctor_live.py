"""`fuseline doctor --live`: a call that is a run like any other, and is told by what it showed and cost."""

from pathlib import Path

import anyio
import pytest

from fuseline.settings.settings import load
from fuseline.storage.base import StoredRun
from fuseline.storage.sqlite import open_sqlite
from tests.doors.cli.examining import Examine, examining, lab
from tests.house import CANARY
from tests.requirements import requirement
from tests.upstream import Upstream, fails, hangs, says

KEY = {"LAB_API_KEY": CANARY}
SHAPED = says('{"ok": true}', chunks=3, pace_s=0.02)


@pytest.fixture
def examine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Examine:
    return examining(tmp_path, monkeypatch, capsys)


def recorded() -> list[StoredRun]:
    """The runs in the database that the settings name."""

    async def read() -> list[StoredRun]:
        async with open_sqlite(load().database) as store:
            return list(await store.runs())

    return anyio.run(read)


@requirement("ours:doctor")
def test_a_call_is_made_recorded_and_told_with_its_cost(examine: Examine, upstream: Upstream):
    upstream.script("a", [SHAPED])
    found = examine("lab", settings=lab(upstream.base_url, "a"), environ=KEY, live=True)
    status, detail = found.told("call")
    assert (found.code, status) == (0, "ok")
    for words in ("lab/a: first token after", "streamed in", "schema held", "usage counted", "<$0.0001"):
        assert words in detail
    (run,) = recorded()
    assert found.endpoint["call"]["run"] == run.id
    assert found.endpoint["call"]["cost"] * 1_000_000_000 == run.cost > 0
    assert found.told("cost", "live")[1].startswith("1 run cost <$0.0001")
    (sent,) = upstream.log
    assert sent.body["max_tokens"] == 16


@requirement("ours:doctor")
def test_earlier_calls_are_told_in_figures_without_another(examine: Examine, upstream: Upstream):
    upstream.script("a", [SHAPED, fails(500)])
    settings = lab(upstream.base_url, "a")
    examine("lab", settings=settings, environ=KEY, live=True)
    found = examine("lab", settings=settings, environ=KEY, offline=True)
    status, detail = found.told("calls")
    assert (status, detail.startswith("the last 1 call, first token within")) == ("ok", True)
    assert (found.endpoint["lately"]["calls"], found.endpoint["lately"]["failed"]) == (1, 0)
    for _ in range(2):
        examine("lab", settings=settings, environ=KEY, live=True)
    assert examine("lab", settings=settings, environ=KEY, offline=True).told("calls")[0] == "warn"


@requirement("ours:doctor")
def test_without_the_option_no_model_is_called(examine: Examine, upstream: Upstream):
    found = examine(settings=lab(upstream.base_url, "a"), environ=KEY)
    assert upstream.log == []
    assert found.endpoint["call"] is None


@requirement("ours:doctor")
def test_a_call_that_goes_well_proves_the_key(examine: Examine, upstream: Upstream):
    upstream.script("a", [SHAPED])
    settings = lab(upstream.base_url, "a")
    assert examine("lab", settings=settings, environ=KEY).told("access")[0] == "warn"
    assert examine("lab", settings=settings, environ=KEY, live=True).told("access") == ("ok", "the key is good")


@requirement("ours:doctor")
def test_a_refused_parameter_a_missing_count_and_a_broken_schema_are_told(examine: Examine, upstream: Upstream):
    refusal = fails(400, message="Unsupported parameter: response_format", param="response_format")
    upstream.script("a", [refusal, says("It is all well.", usage={}, chunks=1)])
    found = examine("lab", settings=lab(upstream.base_url, "a"), environ=KEY, live=True)
    detail = found.told("call")[1]
    for words in ("schema not held", "refused response_format", "usage not told, so estimated"):
        assert words in detail
    assert found.endpoint["call"]["refused"] == ["response_format"]


@requirement("ours:doctor")
def test_a_call_that_fails_is_a_failure_that_leads_to_its_run(examine: Examine, upstream: Upstream):
    upstream.script("a", [fails(401, message=f"bad key {CANARY}")])
    found = examine("lab", settings=lab(upstream.base_url, "a"), environ=KEY, live=True)
    assert (found.code, found.told("call")[0]) == (1, "fail")
    (run,) = recorded()
    assert found.check("call")["fix"] == f"fuseline runs show {run.id}"


@requirement("ours:doctor")
def test_no_call_is_made_that_could_not_be_written_down(examine: Examine, upstream: Upstream, tmp_path: Path):
    (tmp_path / "file").touch()
    nowhere = {**KEY, "FUSELINE_HOME": str(tmp_path / "file")}
    found = examine("lab", settings=lab(upstream.base_url, "a"), environ=nowhere, live=True)
    assert (found.code, upstream.log) == (1, [])
    assert found.told("calls", "live")[0] == "fail"
    assert found.told("calls", "live")[1].startswith(f"none was made: {tmp_path / 'file'}")


@requirement("ours:doctor")
def test_a_model_that_only_thinks_has_answered(examine: Examine, upstream: Upstream):
    upstream.script("a", [says("", reasoning="hm, let me see", finish="length")])
    found = examine("lab", settings=lab(upstream.base_url, "a"), environ=KEY, live=True)
    assert found.told("call")[0] == "ok"
    assert "only thoughts in 16 tokens" in found.told("call")[1]


@requirement("ours:doctor")
def test_a_model_that_hangs_is_given_up_and_charged(
    examine: Examine, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("fuseline.doors.cli.doctor.live.CALL_S", 0.5)
    upstream.script("a", [hangs()])
    found = examine("lab", settings=lab(upstream.base_url, "a"), environ=KEY, live=True)
    assert (found.code, found.told("call")[0]) == (1, "fail")
    assert recorded()[0].status == "failed"


@requirement("ours:doctor")
def test_the_cheapest_model_that_chats_and_is_listed_is_called(examine: Examine, upstream: Upstream):
    for name in ("dear", "cheap", "embed-tiny"):
        upstream.script(name, [SHAPED])
    tables = "".join(
        f'[models."lab/{name}"]\nendpoint = "lab"\nname = "{name}"\nprice_in = {price}\nprice_out = {price}\n'
        for name, price in (("dear", 9), ("cheap", 1), ("embed-tiny", "0.1"), ("not-listed", "0.1"))
    )
    examine("lab", settings=lab(upstream.base_url) + tables, environ=KEY, live=True)
    assert [exchange.model for exchange in upstream.log] == ["cheap"]


def test_an_endpoint_of_which_no_model_is_known_is_asked_for_one_that_it_lists(examine: Examine, upstream: Upstream):
    upstream.script("0-first", [SHAPED])
    found = examine("lab", settings=lab(upstream.base_url), environ=KEY, live=True)
    assert found.endpoint["call"]["model"] == "lab/0-first"
