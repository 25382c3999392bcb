"""A run that was read back from the store, as the value that it was. It is as full as what was kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from fuseline.doors.cli.account import ANSWER, PROVENANCE, bodies, lookup_of
from fuseline.doors.console import earlier
from fuseline.engine.attachments import told as in_words
from fuseline.storage.base import StoredRun
from fuseline.types.deliberation import Analysis, PanelAnswer, Report
from fuseline.types.json import Json, JsonObject, list_of, object_of
from fuseline.types.messages import Attachment, Message, Part, Text
from fuseline.types.replies import Citation, Reply
from fuseline.types.runs import Run

ANALYSIS = TypeAdapter(Analysis)
CITATIONS = TypeAdapter(tuple[Citation, ...])
SPEAKING = ("system", "developer", "user", "assistant")
"""Whose turns can be said again: calls of tools and their results are not kept whole."""


def run_of(stored: StoredRun) -> Run:
    """The run as a value. Only seats that answered or failed are in its report."""
    result: Mapping[str, Any] = stored.result
    traced = result.get("provenance")
    return Run(
        stored.id, stored.requested, stored.model, stored.provider, stored.created_at, stored.status, stored.router,
        stored.convened,
        reply=reply_of(stored.model, result),
        report=report_of(stored),
        calls=stored.calls,
        lookups=tuple(map(lookup_of, bodies(stored.events, "research.completed"))),
        provenance=PROVENANCE.validate_python(traced) if traced else None,
        finished_at=stored.finished_at,
        error=stored.error,
        error_kind="cancelled" if stored.status == "cancelled" else stored.error_kind,
        degraded=stored.degraded,
    )  # fmt: skip


def reply_of(model: str, result: Mapping[str, Any]) -> Reply | None:
    """The answer; `None` where there is none, or where texts are not kept."""
    answer = result.get("answer")
    if not isinstance(answer, str):
        return None
    return Reply(model, answer, citations=CITATIONS.validate_python(result.get("citations", ())))


def report_of(stored: StoredRun) -> Report | None:
    """What the panel and the analyst said; `None` where no panel was convened."""
    convened = bodies(stored.events, "fusion.started")
    if not convened:
        return None
    told = [*bodies(stored.events, "panel.completed"), *bodies(stored.events, "panel.failed")]
    answers = tuple(sorted(map(ANSWER.validate_python, told), key=seat_of))
    analyst, analysis, failure = comparison_of(stored, [answer.seat for answer in answers if not answer.failed])
    return Report(
        str(convened[-1].get("id", "")),
        str(convened[-1].get("prompt", "")),
        answers,
        analysis,
        analyst,
        failure,
        warnings=tuple(map(str, list_of(stored.result.get("warnings")))),
    )


def seat_of(answer: PanelAnswer) -> int:
    """Where an answer's seat stands."""
    return answer.seat


def comparison_of(stored: StoredRun, heard: Sequence[int]) -> tuple[str, Analysis | None, str]:
    """Who compared the answers, how they compare, and why there is no comparison; empty where it is not known."""
    made, failed = bodies(stored.events, "analysis.completed"), bodies(stored.events, "analysis.failed")
    if made:
        return str(made[-1]["model"]), analysis_of({**reported_by(stored), **made[-1]}, panel_of(stored), heard), ""
    if failed:
        return str(failed[-1]["model"]), None, str(failed[-1]["reason"])
    return "", None, ""


def analysis_of(body: Mapping[str, Any], panel: Sequence[str], heard: Sequence[int]) -> Analysis | None:
    """An analysis as it was kept, now or by an earlier version."""
    whole = body.get("whole")
    return ANALYSIS.validate_python(whole) if whole else earlier.analysis_of(body, panel, heard)


def reported_by(stored: StoredRun) -> Mapping[str, Any]:
    """The report that the run's client got."""
    return object_of(stored.result.get("fusion"))


def panel_of(stored: StoredRun) -> tuple[str, ...]:
    """Each seat's slug as it was asked for; none where no panel was convened."""
    convened = bodies(stored.events, "fusion.started")
    return tuple(map(str, list_of(convened[-1].get("panel")))) if convened else ()


def messages_of(request: JsonObject) -> tuple[Message, ...]:
    """The conversation of a request that was kept, each attachment as a mention of it."""
    kept = (message_of(object_of(one)) for one in list_of(request.get("messages")))
    return tuple(message for message in kept if message is not None and not message.blank)


def message_of(kept: Mapping[str, Any]) -> Message | None:
    """One message of it; `None` for those of tools."""
    role, content = kept.get("role"), kept.get("content")
    if role not in SPEAKING:
        return None
    return Message(role, content if isinstance(content, str) else in_words(Message(role, parts_of(list_of(content)))))


def parts_of(kept: Sequence[Mapping[str, Any]]) -> tuple[Part, ...]:
    """The parts of a message."""
    return tuple(Text(str(part["text"])) if part.get("type") == "text" else Attachment(part) for part in kept)


def question_of(messages: Sequence[Message]) -> str:
    """What was asked: the first that the user said in the last turn. Notes to the writer may stand behind it."""
    question = ""
    for message in messages:
        if message.role == "user":
            question = question or message.text
        elif message.role == "assistant":
            question = ""
    return question


def plugin_of(request: JsonObject) -> JsonObject:
    """The parameters of fusion in a request that was kept."""
    plugins = (object_of(one) for one in list_of(request.get("plugins")))
    return next((one for one in plugins if one.get("id") == "fusion"), dict[str, Json]())
