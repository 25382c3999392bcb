"""One request at an inference endpoint, once it has been read, and how it can end."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from multidict import CIMultiDict
from starlette.types import Receive, Send

from fuseline.types.events import Failed, Finished
from fuseline.types.requests import Request
from fuseline.types.runs import Run
from fuseline.wires.base import ServerWire


@dataclass(frozen=True, slots=True)
class Visit:
    """What a client sent, as bytes and as it was understood."""

    wire: ServerWire
    request: Request
    headers: CIMultiDict[str]
    body: bytes
    receive: Receive


@dataclass(frozen=True, slots=True)
class Left:
    """The client went away, or the server did, before there was an outcome."""

    run: Run | None = None


Ending = Finished | Failed | Left
Serve = Callable[[Visit, Send], Awaitable[Ending]]
"""Answers a visit. A client that goes away is an ending, not an error."""
