"""Runs one command, and turns whatever goes wrong into a sentence, a next step and an exit code."""

import logging
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module

from fuseline.doors.cli import codes
from fuseline.doors.cli.terminal import let_go, one_line, prepare_streams
from fuseline.types.errors import (
    BadConfiguration,
    FuselineError,
    InvalidRequest,
    ModelNotFound,
    NotFound,
    NothingToCall,
    OverBudget,
    RunFailed,
    Unauthorized,
)


def run(module: str, arguments: Mapping[str, object], *, debug: bool) -> int:
    """Run a command's module and return its exit code. A traceback is shown only where `debug` asks for it."""
    prepare_streams()
    logging.basicConfig(
        level=logging.DEBUG if debug else logging.CRITICAL + 1
    )  # to standard error; `serve` sets its own
    try:
        return int(import_module(module).run(**arguments))
    except KeyboardInterrupt:
        return codes.INTERRUPTED
    except BrokenPipeError:
        let_go()
        return codes.BROKEN_PIPE
    except FuselineError as error:
        told = error
    except Exception as error:  # the door of the program: a fault of ours is told in a sentence, too
        told = FuselineError(f"something went wrong in fuseline itself ({type(error).__name__})")
        told.__cause__ = error
    if debug:
        traceback.print_exception(told)
    return complain(told)


def complain(error: FuselineError) -> int:
    """Print an error as a sentence with what to do next, and return its exit code."""
    print(f"fuseline: {one_line(error.message)}", file=sys.stderr)
    print(f"next: {next_step(error)}", file=sys.stderr, flush=True)
    return exit_code(error)


def exit_code(error: FuselineError) -> int:
    """The exit code that an error stands for."""
    match error:
        case OverBudget():
            return codes.OVER_BUDGET
        case RunFailed(failures=failures) if any(one.get("reason") == "budget_exhausted" for one in failures):
            return codes.OVER_BUDGET
        case BadConfiguration() | Unauthorized() | RunFailed(kind="provider_auth"):
            return codes.NOT_CONFIGURED
        case NotFound():
            return codes.FAILED
        case InvalidRequest():
            return codes.USAGE
        case _:
            return codes.FAILED


def next_step(error: FuselineError) -> str:
    """What to do about an error: a command, wherever one helps."""
    if exit_code(error) == codes.OVER_BUDGET:
        return "allow more with --max-cost, or take a cheaper panel: fuseline ask --preset general-budget"
    match error:
        case NothingToCall():
            return "fuseline demo"
        case ModelNotFound():
            return "fuseline models"
        case InvalidRequest(param="endpoint"):
            return "fuseline keys list"
        case InvalidRequest(param="documents"):
            return "fuseline docs list"
        case NotFound():
            return "fuseline runs"
        case InvalidRequest(param="preset"):
            return "fuseline presets"
        case InvalidRequest(param="engine"):
            return "fuseline search --engines"
        case InvalidRequest(param="words"):
            return "fuseline search --help"
        case InvalidRequest(param="recording"):
            return "fuseline demo --list"
        case InvalidRequest():
            return "fuseline ask --help"
        case BadConfiguration():
            return "correct that setting, then run the same command again"
        case FuselineError(run=run) if run is not None:
            return f"fuseline runs show {run.id}"
        case _:
            return "run the same command as `fuseline --debug ...` to see more"
