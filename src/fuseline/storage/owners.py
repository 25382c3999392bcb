"""Which process a run belongs to, and whether it still lives, so that runs of the dead can be settled."""

import os
import sys
from pathlib import Path

DEAD_STATES = ("Z", "X")


def this_process() -> str:
    """The mark of this process: its id, and when it started, because ids are used again."""
    return f"{os.getpid()}:{started(os.getpid())}"


def alive(owner: str) -> bool:
    """Whether the process that left this mark is still there."""
    pid, _, start = owner.partition(":")
    if not pid.isdigit():
        return False
    return started(int(pid)) == start if start else answers(int(pid))


def started(pid: int) -> str:
    """When a process began, in the kernel's own ticks; empty where it is dead, or the system does not say."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()  # the name in brackets may hold spaces
    return "" if fields[0] in DEAD_STATES else fields[19]


def answers(pid: int) -> bool:
    """Whether there is a process of that id. Where that cannot be asked, yes: to fail a living run is worse."""
    if sys.platform == "win32":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
