"""The process in which strangers' bytes are made into text: one page after the other, under limits, without a network.

It is started as `python -m fuseline.pages.worker html 5`, with the kind of pages and the seconds for each, and speaks
frames on standard input and output.
"""

import contextlib
import json
import os
import struct
import sys
import time
from collections.abc import Iterator
from typing import BinaryIO

from fuseline.pages.base import PageFailed
from fuseline.pages.readers.base import reader_of

if sys.platform != "win32":
    import resource

FRAME = struct.Struct(">II")
"""The lengths of what comes next: JSON, and then bytes."""
CPU_S = 5
"""Seconds of work that one page may cost, to the next full one."""
ROOM = {"html": 512 << 20, "pdf": 256 << 20}
"""Bytes of memory beside what the process has when its libraries are loaded."""
REFUSED = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "ctypes.")
"""What a page is made into text without. Whoever gets past a parser would want these first."""


def main(kind: str, cpu_s: int) -> None:
    """Read pages until nobody sends any."""
    source, sink = own_streams()
    reader_of(kind)
    confine(ROOM[kind])
    for told, body in frames(source):
        allow(cpu_s)
        answer = json.dumps(answer_to(told, body)).encode()
        sink.write(FRAME.pack(len(answer), 0) + answer)
        sink.flush()


def own_streams() -> tuple[BinaryIO, BinaryIO]:
    """The two streams of frames, out of reach of libraries that print."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return sys.stdin.buffer, sink


def frames(source: BinaryIO) -> Iterator[tuple[dict[str, str], bytes]]:
    """What is asked: a page's kind, charset and address, and its bytes."""
    while head := source.read(FRAME.size):
        told, size = FRAME.unpack(head)
        yield json.loads(source.read(told)), source.read(size)


def answer_to(told: dict[str, str], body: bytes) -> dict[str, str]:
    """The text of a page, or why there is none."""
    try:
        read = reader_of(told["kind"]).read(body, told["charset"], told["url"])
    except PageFailed as failed:
        return {"verdict": failed.verdict, "shown": failed.shown}
    except MemoryError:
        return {"verdict": "limit:size", "shown": "too_large"}
    except Exception:  # whatever a stranger's page does to a library, the next page is another one
        return {"verdict": "failed:extract", "shown": "unreadable"}
    return {"title": read.title, "text": read.text, "truncated": read.truncated}


def confine(room: int) -> None:
    """Take from this process what it needs no more: memory without bound, files to write, sockets, children."""
    sys.addaudithook(refuse)
    if sys.platform != "win32":
        os.nice(5)
        limit(resource.RLIMIT_FSIZE, 0)
        limit(resource.RLIMIT_CORE, 0)
        if taken := address_space():
            limit(resource.RLIMIT_AS, taken + room)


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """Stop what no reader of pages does.

    :raises PermissionError: for each of them.
    """
    writing = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if writing or event.startswith(REFUSED):
        raise PermissionError(f"a reader of pages does not use {event}")


def allow(seconds: int) -> None:
    """Give the next page so many seconds of work; the system kills the process after them."""
    if sys.platform != "win32":
        limit(resource.RLIMIT_CPU, int(time.process_time()) + 1 + seconds)


def limit(what: int, most: int) -> None:
    """Set a limit, where the system knows it."""
    if sys.platform != "win32":
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (most, resource.getrlimit(what)[1]))


def address_space() -> int:
    """Bytes of address space that this process has; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as figures:
            return int(figures.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
