"""One model at several endpoints: who is asked, who is asked next, and who never."""

import logging
from collections.abc import Generator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import anyio
import pytest

from fuseline.types.errors import NoEndpoint, RunFailed
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from tests.faults.claims import holds_no_secret
from tests.faults.table import CLOCKS
from tests.faults.ways import SLUG, Way, at, attempts, outcome, question, served_by, wanting, who
from tests.house import ask
from tests.requirements import requirement
from tests.upstream import Upstream, answers, fails, fault_upstream, hangs, says
from tests.upstream.dead_ends import bad_certificate, black_hole, not_tls, refused, unknown_host
from tests.upstream.says import completion
from tests.upstream.wire import Ask, Step

pytestmark = pytest.mark.anyio


@pytest.fixture
def upstream() -> Generator[Upstream]:
    with fault_upstream() as running:
        yield running


@requirement("ours:elsewhere")
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("401", "upstream_auth"),
        ("402", "upstream_credits"),
        ("429-spend", "upstream_spend_limit"),
        ("404", "model_not_found"),
        ("408", "upstream_timeout"),
        ("429", "rate_limited"),
        ("429-ra@1", "rate_limited"),
        ("500", "upstream_error"),
        ("503", "upstream_error"),
        ("529", "overloaded"),
        ("200-error", "upstream_error"),
        ("html", "bad_content_type"),
        ("redirect", "unexpected_status"),
        ("hang-headers", "first_byte_timeout"),
        ("hang-body", "first_token_timeout"),
        ("empty", "empty_completion"),
    ],
)
async def test_what_one_endpoint_fails_at_another_answers_and_both_are_rows(
    fault: str, reason: str, upstream: Upstream
):
    async with served_by(at(upstream, one=f"fault/{fault}", two="fine")) as house:
        run = await outcome(house)
    assert run.status == "completed"
    assert attempts(run) == [("one", reason), ("two", "")]
    assert (run.provider, run.model) == ("two", "fine")
    assert len(upstream.log) == 2


@requirement("ours:elsewhere")
@pytest.mark.parametrize(
    ("dead", "reason"),
    [
        (refused, "connect_refused"),
        (black_hole, "connect_timeout"),
        (unknown_host, "dns_failure"),
        (bad_certificate, "tls_failure"),
        (not_tls, "tls_failure"),
    ],
)
async def test_an_endpoint_that_cannot_be_reached_is_passed_over(dead: Any, reason: str, upstream: Upstream):
    nowhere: AbstractContextManager[str] = dead()
    with nowhere as base_url:
        one = Way(base_url, endpoint={"insecure": True})
        async with served_by({"one": one, **at(upstream, two="fine")}) as house:
            assert attempts(await outcome(house)) == [("one", reason), ("two", "")]


@requirement("ours:elsewhere")
@pytest.mark.parametrize("fault", ["400", "413", "422", "403", "no-such-fault", "reasoning-only", "content-filter"])
async def test_what_is_wrong_with_the_request_is_not_tried_elsewhere(fault: str, upstream: Upstream):
    if fault == "no-such-fault":
        upstream.script(f"fault/{fault}", [fails(403, message="blocked", code="content_policy_violation")])
    async with served_by(at(upstream, one=f"fault/{fault}", two="fine")) as house:
        run = await outcome(house)
    assert {endpoint for endpoint, _ in attempts(run)} == {"one"}
    assert not upstream.calls("fine")


@requirement("ours:elsewhere")
async def test_a_key_that_is_not_permitted_here_may_be_elsewhere(upstream: Upstream):
    upstream.script("closed", [fails(403, message="your region is not served")])
    async with served_by(at(upstream, one="closed", two="fine")) as house:
        assert attempts(await outcome(house)) == [("one", "forbidden"), ("two", "")]


@requirement("ours:elsewhere")
async def test_what_is_too_long_goes_on_only_to_a_longer_window(upstream: Upstream):
    ways = {
        "one": Way(upstream.base_url, "fault/400-context", model={"context": 8_000}),
        "two": Way(upstream.base_url, "small", model={"context": 4_000}),
        "three": Way(upstream.base_url, "large", model={"context": 100_000}),
    }
    async with served_by(ways) as house:
        assert attempts(await outcome(house)) == [("one", "context_length"), ("three", "")]
    async with served_by({name: ways[name] for name in ("one", "two")}) as house:
        assert attempts(await outcome(house)) == [("one", "context_length")]


