"""The items of a response's output, as a stream adds them one by one and a whole reply lists them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fuseline.types.deliberation import FUSION_CALL, Report
from fuseline.types.json import Json, list_of, object_of
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Citation, Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Run, ToolUse
from fuseline.wires.lookups import titles_of
from fuseline.wires.report import write_report
from fuseline.wires.responses.uses import NO_CONTENT, Item, Showing, fields_of, prefix_of, shows_own_search, tool_item


def item_id(kind: str, run_id: str, index: int) -> str:
    """The id of the item at a place of the output."""
    return f"{kind}_{run_id.rpartition('-')[2]}_{index}"


def message_item(
    id: str, text: str, citations: Sequence[Citation] = (), refusal: str = "", status: str = "completed"
) -> Item:
    """What the model said to the client."""
    parts: list[Json] = [text_part(text, citations)] if text or not refusal else []
    if refusal:
        parts.append({"type": "refusal", "refusal": refusal})
    return {"type": "message", "id": id, "role": "assistant", "status": status, "content": parts}


def text_part(text: str, citations: Sequence[Citation] = ()) -> Item:
    """A text with its citations."""
    annotations = [write_citation(citation) for citation in citations]
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


def write_citation(citation: Citation) -> Json:
    """A citation as this wire has it, flat."""
    body: Item = {
        "type": "url_citation",
        "url": citation.url,
        "title": citation.title,
        "start_index": citation.start,
        "end_index": citation.end,
    }
    return {**body, "content": citation.excerpt} if citation.excerpt else body


def reasoning_item(id: str, text: str, details: Iterable[Mapping[str, Any]] = (), status: str = "completed") -> Item:
    """What the model thought aloud, with the seal under which its upstream takes it back."""
    content: list[Json] = [{"type": "reasoning_text", "text": text}] if text else []
    return {"type": "reasoning", "id": id, "status": status, "summary": [], "content": content, **seal(details)}


def seal(details: Iterable[Mapping[str, Any]]) -> Item:
    """The sealed content or signature of a thought, from the record of it."""
    found: Item = {}
    for detail in details:
        if is_sealed(detail):
            found["encrypted_content"] = detail["data"]
            if isinstance(detail.get("id"), str):
                found["upstream_id"] = detail["id"]
        if isinstance(detail.get("signature"), str):
            found["signature"] = detail["signature"]
        if found and isinstance(detail.get("format"), str):
            found["format"] = detail["format"]
    return found


def is_sealed(detail: Mapping[str, Any]) -> bool:
    """Whether a piece of the record is content that only its upstream can read."""
    return detail.get("type") == "reasoning.encrypted" and isinstance(detail.get("data"), str)


def function_item(id: str, call: ToolCall, status: str = "completed") -> Item:
    """A call of a function of the client's."""
    arguments = call.arguments if status == "completed" else ""
    return {
        "type": "function_call",
        "id": id,
        "call_id": call.id,
        "name": call.name,
        "arguments": arguments,
        "status": status,
    }


def open_fusion_item(id: str) -> Item:
    """A fusion run that has just begun."""
    return {"type": "openrouter:fusion", "id": id, "status": "in_progress", "content": NO_CONTENT}


def fusion_item(report: Report, run: Run) -> Item:
    """A fusion run that is over. It says nothing of what came after, so that it is the same wherever it stands."""
    alone = replace(run, report=report, degraded="")
    return {**write_report(report, alone, contents=run.expose != "analysis"), "content": NO_CONTENT}


def output_items(run: Run, request: Request) -> list[Json]:
    """The output of a run that has its answer: the same items in the same order as in its stream."""
    reply = run.reply or Reply(run.model)
    showing = Showing(shows_own_search(request), titles_of(run.lookups))
    output: list[Json] = []
    if run.report is not None and not run.rounds:
        add_fusion(output, run)
    for turn in run.rounds:
        add_spoken(output, run, turn.reply, citations=())
        for use in turn.uses:
            add_use(output, run, use, showing)
    if not run.answered_in_round:
        add_spoken(output, run, reply, citations=reply.citations)
    for call in reply.tool_calls:
        output.append(function_item(item_id("fc", run.id, len(output)), call))
    return output


def add_spoken(output: list[Json], run: Run, reply: Reply, *, citations: Sequence[Citation]) -> None:
    """Add what a turn thought and said."""
    details = [object_of(one) for one in list_of(reply.opaque.get("reasoning_details"))]
    if reply.reasoning or any(is_sealed(detail) for detail in details):
        output.append(reasoning_item(item_id("rs", run.id, len(output)), reply.reasoning, details))
    if reply.text or reply.refusal:
        id = item_id("msg", run.id, len(output))
        output.append(message_item(id, reply.text, citations, reply.refusal, message_status(reply)))


def message_status(reply: Reply) -> str:
    """Whether a message is all that its model wanted to say."""
    return "incomplete" if reply.finish_reason in INCOMPLETE else "completed"


INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""The reason why an answer stops short, by its finish reason."""


def add_use(output: list[Json], run: Run, use: ToolUse, showing: Showing) -> None:
    """Add the use of a server tool. Of several calls of fusion only the one that convened the panel is shown."""
    if use.call.name != FUSION_CALL:
        id = item_id(prefix_of(use.call), run.id, len(output))
        output.append(tool_item(id, use.call, use.result, showing))
    elif "responses" in fields_of(use.result):
        add_fusion(output, run)


def add_fusion(output: list[Json], run: Run) -> None:
    """Add the fusion run, unless it is not to be seen."""
    if run.report is not None and run.expose != "none":
        output.append(fusion_item(run.report, run))
