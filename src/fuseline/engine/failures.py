"""How a run that failed is told to its client: status, error type, and who of the panel failed for what reason."""

from typing import cast

from fuseline.types.deliberation import PanelAnswer, Report, failed_model
from fuseline.types.errors import FuselineError, RunFailed, UpstreamError

FORM_MISSED = "response_format_mismatch"
"""The reason of a run whose answer could not be brought into the form that the client asked for."""


def sole(error: BaseException) -> BaseException:
    """The one error inside groups of one; of several, the first that is ours."""
    while isinstance(error, BaseExceptionGroup):
        parts = cast("BaseExceptionGroup[BaseException]", error).exceptions
        error = next((one for one in parts if isinstance(one, FuselineError)), parts[0])
    return error


def failure_of(error: UpstreamError, report: Report | None) -> RunFailed:
    """A failed run, from the error of the one who should have answered and the fate of the panel.

    An upstream's 401, 402 or 403 is about our key, so the client never gets it as its own.
    """
    if report is not None and not report.heard and not error.partial.text:
        return all_failed(report)
    status, kind = OUTWARD.get(error.reason, (502, "provider_unavailable"))
    reason = "synthesis_failed" if report is not None and error.reason != FORM_MISSED else error.reason
    return RunFailed(
        f"the model could not answer: {error.message}",
        status=status,
        kind=kind,
        reason=reason,
        retry_after=error.retry_after,
        failures=[failed_model(answer) for answer in report.failed] if report else (),
        provider_code=error.provider_code,
    )


def kind_of(cause: BaseException, report: Report | None) -> str:
    """The type of an error, as the client is told it."""
    told = failure_of(cause, report) if isinstance(cause, UpstreamError) else cause
    return told.kind if isinstance(told, FuselineError) else FuselineError.kind


OUTWARD: dict[str, tuple[int, str]] = {
    "rate_limited": (429, "rate_limit_exceeded"),
    "bad_request": (400, "invalid_request"),
    "context_length": (400, "context_length_exceeded"),
    "too_large": (400, "payload_too_large"),
    "unprocessable": (400, "unprocessable"),
    "unsupported_input": (400, "invalid_request"),
    "model_not_found": (400, "not_found"),
    "upstream_auth": (502, "provider_auth"),
    "upstream_credits": (502, "provider_payment_required"),
    "upstream_spend_limit": (502, "provider_payment_required"),
    "overloaded": (503, "provider_overloaded"),
    "deadline_exceeded": (504, "timeout"),
    "first_byte_timeout": (504, "timeout"),
    "first_token_timeout": (504, "timeout"),
    "idle_timeout": (504, "timeout"),
    "upstream_timeout": (504, "timeout"),
    "connect_timeout": (504, "timeout"),
    "pool_exhausted": (503, "provider_overloaded"),
    "privacy_restricted": (404, "not_found"),
    "constraint_filtered": (404, "not_found"),
    "no_endpoints": (404, "not_found"),
}
"""The status and error type that a client gets for each reason; 502 for all others."""


def all_failed(report: Report) -> RunFailed:
    """A run whose panel said nothing and whose writer could not answer either."""
    waits = [answer.retry_after for answer in report.failed if answer.retry_after is not None]
    status, kind = outward_of(report.failed, report.failure_reason)
    return RunFailed(
        f"{report.error}: " + "; ".join(f"{answer.model}: {answer.error}" for answer in report.failed),
        status=status,
        kind=kind,
        reason=report.failure_reason,
        retry_after=min(waits) if waits and status == 429 else None,
        failures=[failed_model(answer) for answer in report.failed],
    )


def outward_of(failed: tuple[PanelAnswer, ...], reason: str) -> tuple[int, str]:
    """The status of a dead panel: what all its seats share, else 502."""
    if reason == "insufficient_credits":
        return 502, "provider_payment_required"
    if reason == "rate_limited":
        return 429, "rate_limit_exceeded"
    if reason == "min_panel_not_met":
        return 502, "provider_unavailable"
    shared = {OUTWARD.get(answer.reason, (502, "provider_unavailable")) for answer in failed}
    if len(shared) == 1:
        return shared.pop()
    return (
        (400, "invalid_request")
        if shared and all(status == 400 for status, _ in shared)
        else (502, "provider_unavailable")
    )
