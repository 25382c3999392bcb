"""Why a page is not read: the words for the log, and the few that a model is shown."""

from http import HTTPStatus

from fuseline.pages.base import PageFailed

SHOWN = {
    "blocked:robots": "disallowed_by_robots_txt",
    "failed:connect": "unreachable",
    "limit:headers": "too_large",
    "limit:ratio": "too_large",
    "limit:redirects": "too_many_redirects",
    "limit:size": "too_large",
    "limit:time": "timeout",
    "unsupported:type": "unsupported_type",
}
"""Everything else is `url_not_allowed`. So is an unknown name: else one could ask which internal names there are."""


def refused(verdict: str) -> PageFailed:
    """The failure with this verdict, as it is shown to a model."""
    return PageFailed(verdict, SHOWN.get(verdict, "url_not_allowed"))


def answered(status: int) -> PageFailed:
    """The failure of a page that its server did not give. The server's own words for it are not shown."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    return PageFailed("failed:http", f"HTTP {status}: {phrase}".rstrip(": "), status)