@requirement("ours:elsewhere")
@pytest.mark.parametrize("fault", ["hang-mid", "reset-mid", "eof-mid", "error-mid"])
async def test_after_the_first_token_nobody_takes_over(fault: str, upstream: Upstream):
    async with served_by(at(upstream, one=f"fault/{fault}", two="fine")) as house:
        run = await outcome(house)
    assert run.status == "failed"
    assert [endpoint for endpoint, _ in attempts(run)] == ["one"]
    assert not upstream.calls("fine")


@requirement("ours:elsewhere", "ours:schema-learned")
async def test_a_parameter_that_the_next_endpoint_refuses_is_left_out_there(upstream: Upstream):
    async with served_by(at(upstream, one="fault/500", two="fault/400-param@reasoning_effort")) as house:
        run = await outcome(house, question(reasoning={"effort": "low"}))
    assert attempts(run) == [("one", "upstream_error"), ("two", "bad_request"), ("two", "")]


@requirement("ours:elsewhere")
async def test_when_all_fail_the_first_failure_is_told_and_each_attempt_is_a_row(upstream: Upstream):
    async with served_by(at(upstream, one="fault/429-ra@60", two="fault/500", three="fault/404")) as house:
        with pytest.raises(RunFailed, match="rate limit") as caught:
            await house.gateway.ask(question())
    assert caught.value.status == 429 and caught.value.run is not None
    failed = [("one", "rate_limited"), ("two", "upstream_error"), ("three", "model_not_found")]
    assert attempts(caught.value.run) == failed


@requirement("ours:elsewhere", "ours:breaker")
async def test_who_is_known_to_fail_is_asked_last_and_skipping_it_costs_no_repeat(upstream: Upstream):
    async with served_by(at(upstream, one="fault/404", two="fine")) as house:
        await outcome(house)
        left = house.switchboard.retries.left
        runs = [await outcome(house) for _ in range(3)]
        assert [attempts(run) for run in runs] == [[("two", "")]] * 3
        assert house.switchboard.retries.left >= left
    assert len(upstream.calls("fault/404")) == 1


@requirement("wire:provider-order")
async def test_without_fallbacks_the_first_choice_is_the_only_one(upstream: Upstream):
    async with served_by(at(upstream, one="fault/401", two="fine", three="fine")) as house:
        alone = await outcome(house, question(policy=wanting(allow_fallbacks=False)))
        named = await outcome(house, question(policy=wanting(allow_fallbacks=False, order=["one", "three"])))
    assert attempts(alone) == [("one", "upstream_auth")]
    assert attempts(named) == [("three", "")], "the key of the first was refused just now"


@requirement("wire:provider-order", "wire:provider-lists")
@pytest.mark.parametrize(
    ("wishes", "who"),
    [
        ({}, "one"),
        ({"order": ["three", "one"]}, "three"),
        ({"order": ["THREE/turbo"]}, "three"),
        ({"only": ["two"]}, "two"),
        ({"ignore": ["one", "two"]}, "three"),
        ({"sort": "price"}, "three"),
        ({"sort": {"by": "price", "partition": "none"}}, "three"),
        ({"max_price": {"prompt": "2.5"}}, "two"),
    ],
)
async def test_a_request_chooses_among_endpoints(wishes: dict[str, Any], who: str, upstream: Upstream):
    prices = {"one": "3", "two": "2", "three": "1"}
    ways = {name: Way(upstream.base_url, name, price=price) for name, price in prices.items()}
    async with served_by(ways) as house:
        assert (await outcome(house, question(policy=wanting(**wishes)))).provider == who


@requirement("wire:provider-order")
async def test_the_suffix_floor_asks_the_cheapest_first(upstream: Upstream):
    ways = {"one": Way(upstream.base_url, "one", price="3"), "two": Way(upstream.base_url, "two", price="2")}
    async with served_by(ways) as house:
        assert (await outcome(house, question(f"{SLUG}:floor"))).provider == "two"


@requirement("wire:provider-order", "ours:statistics")
async def test_a_sort_by_latency_learns_who_is_quick(upstream: Upstream):
    upstream.script("slow", [says("Well.", delay_s=0.2)])
    quickest = question(policy=wanting(sort="latency"))
    async with served_by(at(upstream, one="slow", two="quick")) as house:
        for name in ("one", "two"):
            await outcome(house, question(f"{name}/m"))
        assert (await outcome(house, quickest)).provider == "two"


