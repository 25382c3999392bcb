"""F01 to F46: a panel member with that fault beside two healthy seats, row by row."""

import logging
import socket
from collections.abc import Generator

import aiohttp
import anyio
import pytest
from aiohttp.client_reqrep import ConnectionKey

from fuseline.assembly import open_house
from fuseline.providers.http import broken
from fuseline.settings.sections import EndpointSettings, ModelSettings
from fuseline.settings.settings import Settings
from fuseline.types.deliberation import PanelAnswer
from fuseline.wires.chat.reader import open_reader
from fuseline.wires.chat.writer import write_reply
from tests.faults.claims import all_hung_up, at_work, complete, holds_no_secret, names_each_seat_once
from tests.faults.table import CLOCKS, MOST_TOKENS, REFUSALS, STREAMS, Row, money_of
from tests.house import CANARY, ask, hear, settings
from tests.requirements import requirement
from tests.upstream import Upstream, fails, fault_upstream, says
from tests.upstream.dead_ends import BadCertificate, bad_certificate, black_hole, not_tls, refused, unknown_host

pytestmark = pytest.mark.anyio


@pytest.fixture
def upstream() -> Generator[Upstream]:
    with fault_upstream() as running:
        yield running


@pytest.fixture(autouse=True)
def _everything_logged(caplog: pytest.LogCaptureFixture) -> None:  # pyright: ignore[reportUnusedFunction]
    caplog.set_level(logging.DEBUG)


def panel_with(model: str, **parameters: object) -> dict[str, object]:
    """The plugin's parameters for a panel of this model and two healthy ones."""
    panel = [f"lab/{model}", "lab/a", "lab/b"]
    return {"analysis_models": panel, "max_completion_tokens": MOST_TOKENS, "expose": "full", **parameters}


def told(seat: PanelAnswer) -> tuple[str, int | None, bool, bool]:
    """What the table says of a seat: reason, status, whether its text stops short, whether it has none to give."""
    return seat.reason, seat.status_code, seat.truncated, seat.failed


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row.name, marks=requirement(f"fault:{row.id}")) for row in (*REFUSALS, *STREAMS)]
)
async def test_a_faulty_seat_comes_to_what_its_row_says_and_the_run_completes(
    row: Row, upstream: Upstream, caplog: pytest.LogCaptureFixture
):
    if row.script:
        upstream.script(row.model, [row.script])
    async with at_work(upstream, [row.model], clocks=row.clocks) as house:
        run = complete((await hear(house, ask(parameters=panel_with(row.model))))[0])
        assert run.report is not None
        seat, calls = run.report.answers[0], [call for call in run.calls if call.speaker.model == f"lab/{row.model}"]
        assert told(seat) == (row.reason, row.status_code, row.truncated, row.dropped)
        assert row.text is None or seat.content == row.text
        assert not seat.content if row.dropped else seat.content
        assert row.provider_code in (None, seat.provider_code)
        assert [money_of(call) for call in calls] == [row.money] * row.requests
        assert len(upstream.calls(row.model)) == row.requests
        assert {one.headers["authorization"] for one in upstream.log} == {f"Bearer {CANARY}"}
        assert upstream.strays == []
        names_each_seat_once(write_reply(run, ask()), [f"lab/{row.model}", "lab/a", "lab/b"])
        await all_hung_up(upstream)
        holds_no_secret(house, run, caplog)


def beside(upstream: Upstream, base_url: str) -> Settings:
    """Settings with one model more, `lab/dead`, at an address where nothing good is."""
    usual = settings(upstream.base_url, clocks=CLOCKS)
    endpoint = EndpointSettings(
        base_url=base_url, api_key_env="LAB_API_KEY", insecure=True
    )  # some are not this machine
    model = ModelSettings.model_validate({"endpoint": "dead", "name": "dead", "price_in": 1, "price_out": 2})
    return usual.model_copy(
        update={"endpoints": {**usual.endpoints, "dead": endpoint}, "models": {**usual.models, "lab/dead": model}}
    )


