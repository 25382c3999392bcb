"""The seam behind which models live: ask one, hear it speak, get its whole reply."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from fuseline.types.models import Model
from fuseline.types.replies import Delta, Reply
from fuseline.types.requests import Request

Hear = Callable[[Delta], Awaitable[None]]
"""Where a speaking model is heard. It may wait: then the upstream waits too."""


class Provider(Protocol):
    """Something that can carry a request to a model."""

    async def speak(self, request: Request, model: Model, hear: Hear, call_s: float) -> Reply:
        """Send the request, tell `hear` each piece as it comes, and return the whole reply.

        Makes one attempt of at most `call_s` seconds.

        :raises UpstreamError: when there is no usable reply; it carries what had come.
        """
        ...
