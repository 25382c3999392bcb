"""What a command line cannot mean, and what each error comes to: a sentence, a next step, an exit code."""

import os
import sys
from collections.abc import Iterator

import pytest

from fuseline.doors.cli import door
from fuseline.doors.cli.question import request_of
from fuseline.doors.cli.wish import Wish
from fuseline.types.errors import (
    BadConfiguration,
    FuselineError,
    InvalidRequest,
    ModelNotFound,
    NothingToCall,
    OverBudget,
    RunFailed,
    StorageFailed,
    Unauthorized,
)

ASK = "fuseline.doors.cli.ask"


@pytest.fixture(autouse=True)
def _nothing_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    with open(os.devnull) as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        yield


def failed(kind: str = "provider_unavailable", reason: str = "upstream_error") -> RunFailed:
    return RunFailed("no", status=502, kind=kind, reason=reason, failures=[{"model": "a", "reason": reason}])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (FuselineError("no"), 1),
        (failed(), 1),
        (StorageFailed("no"), 1),
        (InvalidRequest("no"), 2),
        (ModelNotFound("no"), 2),
        (NothingToCall("no"), 3),
        (BadConfiguration("no"), 3),
        (Unauthorized("no"), 3),
        (failed("provider_auth", "upstream_auth"), 3),
        (OverBudget("no"), 5),
        (failed("provider_payment_required", "budget_exhausted"), 5),
    ],
)
def test_each_error_has_its_exit_code(error: FuselineError, code: int):
    assert door.exit_code(error) == code


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        (Wish(), "there is no question"),
        (Wish("-"), "there is no question"),
        (Wish("Why?", self_fusion="lab/a"), "--self takes MODEL"),
        (Wish("Why?", self_fusion="lab/a*9"), "--self takes MODEL"),
        (Wish("Why?", self_fusion="lab/a*2", panel="lab/b"), "give one of them"),
        (Wish("Why?", panel="lab/a,,lab/b"), "--panel takes 1 to 8 models"),
        (Wish("Why?", panel=",".join("abcdefghi")), "--panel takes 1 to 8 models"),
        (Wish("Why?", max_cost=0), "--max-cost takes US dollars"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_before_anything_is_opened(wish: Wish, sentence: str):
    with pytest.raises(InvalidRequest, match=sentence):
        request_of(wish)


def test_an_error_is_a_sentence_and_a_next_step_and_debug_shows_where_it_came_from(
    capsys: pytest.CaptureFixture[str],
):
    arguments = {"wish": Wish("Why?", panel=",")}
    assert door.run(ASK, arguments, debug=False) == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == (
        "", "fuseline: --panel takes 1 to 8 models between commas\nnext: fuseline ask --help\n",
    )  # fmt: skip
    door.run(ASK, arguments, debug=True)
    assert "Traceback" in capsys.readouterr().err


def test_a_fault_of_ours_is_told_without_a_traceback(capsys: pytest.CaptureFixture[str]):
    assert door.run(ASK, {"wish": None}, debug=False) == 1
    said = capsys.readouterr().err
    assert "something went wrong in fuseline itself (AttributeError)" in said
    assert "Traceback" not in said