async def seat_at(base_url: str, upstream: Upstream, caplog: pytest.LogCaptureFixture) -> tuple[PanelAnswer, int]:
    """What comes of a seat at this address, and how often it was tried. It costs nothing, and the run completes."""
    upstream.script("judge", [says("{}")])
    with anyio.fail_after(20):
        async with open_house(beside(upstream, base_url), {"LAB_API_KEY": CANARY}) as house:
            run, _ = await hear(house, ask(parameters=panel_with("dead")))
            assert run is not None and run.report is not None and run.status == "completed"
            calls = [call for call in run.calls if call.speaker.model == "lab/dead"]
            assert {money_of(call) for call in calls} == {"free"}
            names_each_seat_once(write_reply(run, ask()), ["lab/dead", "lab/a", "lab/b"])
            holds_no_secret(house, run, caplog)
            return run.report.answers[0], len(calls)


@requirement("fault:F01")
async def test_F01_a_refused_connection_is_tried_once_more_and_costs_nothing(
    upstream: Upstream, caplog: pytest.LogCaptureFixture
):
    with refused() as base_url:
        seat, tries = await seat_at(base_url, upstream, caplog)
    assert (told(seat), tries) == (("connect_refused", None, False, True), 2)


@requirement("fault:F02")
async def test_F02_a_black_hole_is_given_up_by_the_connect_clock_and_tried_once_more(
    upstream: Upstream, caplog: pytest.LogCaptureFixture
):
    with black_hole() as base_url:
        seat, tries = await seat_at(base_url, upstream, caplog)
    assert (told(seat), tries) == (("connect_timeout", None, False, True), 2)


@requirement("fault:F03")
async def test_F03_an_unknown_host_fails_its_seat_and_no_other(upstream: Upstream, caplog: pytest.LogCaptureFixture):
    with unknown_host() as base_url:
        seat, _ = await seat_at(base_url, upstream, caplog)
    assert told(seat) == ("dns_failure", None, False, True)


@requirement("fault:F03")
@pytest.mark.parametrize(("code", "again"), [(socket.EAI_NONAME, False), (socket.EAI_AGAIN, True)])
def test_F03_a_name_that_does_not_exist_is_not_tried_again_and_a_failing_name_server_is(code: int, again: bool):
    key = ConnectionKey("upstream.invalid", 443, True, True, None, None, None)
    error = broken(aiohttp.ClientConnectorDNSError(key, socket.gaierror(code, "no")), open_reader(1, 1))
    assert (error.reason, error.retryable, error.sent) == ("dns_failure", again, False)


@requirement("fault:F04")
@pytest.mark.parametrize("kind", ["unknown-authority", "wrong-host", "expired"])
async def test_F04_a_bad_certificate_is_never_tried_again_and_is_logged(
    kind: BadCertificate, upstream: Upstream, caplog: pytest.LogCaptureFixture
):
    with bad_certificate(kind) as base_url:
        seat, tries = await seat_at(base_url, upstream, caplog)
    assert (told(seat), tries) == (("tls_failure", None, False, True), 1)
    assert "certificate" in "".join(record.getMessage() for record in warnings(caplog))


@requirement("fault:F04")
async def test_F04_an_https_address_that_speaks_plain_http_is_never_downgraded(
    upstream: Upstream, caplog: pytest.LogCaptureFixture
):
    with not_tls() as base_url:
        seat, tries = await seat_at(base_url, upstream, caplog)
    assert (told(seat), tries) == (("tls_failure", None, False, True), 1)


def warnings(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """What the house itself warned its operator of."""
    return [one for one in caplog.records if one.levelno >= logging.WARNING and one.name.startswith("fuseline")]


@requirement("fault:F05", "ours:no-secret")
@pytest.mark.parametrize("status", [400, 403, 422, 500])
async def test_F05_an_upstream_that_echoes_our_key_is_not_quoted_with_it_and_kept_short(
    status: int, upstream: Upstream, caplog: pytest.LogCaptureFixture
):
    upstream.script("parrot", [fails(status, message=f"no: Bearer {CANARY} {'is wrong ' * 100}", code=CANARY)])
    async with at_work(upstream, ["parrot"]) as house:
        run = complete((await hear(house, ask(parameters=panel_with("parrot"))))[0])
        assert run.report is not None and 0 < len(run.report.answers[0].error) < 400
        holds_no_secret(house, run, caplog)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param("400-spend", "upstream_spend_limit", id="F06", marks=requirement("fault:F06")),
        pytest.param("401", "upstream_auth", id="F07", marks=requirement("fault:F07")),
        pytest.param("402", "upstream_credits", id="F08", marks=requirement("fault:F08")),
    ],
)
async def test_a_refused_key_or_purse_is_told_to_the_operator(
    fault: str, reason: str, upstream: Upstream, caplog: pytest.LogCaptureFixture
):
    async with at_work(upstream, [f"fault/{fault}"]) as house:
        await hear(house, ask(parameters=panel_with(f"fault/{fault}")))
    assert [reason in record.getMessage() for record in warnings(caplog)] == [True]


