"""Tokens that a vendor's own library fetches: Google's and Azure's. They end, and are fetched again before they do."""

import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from functools import cached_property
from typing import Any, Protocol

from anyio import CapacityLimiter, to_thread

from fuseline.catalog.extras import borrow
from fuseline.types.errors import UpstreamError

logger = logging.getLogger(__name__)

EARLY_S = 225.0
"""Seconds before its end in which a token is not begun with: what Google's library keeps clear of."""
GOOGLE_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
AZURE_SCOPE = "https://cognitiveservices.azure.com/.default"


@dataclass(frozen=True, slots=True)
class Lease:
    """What may be shown, and until when."""

    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    until: float = 0.0
    """Seconds since 1970."""


class TokenSource(Protocol):
    """A vendor's library, asked for a token. It blocks."""

    vendor: str

    def fetch(self) -> Lease:
        """Fetch a new token.

        :raises UpstreamError: when there is none to be had.
        """
        ...


class Renewed:
    """Shows a token, and fetches the next in a thread when it nears its end: one fetch at a time, however many wait."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source
        self._lease = Lease()
        self._turn = CapacityLimiter(1)
        self._one = threading.Lock()
        """For the thread of a call that was given up: it still fetches when the next call begins to."""

    async def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """The token, the same for every call while it lasts.

        :raises UpstreamError: when there is none to be had; then the call is not sent.
        """
        if self._left() < EARLY_S:
            await to_thread.run_sync(self._renew, abandon_on_cancel=True, limiter=self._turn)
        return self._lease.headers

    def redact(self, text: str) -> str:
        """A text without the token."""
        for value in self._lease.headers.values():
            text = text.replace(value.removeprefix("Bearer "), "***")
        return text

    def _left(self) -> float:
        return self._lease.until - time.time()

    def _renew(self) -> None:
        with self._one:
            if self._left() >= EARLY_S:
                return
            try:
                self._lease = self._source.fetch()
            except UpstreamError as error:
                if self._left() <= 0:
                    raise
                logger.warning("the token for %s could not be renewed yet: %s", self._source.vendor, error.message)

    def __repr__(self) -> str:
        return f"Renewed({self._source.vendor})"


class GoogleToken:
    """Google's application default credentials: a service account, a user's login, a workload's identity."""

    vendor = "Google"

    def fetch(self) -> Lease:
        """Fetch an access token.

        :raises UpstreamError: when there are no credentials, or Google refuses them.
        """
        headers: dict[str, str] = {}
        errors = borrow("google.auth.exceptions")
        try:
            self._credentials.refresh(borrow("google.auth.transport.requests").Request())
            self._credentials.apply(headers)  # beside the token, the project that is to be billed
        except (errors.GoogleAuthError, OSError, ValueError) as error:
            passing = isinstance(error, errors.TransportError) or bool(getattr(error, "retryable", False))
            raise unsigned(self.vendor, error, retryable=passing) from None
        ends = self._credentials.expiry
        return Lease(headers, ends.replace(tzinfo=UTC).timestamp() if ends else float("inf"))

    @cached_property
    def _credentials(self) -> Any:
        credentials, _ = borrow("google.auth").default(scopes=[GOOGLE_SCOPE])
        return credentials


class AzureToken:
    """Azure's default credential: a service principal, a workload's or machine's identity, a developer's login."""

    vendor = "Azure"

    def fetch(self) -> Lease:
        """Fetch an access token for Azure's model services.

        :raises UpstreamError: when there are no credentials, or Azure refuses them.
        """
        errors = borrow("azure.core.exceptions")
        try:
            token = self._credential.get_token(AZURE_SCOPE)
        except (errors.AzureError, OSError, ValueError) as error:
            raise unsigned(self.vendor, error, retryable=isinstance(error, errors.ServiceRequestError)) from None
        return Lease({"Authorization": f"Bearer {token.token}"}, token.expires_on)

    @cached_property
    def _credential(self) -> Any:
        return borrow("azure.identity").DefaultAzureCredential()


def unsigned(vendor: str, error: Exception, *, retryable: bool = False) -> UpstreamError:
    """The failure of a call that could not be signed. What the library said may hold more than may be told.

    One that may pass is told as a connection that failed, not as a refusal, after which nobody would try again.
    """
    return UpstreamError(
        "connect_refused" if retryable else "upstream_auth",
        f"nothing to sign with could be had from {vendor}'s library ({type(error).__name__})",
        retryable=retryable,
        sent=False,
    )
