"""Where a call that failed goes next: to the same place with another key, to another endpoint, or nowhere."""

from collections.abc import Sequence

from fuseline.providers.keyring import KEY_REASONS
from fuseline.providers.verdicts import may_go_elsewhere
from fuseline.types.errors import NotCalled, ParameterRefused, UpstreamError
from fuseline.types.models import Model


def next_place(routes: Sequence[Model], at: int, error: UpstreamError, another_key: bool) -> int | None:
    """Which of the ways to a model to go after the call on the one `at` failed; `None` for no other.

    Once words have been heard nobody else takes over. A request that is wrong is wrong everywhere.
    """
    if error.partial.text or error.partial.reasoning or isinstance(error, ParameterRefused):
        return None
    if another_key and error.reason in KEY_REASONS and not isinstance(error, NotCalled):
        return at
    if error.reason == "context_length":
        return larger(routes, at)
    return at + 1 if may_go_elsewhere(error) and at + 1 < len(routes) else None


def larger(routes: Sequence[Model], at: int) -> int | None:
    """The next of the ways that leads to a longer window."""
    window = routes[at].context
    later = range(at + 1, len(routes))
    return next((place for place in later if window is not None and (routes[place].context or 0) > window), None)