@requirement("wire:data-policy")
@pytest.mark.parametrize("wishes", [{"data_collection": "deny"}, {"zdr": True}])
async def test_a_promise_about_data_leads_past_all_of_whom_it_is_not_known(wishes: dict[str, Any], upstream: Upstream):
    ways = at(upstream, one="fine", two="fine", three="fine")
    ways["two"] = Way(upstream.base_url, "fine", endpoint={"trains": True, "retains": True})
    ways["three"] = Way(upstream.base_url, "fault/500", endpoint={"trains": False, "retains": False})
    async with served_by(ways) as house:
        run = await outcome(house, question(policy=wanting(**wishes)))
    assert run.status == "failed"
    assert {endpoint for endpoint, _ in attempts(run)} == {"three"}, "not even its failure leads to the others"


@requirement("wire:data-policy", "wire:no-endpoint")
@pytest.mark.parametrize(
    ("routing", "code"), [({"data_collection": "deny"}, "training"), ({"zdr": True}, "zdr"), ({"ignore": ["one"]}, "")]
)
async def test_what_the_operator_wants_holds_whatever_a_request_says(
    routing: dict[str, Any], code: str, upstream: Upstream
):
    asked = question(policy=wanting(data_collection="allow", zdr=False, only=["one"]))
    async with served_by(at(upstream, one="fine"), routing=routing) as house:
        with pytest.raises(NoEndpoint) as caught:
            await house.gateway.ask(asked)
        assert caught.value.excluded_by == ((f"data_policy:{code}",) if code else ("allowed_providers",))
        assert await house.store.runs() == []
    assert upstream.log == []


@requirement("wire:provider", "wire:data-policy")
async def test_openrouter_is_told_the_wishes_of_both_and_no_name_of_ours(upstream: Upstream):
    ways = {"openrouter": Way(upstream.base_url, "acme/m"), **at(upstream, one="fine")}
    asked = question(policy=wanting(order=["openrouter", "Anthropic", "one"], only=["one", "openrouter"], zdr=False))
    routing = {"data_collection": "deny", "ignore": ["Cheap-Lab"], "sort": "price"}
    async with served_by(ways, routing=routing) as house:
        run = await outcome(house, asked)
    (exchange,) = upstream.log
    assert run.provider == "OpenRouter"
    assert exchange.body["provider"] == {
        "order": ["Anthropic"],
        "ignore": ["Cheap-Lab"],
        "zdr": False,
        "data_collection": "deny",
        "sort": "price",
    }


@requirement("wire:provider-lists")
async def test_a_seat_that_nobody_may_be_asked_for_is_dead_with_that_reason_and_the_run_completes(upstream: Upstream):
    ways = at(upstream, one="a", two="b")
    panel = {"analysis_models": ["one/m", "two/m"], "model": "two/m"}
    async with served_by(ways) as house:
        run = await outcome(house, ask(parameters=panel, policy=wanting(only=["two"])))
    assert run.status == "completed" and run.report is not None
    assert [(answer.model, answer.reason) for answer in run.report.failed] == [("one/m", "constraint_filtered")]
    assert {call.endpoint for call in run.calls} == {"two"}


@requirement("wire:no-endpoint")
@pytest.mark.parametrize(
    ("panel", "model"), [({"analysis_models": ["one/m"], "model": "two/m"}, "one/m"), ({"model": "one/m"}, "one/m")]
)
async def test_a_panel_without_a_seat_or_a_writer_left_is_refused_before_anything_is_spent(
    panel: dict[str, Any], model: str, upstream: Upstream
):
    parameters = {"analysis_models": ["two/m"], **panel}
    async with served_by(at(upstream, one="a", two="b")) as house:
        with pytest.raises(NoEndpoint) as caught:
            await house.gateway.ask(ask(parameters=parameters, policy=wanting(only=["two"])))
    assert (caught.value.model, caught.value.code) == (model, "constraint_filtered")
    assert upstream.log == []


def shown(upstream: Upstream) -> list[str]:
    """The key that each call showed."""
    return [exchange.headers["authorization"].removeprefix("Bearer ") for exchange in upstream.log]


