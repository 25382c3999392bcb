"""How a call shows its key. It knows no endpoint: it is told the scheme, and the key that belongs to the address."""

from collections.abc import Mapping

from fuseline.types.models import Auth

SCHEMES: Mapping[Auth, tuple[str, str]] = {
    "bearer": ("Authorization", "Bearer {}"),
    "api-key": ("api-key", "{}"),
    "x-api-key": ("x-api-key", "{}"),
    "x-goog-api-key": ("x-goog-api-key", "{}"),
}
"""The header of each scheme that is a header with the key in it, and how the key stands there."""


def key_headers(scheme: Auth, key: str) -> dict[str, str]:
    """The header that shows `key`; none where there is no key."""
    if not key:
        return {}
    header, form = SCHEMES[scheme]
    return {header: form.format(key)}