@pytest.mark.parametrize(
    ("fault", "runs", "requests"),
    [
        pytest.param("401", 2, 1, id="F07", marks=requirement("fault:F07")),
        pytest.param("402", 2, 1, id="F08", marks=requirement("fault:F08")),
        pytest.param("404", 2, 1, id="F10", marks=requirement("fault:F10")),
        pytest.param("200-error@401", 2, 1, id="F20", marks=requirement("fault:F20", "fault:F07")),
        pytest.param("500", 4, 5, id="F17", marks=requirement("fault:F17")),
        pytest.param("529", 3, 3, id="F18", marks=requirement("fault:F18")),
        pytest.param("400", 6, 6, id="F05", marks=requirement("fault:F05")),
    ],
)
async def test_after_so_many_requests_the_breaker_spares_the_upstream(
    fault: str, runs: int, requests: int, upstream: Upstream
):
    model = f"fault/{fault}"
    async with at_work(upstream, [model]) as house:
        seats: list[PanelAnswer] = []
        for _ in range(runs):
            run = complete((await hear(house, ask(parameters=panel_with(model))))[0])
            assert run.report is not None
            seats.append(run.report.answers[0])
    assert len(upstream.calls(model)) == requests
    assert {(seat.reason, seat.status_code) for seat in seats} == {(seats[0].reason, seats[0].status_code)}


@requirement("fault:F01")
async def test_F01_refused_connections_open_the_breaker(upstream: Upstream):
    upstream.script("judge", [says("{}")])
    with refused() as base_url, anyio.fail_after(20):
        async with open_house(beside(upstream, base_url), {"LAB_API_KEY": CANARY}) as house:
            tries: list[int] = []
            for _ in range(4):
                run, _ = await hear(house, ask(parameters=panel_with("dead")))
                assert run is not None
                tries.append(sum(1 for call in run.calls if call.speaker.model == "lab/dead"))
    assert tries == [2, 2, 1, 0]


@requirement("fault:F13", "ours:schema-learned")
@pytest.mark.parametrize("status", [400, 422])
async def test_F13_a_refused_optional_parameter_is_left_out_at_once_and_from_then_on(status: int, upstream: Upstream):
    model = f"fault/{status}-param@reasoning_effort"
    parameters = panel_with(model, reasoning={"effort": "low"})
    async with at_work(upstream, [model]) as house:
        first = complete((await hear(house, ask(parameters=parameters)))[0])
        complete((await hear(house, ask(parameters=parameters)))[0])
    assert ["reasoning_effort" in one.body for one in upstream.calls(model)] == [True, False, False]
    calls = [call for call in first.calls if call.speaker.model == f"lab/{model}"]
    assert [money_of(call) for call in calls] == ["free", "counted"]
    assert bool(calls[0].error) and not calls[1].error


@requirement("fault:F13")
async def test_F13_a_parameter_that_is_refused_for_ever_ends_in_a_failed_seat(upstream: Upstream):
    upstream.script(
        "stubborn", [fails(422, message="Unsupported parameter: reasoning_effort", param="reasoning_effort")]
    )
    async with at_work(upstream, ["stubborn"]) as house:
        parameters = panel_with("stubborn", reasoning={"effort": "low"})
        run = complete((await hear(house, ask(parameters=parameters)))[0])
        assert run.report is not None and told(run.report.answers[0])[:2] == ("unprocessable", 422)
    assert len(upstream.calls("stubborn")) == 2


