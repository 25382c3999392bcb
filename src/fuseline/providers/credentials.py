"""How a call shows who pays for it: by a key in a header, or by what a vendor's own library makes for the call."""

from collections.abc import Mapping
from typing import Protocol

from fuseline.providers.signing import AwsSigner
from fuseline.providers.tokens import AzureToken, GoogleToken, Renewed
from fuseline.types.models import Auth

SCHEMES: Mapping[Auth, tuple[str, str]] = {
    "bearer": ("Authorization", "Bearer {}"),
    "api-key": ("api-key", "{}"),
    "x-api-key": ("x-api-key", "{}"),
    "x-goog-api-key": ("x-goog-api-key", "{}"),
}
"""The header of each scheme that is a header with the key in it, and how the key stands there."""
KEYED: Mapping[Auth, Auth] = {"aws": "bearer", "gcp": "x-goog-api-key", "azure": "api-key"}
"""How a vendor whose library signs takes a key all the same."""


class Credential(Protocol):
    """What shows an upstream who pays. Its `repr` holds no secret."""

    async def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """The headers that go with this very call; nothing of them may go to another address.

        :raises UpstreamError: when the vendor's library finds nothing to sign with; then the call is not sent.
        """
        ...

    def redact(self, text: str) -> str:
        """A text of the upstream's without what was shown to it."""
        ...


class KeyHeader:
    """A key in a header, the same for every call; nothing where there is no key."""

    def __init__(self, scheme: Auth, key: str) -> None:
        self._scheme = scheme
        self._key = key
        self._headers = key_headers(scheme, key)

    async def headers(self, method: str, url: str, body: bytes) -> Mapping[str, str]:
        """The one header."""
        return self._headers

    def redact(self, text: str) -> str:
        """A text without the key."""
        return text.replace(self._key, "***") if self._key else text

    def __repr__(self) -> str:
        return f"KeyHeader({self._scheme!r})"


def credential_for(scheme: Auth, key: str, base_url: str) -> Credential:
    """What calls of an endpoint show: its key, or where it has none and its vendor's library signs, what that makes.

    Loads no library and asks nobody; the first call does.
    """
    if key or scheme not in KEYED:
        return KeyHeader(scheme, key)
    match scheme:
        case "aws":
            return AwsSigner(base_url)
        case "gcp":
            return Renewed(GoogleToken())
        case _:
            return Renewed(AzureToken())


def key_headers(scheme: Auth, key: str) -> dict[str, str]:
    """The header that shows `key`; none where there is no key."""
    if not key:
        return {}
    header, form = SCHEMES[KEYED.get(scheme, scheme)]
    return {header: form.format(key)}
