"""What all tests share: asyncio, and an environment without anybody's keys or settings."""

import gc
import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The loop that the doors and the storage run on."""
    return "asyncio"


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:  # pyright: ignore[reportUnusedFunction]
    """Where each test finds a home of its own: pytest looks through all of its folders for the number of the next."""
    homes = tmp_path_factory.mktemp("homes")
    return (homes / str(number) for number in count())


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, _homes: Iterator[Path]) -> None:  # pyright: ignore[reportUnusedFunction]
    """Hide keys and settings of whoever runs the tests."""
    for name in list(os.environ):
        if name.endswith("_API_KEY") or name.startswith("FUSELINE_"):
            monkeypatch.delenv(name)
    home = next(_homes)
    home.mkdir()
    monkeypatch.setenv("FUSELINE_HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("FUSELINE_LOCAL_PROBE", "false")


MEASURED = (
    "browser",
    "load",
    "catalog/test_nearest.py::test_to_find_what_is_near_takes_no_longer_than_a_few_milliseconds",
    "catalog/test_quick.py",
    "doors/http/test_leaving.py",
    "faults/test_fallback_drills.py",
    "faults/test_panel_faults.py::test_a_faulty_seat_comes_to_what_its_row_says_and_the_run_completes[F24-drip",
    "faults/test_panel_faults.py::test_a_faulty_seat_comes_to_what_its_row_says_and_the_run_completes[F36-many",
    "doors/http/test_messages.py::test_a_stream_that_waits_is_kept_open_with_pings",
    "doors/http/test_pace.py",
    "doors/http/test_structured.py::test_a_repair_has_a_quarter_of_the_time_that_is_left",
    "engine/test_validation.py::test_a_hostile_schema_is_done_with_in_bounded_time",
    "engine/test_validation.py::test_to_find_out_whether_a_schema_is_one_takes_bounded_time",
)
"""What says how long something may take, or how much memory: `make test` runs it with no other test beside it."""
SLOW = (
    *MEASURED,
    "faults",
    "real/test_litellm.py",
    "real/test_llamacpp.py",
    "replay",
    "catalog/test_keys.py::test_no_library_of_an_extra_is_loaded_before_it_is_needed",
    "catalog/test_keys.py::test_writers_at_the_same_time_lose_no_key",
    "doors/cli",
    "doors/console/test_shipping.py",
    "doors/test_demo.py",
    "doors/http/test_account.py",
    "doors/http/test_anthropic_sdk.py",
    "doors/http/test_cache.py",
    "doors/http/test_headers.py",
    "doors/http/test_houses.py",
    "doors/http/test_idempotency.py",
    "doors/http/test_models.py",
    "doors/http/test_openai_responses.py",
    "doors/http/test_openai_sdk.py",
    "doors/http/test_schemathesis.py",
    "doors/http/test_structured.py",
    "docs/test_snippets.py",
    "documents/test_any_file.py",
    "documents/test_measuring.py",
    "documents/test_surviving.py",
    "engine/test_digests.py::test_any_answers_fit_into_any_window_above_a_minimum",
    "engine/test_long_answers.py",
    "engine/test_spending.py::test_honest_upstreams_cannot_make_a_run_cost_more_than_its_limit",
    "pages/test_reading.py::test_a_page_that_takes_too_much_work_is_given_up",
    "pages/test_reading.py::test_bombs_cost_bounded_memory_and_the_next_page_is_read_all_the_same",
    "storage/test_history.py::test_a_run_of_another_process_is_left_alone_until_it_has_ended",
    "storage/test_opening.py",
    "storage/test_replies.py",
    "storage/test_survival.py",
    "upstream",
    "wires/messages/test_requests.py::test_any_request_is_understood_or_refused",
    "wires/responses/test_any_body.py",
    "wires/responses/test_writing.py::test_every_event_is_what_the_vendors_schema_says",
    "wires/test_any_body.py",
    "wires/test_any_run.py",
    "wires/test_calls_afar.py::test_what_is_asked_of_an_upstream_is_read_as_it_was_meant",
    "wires/test_reading.py::test_no_event_whatever_it_holds",
    "wires/test_reading_afar.py::test_no_events_whatever_they_hold",
    "wires/test_requests.py::test_what_is_written_for_an_upstream_reads_as_it_was",
)
"""What `make check` leaves out: whole processes, real waits, much text, and what is tried in every combination."""
HERE = Path(__file__).parent
COLLECTED = pytest.StashKey[tuple[pytest.Item, ...]]()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave a file unread of which nothing will be run: to read them all takes longer than most of them run."""
    name = collection_path.relative_to(HERE).as_posix()
    if collection_path.is_dir():
        return (name in SLOW and config.getoption("markexpr") == "not slow") or None
    match config.getoption("markexpr"):
        case "not slow":
            return name.startswith(SLOW) or None
        case "measured":
            return not any(name.startswith(one) or one.startswith(name) for one in MEASURED) or None
        case _:
            return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what is slow and what measures, so that each can be left out; note what there is before any is."""
    for item in items:
        name = f"{item.path.relative_to(HERE).as_posix()}::{item.name}"
        if name.startswith(MEASURED):
            item.add_marker(pytest.mark.measured)
        if name.startswith(SLOW):
            item.add_marker(pytest.mark.slow)
    config.stash[COLLECTED] = tuple(items)


@pytest.fixture
def collected(pytestconfig: pytest.Config) -> tuple[pytest.Item, ...]:
    """All tests that were found, those included that another run is for."""
    return pytestconfig.stash[COLLECTED]


def pytest_collection_finish() -> None:
    """Spare the garbage collector what thousands of tests consist of, which stays to the end."""
    gc.collect()
    gc.freeze()