@requirement("ours:key-rotation", "ours:no-secret")
@pytest.mark.parametrize(("status", "reason"), [(401, "upstream_auth"), (402, "upstream_credits")])
async def test_a_refused_key_gives_way_to_the_next_and_is_not_shown_again(
    status: int, reason: str, upstream: Upstream, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.WARNING)
    upstream.script("m", [fails(status, message="no: sk-canary-first-0001"), says("Well.")])
    keys = "sk-canary-first-0001,sk-canary-other-0002"
    async with served_by({"one": Way(upstream.base_url, keys=keys)}) as house:
        runs = [await outcome(house) for _ in range(4)]
        (condition,) = house.switchboard.conditions()
        holds_no_secret(house, runs[0], caplog)
    assert attempts(runs[0]) == [("one", reason), ("one", "")]
    assert shown(upstream) == ["sk-canary-first-0001", *["sk-canary-other-0002"] * 4]
    assert (condition.endpoint, condition.state, condition.reason) == ("one", "cooling", reason)
    assert condition.key == "ONE_API_KEY, ending in 0001"
    assert len([record for record in caplog.records if reason in record.getMessage()]) == 1


@requirement("ours:key-rotation")
async def test_good_keys_are_used_in_turn_and_a_limit_moves_a_call_to_the_next(upstream: Upstream):
    upstream.script("m", [says("Well."), says("Well."), fails(429, retry_after="30"), says("Well.")])
    async with served_by({"one": Way(upstream.base_url, keys="sk-key-first-0001 sk-key-other-0002")}) as house:
        runs = [await outcome(house) for _ in range(4)]
    assert [run.status for run in runs] == ["completed"] * 4
    assert [key[-1] for key in shown(upstream)] == ["1", "2", "1", "2", "2"]


@requirement("ours:key-rotation")
async def test_keys_that_are_all_refused_are_not_shown_again_and_the_reason_stays(upstream: Upstream):
    upstream.script("m", [fails(401)])
    async with served_by({"one": Way(upstream.base_url, keys="sk-key-first-0001 sk-key-other-0002")}) as house:
        runs = [await outcome(house) for _ in range(3)]
        with pytest.raises(RunFailed) as caught:
            await house.gateway.ask(question())
    assert len(upstream.log) == 2
    assert [attempts(run) for run in runs] == [[("one", "upstream_auth")] * 2, [], []]
    assert (caught.value.status, caught.value.kind) == (502, "provider_auth")


@requirement("ours:key-rotation", "ours:breaker")
async def test_keys_that_are_limited_without_a_word_until_when_are_each_tried_once(upstream: Upstream):
    upstream.script("m", [fails(429)])
    async with served_by({"one": Way(upstream.base_url, keys="sk-key-first-0001 sk-key-other-0002")}) as house:
        assert attempts(await outcome(house)) == [("one", "rate_limited")] * 2


@requirement("ours:limits-heeded")
async def test_a_used_up_limit_on_a_good_answer_sends_the_next_call_elsewhere(upstream: Upstream):
    used_up = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "40s"}
    upstream.script("m", [whole("Well.", used_up)])
    async with served_by({"one": Way(upstream.base_url), **at(upstream, two="fine")}) as house:
        runs = [await outcome(house) for _ in range(3)]
        (condition,) = house.switchboard.conditions()
    assert who(runs) == ["one", "two", "two"]
    assert (condition.model, condition.state, condition.reason) == ("m", "cooling", "rate_limited")


@requirement("ours:limits-heeded")
async def test_where_there_is_nobody_else_a_short_limit_is_waited_for(upstream: Upstream):
    used_up = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "300ms"}
    upstream.script("m", [whole("Well.", used_up)])
    async with served_by({"one": Way(upstream.base_url)}) as house:
        runs = [await outcome(house) for _ in range(2)]
        assert house.switchboard.retries.left == 20
    assert [run.status for run in runs] == ["completed"] * 2
    first, second = upstream.log
    assert second.opened_at - first.opened_at >= 0.3


def whole(text: str, headers: dict[str, str]) -> Step:
    """A whole answer with these headers."""
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return answers(200, completion(Ask("m", {}), {"content": text}, "stop", usage), headers=headers)


