"""The keys of one endpoint: taken in turn, set aside each by itself, and never shown."""

import logging

import pytest

from fuseline.providers.keyring import Key, KeyRing
from fuseline.types.errors import NotCalled, UpstreamError
from tests.requirements import requirement

pytestmark = requirement("ours:key-rotation")


def ring(*secrets: str) -> KeyRing:
    """Keys of an endpoint of this name."""
    return KeyRing([Key("lab", secret, f"LAB_API_KEY, ending in {secret[-4:]}") for secret in secrets])


def refused(reason: str = "upstream_auth", status: int = 401, **more: float) -> UpstreamError:
    """The error of a call that failed for its key."""
    return UpstreamError(reason, "the upstream refused our key", status_code=status, **more)  # pyright: ignore[reportArgumentType]


def test_keys_are_taken_in_turn():
    keys = ring("first", "second", "third")
    assert [keys.take("m").secret for _ in range(4)] == ["first", "second", "third", "first"]


def test_a_refused_key_is_passed_over_for_every_model_while_there_is_another():
    keys = ring("first", "second")
    keys.keys[0].failed("m", refused())
    assert {keys.take(model).secret for model in ("m", "n", "m", "n")} == {"second"}


@pytest.mark.parametrize(
    ("reason", "status"), [("upstream_auth", 401), ("upstream_credits", 402), ("upstream_spend_limit", 429)]
)
def test_when_all_keys_are_refused_a_model_is_not_called_and_the_reason_is_theirs(reason: str, status: int):
    keys = ring("first", "second")
    for key in keys.keys:
        key.failed("m", refused(reason, status))
    with pytest.raises(NotCalled) as caught:
        keys.take("m")
    assert (caught.value.reason, caught.value.status_code, caught.value.sent) == (reason, status, False)
    assert not caught.value.retryable
    assert not keys.serves("m")


def test_a_lone_key_that_one_model_is_refused_for_is_still_tried_for_others():
    keys = ring("only")
    keys.take("m").failed("m", refused())
    assert keys.take("n").secret == "only"


def test_a_success_restores_its_own_key_and_no_other():
    keys = ring("first", "second", "third")
    keys.keys[0].failed("m", refused())
    keys.keys[1].failed("m", refused())
    keys.keys[0].succeeded("n")
    assert [key.in_favour for key in keys.keys] == [True, False, True]
    assert keys.keys[0].outage("m"), "what served another model is still refused for this one"


def test_a_rate_limit_holds_one_key_for_one_model_as_long_as_was_asked_and_can_be_waited_for():
    keys = ring("only")
    keys.keys[0].failed("m", refused("rate_limited", 429, retry_after=8.0))
    keys.keys[0].succeeded("m")
    with pytest.raises(NotCalled) as caught:
        keys.take("m")
    assert caught.value.retryable and caught.value.retry_after == pytest.approx(8.0, abs=0.5)
    assert keys.take("n").secret == "only"


def test_an_upstream_cannot_shut_a_key_for_longer_than_five_minutes_by_its_limit():
    key = ring("only").keys[0]
    key.failed("m", refused("rate_limited", 429, retry_after=86_000.0))
    with pytest.raises(NotCalled) as caught:
        KeyRing([key]).take("m")
    assert caught.value.retry_after == pytest.approx(300, abs=1)


def test_the_operator_is_told_once_which_key_it_is_and_no_more_of_it_than_its_end(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.WARNING)
    key = ring("sk-very-secret-0001").keys[0]
    for model in ("m", "m", "n"):
        key.failed(model, refused())
    assert [record.getMessage() for record in caplog.records] == [
        "the key of lab (LAB_API_KEY, ending in 0001) is set aside until the next start: the upstream refused our key "
        "(upstream_auth)"
    ]
    assert "secret" not in f"{key!r}{key}{key.conditions()}"


def test_what_is_held_against_a_key_can_be_looked_up_until_when():
    key = ring("first").keys[0]
    key.cool("m", 20)
    key.failed("n", refused("upstream_credits", 402))
    (aside,) = key.conditions()
    assert (aside.endpoint, aside.model, aside.state, aside.reason) == ("lab", "", "cooling", "upstream_credits")
    assert aside.until is not None
    key.succeeded("n")
    (limited,) = key.conditions()
    assert (limited.model, limited.reason) == ("m", "rate_limited")


def test_a_key_that_is_refused_is_held_so_until_the_next_start():
    key = ring("first").keys[0]
    key.failed("m", refused())
    assert [condition.until for condition in key.conditions()] == [None]
