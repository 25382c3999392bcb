"""The breaker of a model at an endpoint: what opens it, and how one call finds out whether to close it."""

import logging

import pytest

from fuseline.providers.breaker import LONGEST_WAIT_S, Breaker, RetryBudget
from fuseline.types.errors import NotCalled, UpstreamError
from tests.requirements import requirement

pytestmark = requirement("ours:breaker")
FAILED = UpstreamError("upstream_error", "the upstream failed", status_code=500, retryable=True)


def opened(waited: bool = False) -> Breaker:
    """A breaker that opened just now, or long enough ago to find out."""
    breaker = Breaker("lab", "m")
    for _ in range(5):
        breaker.enter()
        breaker.failed(FAILED)
    if waited:
        breaker.open_until = 1e-9
    return breaker


def turned_away(breaker: Breaker) -> bool:
    """Whether a call does not go out."""
    try:
        breaker.enter()
    except NotCalled as error:
        assert (error.reason, error.status_code, error.sent) == ("upstream_error", 500, False)
        return True
    return False


def test_five_failures_in_a_row_open_it_and_a_success_between_them_does_not():
    breaker = Breaker("lab", "m")
    for _ in range(4):
        breaker.failed(FAILED)
    breaker.succeeded()
    for _ in range(4):
        breaker.failed(FAILED)
    assert not turned_away(breaker)
    breaker.failed(FAILED)
    assert turned_away(breaker)


def test_after_the_wait_exactly_one_call_goes_through():
    breaker = opened(waited=True)
    assert [turned_away(breaker) for _ in range(3)] == [False, True, True]


def test_the_probes_success_closes_it_for_everybody():
    breaker = opened(waited=True)
    breaker.enter()
    breaker.succeeded()
    assert [turned_away(breaker) for _ in range(3)] == [False, False, False]


def test_the_probes_failure_opens_it_again_at_once():
    breaker = opened(waited=True)
    breaker.enter()
    breaker.failed(FAILED)
    assert turned_away(breaker)


@pytest.mark.parametrize("end", ["cancelled", "bad_request"])
def test_a_probe_that_finds_out_nothing_leaves_the_next_call_to(end: str):
    breaker = opened(waited=True)
    breaker.enter()
    if end == "cancelled":
        breaker.left()
    else:
        breaker.failed(UpstreamError(end, "the upstream refused the request", status_code=400))
    assert [turned_away(breaker) for _ in range(2)] == [False, True]


def test_the_operator_is_told_once_that_it_opened(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)
    breaker = opened(waited=True)
    breaker.enter()
    breaker.failed(FAILED)
    breaker.open_until = 1e-9
    breaker.enter()
    breaker.succeeded()
    assert [record.getMessage() for record in caplog.records] == [
        "m at lab is left alone for 30 s: upstream_error",
        "m at lab is well again",
    ]


def test_its_condition_says_whether_it_is_open_or_finding_out():
    assert Breaker("lab", "m").condition() is None
    breaker = opened(waited=True)
    states = [breaker.condition()]
    breaker.enter()
    states.append(breaker.condition())
    assert [(one.endpoint, one.model, one.state, one.reason) for one in states if one] == [
        ("lab", "m", "open", "upstream_error"),
        ("lab", "m", "probing", "upstream_error"),
    ]


def test_a_tenth_of_the_calls_may_be_repeats_and_what_did_not_go_out_is_given_back():
    budget = RetryBudget()
    assert [budget.take() for _ in range(21)].count(True) == 20
    for _ in range(10):
        budget.called()
    budget.left = round(budget.left, 6)
    assert budget.take() and not budget.take()
    budget.give_back()
    assert budget.take()


def test_to_wait_for_a_key_that_was_never_called_is_no_repeat():
    budget = RetryBudget(left=0.0)
    limited = NotCalled("rate_limited", "not called", status_code=429, retry_after=0.2)
    assert budget.wait(limited, 60) == pytest.approx(0.325, abs=0.13)
    assert budget.wait(NotCalled("rate_limited", "no", retry_after=LONGEST_WAIT_S + 1), 600) is None
    assert budget.wait(FAILED, 60) is None
