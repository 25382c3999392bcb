"""The blocks that an answer is made of, as messages have them; the whole reply and the stream show the same ones."""

from collections.abc import Iterable

from pydantic_core import from_json, to_json

from fuseline.types.deliberation import Report, report_body
from fuseline.types.json import Json, JsonObject, list_of, object_of
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Run

FUSION_NAME = "openrouter:fusion"
FUSION_RESULT = "openrouter_fusion_tool_result"


def said(reply: Reply, request: Request) -> Iterable[Json]:
    """What one turn thought, where the client wants to read it, and what it said."""
    if reads_thoughts(request):
        yield from thoughts(reply)
    if words := reply.text or reply.refusal:
        yield text(words)


def thoughts(reply: Reply) -> Iterable[Json]:
    """The reasoning of a turn: sealed, where the upstream is one that seals it, else as plain words."""
    sealed = sealed_of(list_of(reply.opaque.get("reasoning_details")))
    for detail in sealed:
        yield redacted(detail) if is_redacted(detail) else thinking(words_of(detail), signature_of(detail))
    if reply.reasoning and not sealed:
        yield thinking(reply.reasoning)


def sealed_of(details: Iterable[object]) -> list[dict[str, Json]]:
    """Those details of reasoning that are of the kind that this wire's own vendor seals."""
    found = [object_of(detail) for detail in details]
    return [detail for detail in found if str(detail.get("format") or "").startswith("anthropic-")]


def is_redacted(detail: JsonObject) -> bool:
    """Whether a detail is a thought that nobody but its upstream can read."""
    return detail.get("type") == "reasoning.encrypted"


def words_of(detail: JsonObject) -> str:
    """What a detail says."""
    return str(detail.get("text") or "")


def signature_of(detail: JsonObject) -> str:
    """What a detail is signed with; empty where it is not, or not yet."""
    return str(detail.get("signature") or "")


def reads_thoughts(request: Request) -> bool:
    """Whether the client wants to read what was thought."""
    return request.echo.get("thinking") is True


def shows_run(run: Run, request: Request) -> bool:
    """Whether the run may be shown as a call of the server's tool."""
    return request.include_server_tools and run.expose != "none"


def text(words: str) -> dict[str, Json]:
    """A block of text."""
    return {"type": "text", "text": words, "citations": None}


def thinking(words: str, signature: str = "") -> dict[str, Json]:
    """A block of thoughts. Without a signature it is shown like any other and never sent on when it comes back."""
    return {"type": "thinking", "thinking": words, "signature": signature}


def redacted(detail: JsonObject) -> dict[str, Json]:
    """A block of thoughts that only their upstream can read."""
    return {"type": "redacted_thinking", "data": str(detail.get("data") or "")}


def tool_use(call: ToolCall, arguments: JsonObject) -> dict[str, Json]:
    """A call of the client's function."""
    return {
        "type": "tool_use",
        "id": call.id,
        "caller": {"type": "direct"},
        "name": call.name,
        "input": arguments,
    }


def parsed(call: ToolCall) -> dict[str, Json]:
    """The arguments of a call as an object; text that is none stands in one whole, so that nothing is lost."""
    try:
        value = from_json(call.arguments or "{}", allow_inf_nan=False)
    except ValueError:
        value = None
    return object_of(value) if isinstance(value, dict) else {"arguments": call.arguments}


def written(call: ToolCall) -> str:
    """The same as text: exactly as the model wrote it, where that is an object."""
    arguments = parsed(call)
    wrapped = arguments == {"arguments": call.arguments}
    return to_json(arguments).decode() if wrapped or not call.arguments else call.arguments


def fusion_blocks(run: Run) -> list[Json]:
    """A fusion run as a call of the server's tool, and its result; nothing where there was none."""
    report = run.report
    return [] if report is None else [fusion_use(report.id, {"prompt": report.prompt}), fusion_result(report, run)]


def fusion_use(id: str, arguments: JsonObject) -> dict[str, Json]:
    """The call."""
    return {"type": "server_tool_use", "id": use_id(id), "name": FUSION_NAME, "input": arguments}


def fusion_result(report: Report, run: Run) -> dict[str, Json]:
    """The result, with the panel's texts unless the request says otherwise: who asks for it wants to send it back."""
    content = report_body(report, contents=run.expose != "analysis")
    return {"type": FUSION_RESULT, "tool_use_id": use_id(report.id), "content": content}


def use_id(id: str) -> str:
    """The id of a run as the id of a call."""
    return f"srvtoolu_{id.removeprefix('st_')}"
