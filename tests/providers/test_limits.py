"""What an upstream says of its rate limits beside a good answer."""

from datetime import UTC, datetime, timedelta
from time import time

import pytest

from fuseline.providers.limits import LONGEST_S, cooling, reset_in
from tests.requirements import requirement

pytestmark = requirement("ours:limits-heeded")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"x-ratelimit-remaining-requests": "1", "x-ratelimit-reset-requests": "20s"}, 0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20s"}, 20),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m2.5s"}, LONGEST_S),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "7"}, 7),
        ({"x-ratelimit-remaining-requests": "0"}, 0),
        ({"retry-after": "3"}, 3),
        ({"retry-after": "soon"}, 0),
        ({"retry-after": "5", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9"}, 9),
    ],
)
def test_a_key_cools_until_what_is_used_up_is_full_again_and_never_longer_than_a_minute(
    headers: dict[str, str], seconds: float
):
    assert cooling(headers) == seconds


def test_a_reset_may_be_a_moment():
    soon = (datetime.now(UTC) + timedelta(seconds=12)).isoformat().replace("+00:00", "Z")
    named = "anthropic-ratelimit-output-tokens"
    assert cooling({f"{named}-remaining": "0", f"{named}-reset": soon}) == pytest.approx(12, abs=1)
    assert reset_in(str(int((time() + 30) * 1000))) == pytest.approx(30, abs=1)
    assert reset_in(str(int(time() + 30))) == pytest.approx(30, abs=1.5)


@pytest.mark.parametrize("value", ["", "nan", "-4", "inf", "1y", "2020-01-01T00:00:00Z", "2999-01-01", "6m nonsense"])
def test_a_reset_that_makes_no_sense_or_has_passed_is_none(value: str):
    assert reset_in(value) == 0


def test_a_length_may_have_several_units():
    assert [reset_in(value) for value in ("20ms", "6m0s", "1h2m3s", "2d")] == [0.02, 360, 3723, 172_800]