@requirement("ours:breaker")
async def test_one_call_finds_out_whether_an_upstream_is_well_while_the_others_go_elsewhere(upstream: Upstream):
    upstream.script("m", [fails(500)] * 5 + [says("Well.", delay_s=0.3)])
    async with served_by({"one": Way(upstream.base_url), **at(upstream, two="fine")}) as house:
        breaker = house.switchboard.breaker(house.catalog.routes(SLUG)[0])
        for _ in range(5):
            await outcome(house)
        assert [condition.state for condition in house.switchboard.conditions()] == ["open"]
        breaker.open_until = 1e-9
        runs: list[Run] = []

        async def one_more() -> None:
            runs.append(await outcome(house))

        async with anyio.create_task_group() as group:
            for _ in range(4):
                group.start_soon(one_more)
        assert sorted(who(runs)) == ["one", "two", "two", "two"]
        assert house.switchboard.conditions() == []
        assert (await outcome(house)).provider == "one"


@requirement("ours:statistics")
async def test_what_was_learnt_of_endpoints_survives_a_restart(tmp_path: Path, upstream: Upstream):
    upstream.script("quick", [says("Well, well.", pace_s=0.01)])
    ways, store = at(upstream, one="quick", two="fault/500"), {"path": tmp_path / "runs.db"}
    async with served_by(ways, store=store) as house:
        for name in ("one", "one", "two"):
            await outcome(house, question(f"{name}/m"))
        before = house.switchboard.performance()
    async with served_by(ways, store=store) as house:
        after = house.switchboard.performance()
    assert [(one.endpoint, one.model, one.calls, one.failed) for one in before] == [
        ("one", "quick", 2, 0.0),
        ("two", "fault/500", 2, 1.0),
    ]
    assert after == before
    assert before[0].ttft_p50 and before[0].ttft_p90 and before[0].speed_p50


@requirement("wire:session")
async def test_a_session_stays_where_it_was_answered_and_others_go_first_where_the_catalogue_says(upstream: Upstream):
    upstream.script("first", [hangs(), says("Well.")])
    sticky: Any = {"session_id": "conversation-1"}
    async with served_by(at(upstream, one="first", two="fine")) as house:
        runs = [await outcome(house, question(policy=sticky)) for _ in range(3)]
        other = await outcome(house, question(policy={"session_id": "conversation-2"}))
        wished = await outcome(house, question(policy={**sticky, **wanting(order=["one"])}))
    assert who(runs) == ["two"] * 3
    assert who([other, wished]) == ["one", "one"]


@requirement("ours:pool")
async def test_a_third_call_of_two_connections_waits_its_turn_and_is_answered(upstream: Upstream):
    upstream.script("m", [says("Well.", delay_s=0.1)])
    async with served_by({"one": Way(upstream.base_url, endpoint={"connections": 2})}) as house:
        runs = await at_once(house, 3)
    assert [run.status for run in runs] == ["completed"] * 3


@requirement("ours:pool")
async def test_a_third_call_of_two_connections_that_stay_busy_fails_in_time_and_blames_no_upstream(upstream: Upstream):
    clocks = {**CLOCKS, "first_byte_s": 2.0, "call_s": 5.0, "idle_s": 5.0}
    upstream.script("m", [says("Well, well. " * 10, chunks=60, pace_s=0.05)])
    async with served_by({"one": Way(upstream.base_url, endpoint={"connections": 2})}, clocks=clocks) as house:
        with anyio.fail_after(8):
            runs = await at_once(house, 3)
        (performance,) = house.switchboard.performance()
    assert sorted(run.status for run in runs) == ["completed", "completed", "failed"]
    (failed,) = (run for run in runs if run.status == "failed")
    assert attempts(failed) == [("one", "pool_exhausted")]
    assert performance.failed == 0 and failed.cost == 0
    assert len(upstream.log) == 2


async def at_once(house: Any, count: int, request: Request | None = None) -> list[Run]:
    """So many runs at a time."""
    runs: list[Run] = []

    async def one() -> None:
        runs.append(await outcome(house, request))

    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(one)
    return runs


@requirement("ours:elsewhere", "ours:max-cost")
async def test_an_endpoint_too_dear_for_what_is_left_of_a_limit_is_not_asked(upstream: Upstream):
    panel: dict[str, Any] = {"analysis_models": [SLUG], "model": SLUG, "max_cost": 0.05}
    ways = {"one": Way(upstream.base_url, "fault/500"), "two": Way(upstream.base_url, "fine", price="900")}
    async with served_by(ways) as house:
        run = await outcome(house, ask(parameters=panel))
    assert run.status == "failed" and run.cost == 0
    assert {endpoint for endpoint, _ in attempts(run)} == {"one"}