@requirement("fault:F14")
async def test_F14_a_short_retry_after_is_waited_out_and_the_second_attempt_counts(upstream: Upstream):
    model = "fault/429-ra-once@0.3"
    async with at_work(upstream, [model]) as house:
        run = complete((await hear(house, ask(parameters=panel_with(model))))[0])
        assert run.report is not None and not run.report.failed
    first, second = upstream.calls(model)
    assert second.opened_at - first.opened_at >= 0.3


@pytest.mark.parametrize(
    "row",
    [
        pytest.param(fault, id=row, marks=requirement(f"fault:{row}"))
        for row, fault in [("F11", "408"), ("F16", "429"), ("F17", "503"), ("F18", "529"), ("F31", "empty")]
    ],
)
async def test_a_passing_fault_is_healed_by_the_one_retry(row: str, upstream: Upstream):
    model = f"fault/{row}-once"
    async with at_work(upstream, [model]) as house:
        run = complete((await hear(house, ask(parameters=panel_with(model))))[0])
        assert run.report is not None and not run.report.failed
    assert len(upstream.calls(model)) == 2


@requirement("fault:F33")
async def test_F33_a_refusal_is_kept_beside_the_answers_and_given_to_nobody(upstream: Upstream):
    async with at_work(upstream, ["fault/refusal"]) as house:
        run = complete((await hear(house, ask(parameters=panel_with("fault/refusal"))))[0])
        assert run.report is not None
        assert run.report.answers[0].refusal == "I cannot help with that."
        stored = await house.store.run(run.id)
    assert stored is not None and "I cannot help" in str(stored.events)
    assert "I cannot help" not in str([one.body for one in (*upstream.calls("judge"), *upstream.calls("writer"))])


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("hang-mid@300", id="F23", marks=requirement("fault:F23")),
        pytest.param("length", id="F35", marks=requirement("fault:F35")),
    ],
)
async def test_a_text_that_stops_short_is_marked_for_the_analyst(fault: str, upstream: Upstream):
    async with at_work(upstream, [f"fault/{fault}"]) as house:
        complete((await hear(house, ask(parameters=panel_with(f"fault/{fault}"))))[0])
    assert "cut off: its end is missing" in str(upstream.calls("judge")[0].body)


@requirement("fault:F36")
@pytest.mark.parametrize("fault", ["giant@20000000", "many-chunks@100000"])
async def test_F36_a_flood_is_cut_at_a_multiple_of_the_tokens_asked_for_and_its_connection_closed(
    fault: str, upstream: Upstream
):
    model = f"fault/{fault}"
    async with at_work(upstream, [model]) as house:
        run = complete((await hear(house, ask(parameters=panel_with(model))))[0])
        assert run.report is not None and len(run.report.answers[0].content) == 16 * MOST_TOKENS
        await all_hung_up(upstream)
    assert upstream.calls(model)[0].closed_by == "client"


@requirement("fault:F39")
async def test_F39_a_page_for_people_is_shown_to_nobody(upstream: Upstream):
    async with at_work(upstream, ["fault/html"]) as house:
        run = complete((await hear(house, ask(parameters=panel_with("fault/html"))))[0])
    assert b"Sign in" not in write_reply(run, ask())
    assert "Sign in" not in str([one.body for one in upstream.log])


@requirement("fault:F40")
async def test_F40_no_compression_is_asked_for(upstream: Upstream):
    async with at_work(upstream, []) as house:
        complete((await hear(house, ask()))[0])
    assert {one.headers["accept-encoding"] for one in upstream.log} == {"identity"}


@requirement("fault:F46")
async def test_F46_a_bill_above_its_hold_is_booked_as_it_is_and_told_to_the_operator(
    upstream: Upstream, caplog: pytest.LogCaptureFixture
):
    model = "fault/usage-bad@above"
    async with at_work(upstream, [model]) as house:
        run = complete((await hear(house, ask(parameters=panel_with(model))))[0])
    bill = next(call for call in run.calls if call.speaker.model == f"lab/{model}")
    assert bill.cost == 90_000 * 1000 + 90_000 * 2000 > bill.hold
    assert ["usage_exceeds_hold" in record.getMessage() for record in warnings(caplog)] == [True]
