"""How well endpoints serve, from the latest calls."""

import pytest

from fuseline.providers.statistics import KEPT, Statistics
from fuseline.types.performance import Performance, Timing, timing_of
from tests.requirements import requirement

pytestmark = requirement("ours:statistics")


def test_figures_are_the_median_and_what_nine_in_ten_calls_reach():
    statistics = Statistics()
    for number in range(1, 11):
        statistics.window("lab", "m").note(Timing(False, number / 10, number * 10.0))
    assert list(statistics.summary()) == [Performance("lab", "m", 10, 0.0, 0.5, 0.9, 60.0, 20.0)]


def test_failed_calls_count_by_their_share_and_not_by_their_times():
    window = Statistics().window("lab", "m")
    for timing in (Timing(True), Timing(True, 9.0), Timing(False, 1.0), Timing(False, 1.0)):
        window.note(timing)
    assert (window.failed, window.ttft(90), window.speed(50)) == (0.5, 1.0, None)


def test_only_the_latest_calls_count():
    window = Statistics().window("lab", "m")
    for _ in range(KEPT):
        window.note(Timing(True))
    assert window.failed == 1.0
    for _ in range(KEPT):
        window.note(Timing(False, 0.1))
    assert (window.failed, window.ttft(50)) == (0.0, 0.1)


@pytest.mark.parametrize(
    ("error", "ttft_s", "duration_s", "tokens", "timing"),
    [
        ("", 0.5, 2.5, 100, Timing(False, 0.5, 50.0)),
        ("", 2.5, 2.5, 100, Timing(False, 2.5)),
        ("", None, 2.5, 0, Timing(False)),
        ("upstream_error", None, 0.1, None, Timing(True)),
        ("idle_timeout", 0.5, 2.5, 100, Timing(True, 0.5)),
        ("bad_request", None, 0.1, None, Timing(False)),
        ("context_length", None, 0.1, None, Timing(False)),
    ],
)
def test_a_call_shows_what_it_can_and_a_request_that_was_wrong_is_no_failure_of_the_upstream(
    error: str, ttft_s: float | None, duration_s: float, tokens: int | None, timing: Timing
):
    assert timing_of(error, ttft_s, duration_s, tokens) == timing
