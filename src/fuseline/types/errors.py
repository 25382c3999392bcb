"""Everything that can go wrong, named after what a caller would do about it.

FuselineError                     carries `status`, `kind` (the stable error_type) and a sentence
├── InvalidRequest                the client must change something
│   ├── ModelNotFound             no such model, or none that can be reached
│   ├── NoEndpoint                the model is there, but the request's wishes leave nobody to ask for it
│   └── NotFound                  no such run
├── Unauthorized                  no key, or not the right one
├── BadConfiguration              a setting or file is wrong; nothing was started
├── NothingToCall                 no key is set and no local server answers
├── OverBudget                    the run's own limit on cost leaves no room
├── UpstreamError                 one call failed; `reason` is its row of the fault table
│   ├── NotCalled                 the upstream, or the key for it, is known to fail: nothing was sent
│   └── ParameterRefused          the upstream does not know an optional parameter
├── RunFailed                     no answer could be made; money may have been spent
├── TooBusy                       more runs at a time than this server takes
└── StorageFailed                 the run could not be written down, so it was not begun
"""

from collections.abc import Sequence
from dataclasses import dataclass

from fuseline.types.json import JsonObject
from fuseline.types.replies import Usage
from fuseline.types.runs import Run

LONGEST_NAME = 160
"""Characters of a name that are said back; a longer one is no name."""


class FuselineError(Exception):
    """The root. `str()` of it is a full sentence that names the thing and holds no secret."""

    status = 500
    kind = "server"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.run: Run | None = None
        """The run that ended with this error, with what it had cost; `None` where none was begun."""


class InvalidRequest(FuselineError):
    """The request cannot be served as it stands; `param` is the path to what is wrong."""

    status = 400
    kind = "invalid_request"

    def __init__(self, message: str, param: str | None = None, *, kind: str = "", status: int = 0) -> None:
        super().__init__(message)
        self.param = param
        self.kind = kind or type(self).kind
        self.status = status or type(self).status


class ModelNotFound(InvalidRequest):
    """No model of that name can be called here."""

    model = ""
    """The name, where it is known which of the request's models it is."""

    def __init__(self, message: str, param: str | None = None, *, nearest: Sequence[str] = ()) -> None:
        super().__init__(message, param)
        self.nearest = tuple(nearest)
        """Slugs that can be called and are spelt much like it, the nearest first."""


class NoEndpoint(InvalidRequest):
    """The model can be called, but none of the endpoints that serve it may be asked."""

    status = 404
    kind = "not_found"

    def __init__(self, message: str, model: str, code: str, excluded_by: Sequence[str] = ()) -> None:
        super().__init__(message, "provider")
        self.model = model
        self.code = code
        """`privacy_restricted`, `constraint_filtered` or `no_endpoints`."""
        self.excluded_by = tuple(excluded_by)
        """What kept each endpoint out, in the vendor's words."""


def shown(name: str) -> str:
    """A name from outside as it may be said back: cut where it is longer than any, with nothing unprintable in it."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in name[:LONGEST_NAME])


class NotFound(InvalidRequest):
    """There is no such thing to look up."""

    status = 404
    kind = "not_found"


class Unauthorized(FuselineError):
    """The caller's key is missing or wrong; the message is the same for every cause."""

    status = 401
    kind = "authentication"


class BadConfiguration(FuselineError):
    """A setting is wrong. The message names the file, the line and the key where there are any."""


class NothingToCall(BadConfiguration):
    """There is no model to call: no key is set, no endpoint configured, and no local server answered."""


class OverBudget(FuselineError):
    """The run's `max_cost` leaves no room for what it would have to spend next."""

    status = 402
    kind = "payment_required"


@dataclass(frozen=True, slots=True)
class Partial:
    """What a call had brought before it broke."""

    text: str = ""
    reasoning: str = ""
    usage: Usage | None = None
    damaged: bool = False
    """Whether something is missing or replaced within the text, rather than only at its end."""


class UpstreamError(FuselineError):
    """A call to an upstream failed. The message never holds the upstream's raw text unredacted."""

    status = 502
    kind = "provider_unavailable"

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        status_code: int | None = None,
        provider_code: str = "",
        retryable: bool = False,
        retry_after: float | None = None,
        sent: bool = True,
        partial: Partial | None = None,
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.status_code = status_code
        """What the upstream answered, where it answered at all."""
        self.provider_code = provider_code
        self.retryable = retryable
        self.retry_after = retry_after
        self.sent = sent
        """Whether the request may have reached the upstream, so that it may be charged."""
        self.partial = partial or Partial()


class NotCalled(UpstreamError):
    """Nothing was sent, since this upstream or every key for it failed just now; `reason` is what it failed with."""

    def __init__(
        self, reason: str, message: str, *, status_code: int | None = None, retry_after: float | None = None
    ) -> None:
        waits = retry_after is not None
        super().__init__(reason, message, status_code=status_code, retryable=waits, retry_after=retry_after, sent=False)


class ParameterRefused(UpstreamError):
    """The upstream refused an optional parameter: the call can go again without it."""

    def __init__(self, parameter: str, message: str, *, status_code: int) -> None:
        super().__init__("unprocessable" if status_code == 422 else "bad_request", message, status_code=status_code)
        self.parameter = parameter


class RunFailed(FuselineError):
    """A run ended without an answer. `failures` names each part that failed; money may have been spent."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        kind: str,
        reason: str,
        retry_after: float | None = None,
        failures: Sequence[JsonObject] = (),
        provider_code: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.reason = reason
        self.provider_code = provider_code
        """The upstream's own word for what ended the run, where it had one."""
        self.retry_after = retry_after
        self.failures = tuple(failures)


class TooBusy(FuselineError):
    """This server has as many runs open as it takes; the same request can be sent again soon."""

    status = 503
    kind = "provider_overloaded"
    retry_after = 2.0


class StorageFailed(FuselineError):
    """The database refused a write that had to be durable before money could be spent."""

    status = 503
    kind = "server"
