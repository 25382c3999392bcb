"""What an upstream says: steps that answer, call tools, fail or hang, and the chat completions inside them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from fuseline.types.json import Json, JsonObject
from tests.upstream.wire import Action, Ask, Head, Silence, Step, Wait

CREATED = 1_767_225_600
"""A fixed moment, so that the same answer is the same bytes."""
SSE: Mapping[str, str] = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
DONE = b"data: [DONE]\n\n"


def says(
    text: str,
    *,
    usage: JsonObject | None = None,
    chunks: int = 4,
    delay_s: float = 0.0,
    pace_s: float = 0.0,
    finish: str | None = "stop",
    reasoning: str = "",
    refusal: str = "",
) -> Step:
    """A step that answers with a text in so many chunks, after `delay_s` seconds and with `pace_s` between events.

    Usage is counted roughly where `None`, and left out where it is an empty mapping.
    """

    def play(ask: Ask) -> Iterator[Action]:
        counts = counted(ask, text + reasoning + refusal) if usage is None else usage
        thoughts = [chunk(ask, {"reasoning": piece}) for piece in pieces(reasoning, chunks)]
        refused = [chunk(ask, {"refusal": piece}) for piece in pieces(refusal, chunks)]
        message = {"content": text, **({"reasoning": reasoning} if reasoning else {}), "refusal": refusal or None}
        yield Wait(delay_s)
        if not ask.body.get("stream"):
            yield from whole(completion(ask, message, finish, counts))
            return
        spoken = [
            opening(ask),
            *thoughts,
            *refused,
            *contents(ask, pieces(text, chunks)),
            *closing(ask, finish, counts),
        ]
        yield Head(200, SSE)
        for said in spoken:
            yield event(said)
            yield Wait(pace_s)
        yield DONE

    return Step(play)


def calls_tool(name: str, arguments: JsonObject | str, *, id: str = "call_1", text: str = "") -> Step:
    """A step that calls one function; arguments given as a string go out exactly as they are."""
    return calls_tools((id, name, arguments), text=text)


def calls_tools(*calls: tuple[str, str, JsonObject | str], text: str = "") -> Step:
    """A step that calls several functions in one turn, each an id, a name and its arguments."""

    def play(ask: Ask) -> Iterator[Action]:
        counts = counted(ask, text + json.dumps(calls))
        if not ask.body.get("stream"):
            made: list[Json] = [tool_call(id, name, written(arguments)) for id, name, arguments in calls]
            yield from whole(completion(ask, {"content": text or None, "tool_calls": made}, "tool_calls", counts))
            return
        yield Head(200, SSE)
        deltas = [delta for index, call in enumerate(calls) for delta in calling(index, *call)]
        called = [chunk(ask, {"tool_calls": [delta]}) for delta in deltas]
        for said in [opening(ask), *contents(ask, pieces(text, 2)), *called, *closing(ask, "tool_calls", counts)]:
            yield event(said)
        yield DONE

    return Step(play)


def fails(
    status: int,
    *,
    message: str = "",
    code: str | int = "",
    type: str = "",
    param: str | None = None,
    metadata: JsonObject | None = None,
    retry_after: str = "",
    body: JsonObject | bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Step:
    """A step that refuses with a status and an error object, or with the body given."""
    error: dict[str, Json] = {"message": message or f"failed with status {status}", "code": code or status}
    error |= {"type": type} if type else {}
    error |= {"param": param} if param else {}
    error |= {"metadata": metadata} if metadata else {}
    waits = {"retry-after": retry_after} if retry_after else {}
    return answers(status, {"error": error} if body is None else body, headers={**waits, **(headers or {})})


def answers(status: int, body: JsonObject | bytes, *, headers: Mapping[str, str] | None = None) -> Step:
    """A step that gives a whole body at once, JSON unless the headers say otherwise."""
    return Step(lambda _: whole(body, status, headers))


def hangs() -> Step:
    """A step that never sends a byte."""
    return Step(lambda _: [Silence()])


def streams(events: Callable[[Ask], Iterable[Action]]) -> Step:
    """A step with the head of an event stream, and whatever body is wanted under it."""

    def play(ask: Ask) -> Iterator[Action]:
        yield Head(200, SSE)
        yield from events(ask)

    return Step(play)


def whole(body: JsonObject | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Iterable[Action]:
    """The actions of a body that is known in full."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = {"content-type": "application/json", **(headers or {}), "content-length": str(len(content))}
    return [Head(status, head), content]


def event(content: JsonObject) -> bytes:
    """One server-sent event."""
    return b"data: " + json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n\n"


def chunk(ask: Ask, delta: JsonObject, finish: str | None = None, *, index: int = 0) -> dict[str, Json]:
    """A chunk of a streamed completion with one choice in it."""
    return {**envelope(ask, "chat.completion.chunk"), "choices": [choice("delta", delta, finish, index)]}


def completion(ask: Ask, message: JsonObject, finish: str | None, usage: JsonObject) -> dict[str, Json]:
    """A completion in one piece, for who did not ask for a stream or does not get one."""
    spoken = choice("message", {"role": "assistant", **message}, finish, 0)
    return {**envelope(ask, "chat.completion"), "choices": [spoken], **({"usage": usage} if usage else {})}


def opening(ask: Ask) -> dict[str, Json]:
    """The chunk that comes first: a role and no text yet."""
    return chunk(ask, {"role": "assistant", "content": ""})


def contents(ask: Ask, texts: Iterable[str]) -> list[dict[str, Json]]:
    """A chunk for each piece of text."""
    return [chunk(ask, {"content": text}) for text in texts]


def closing(ask: Ask, finish: str | None, usage: JsonObject) -> list[dict[str, Json]]:
    """The chunk with the finish reason, and the one with the usage and no choices where there is usage."""
    ended = chunk(ask, {}, finish)
    return [ended, usage_chunk(ask, usage)] if usage else [ended]


def usage_chunk(ask: Ask, usage: JsonObject) -> dict[str, Json]:
    """The chunk that only counts."""
    return {**envelope(ask, "chat.completion.chunk"), "choices": [], "usage": usage}


def envelope(ask: Ask, kind: str) -> dict[str, Json]:
    """The fields that all chunks of one completion share."""
    return {"id": f"gen-{ask.number}", "object": kind, "created": CREATED, "model": ask.model}


def choice(field: str, said: JsonObject, finish: str | None, index: int) -> dict[str, Json]:
    """One choice, of a chunk or of a whole completion."""
    return {"index": index, field: said, "finish_reason": finish, "native_finish_reason": finish}


def calling(index: int, id: str, name: str, arguments: JsonObject | str) -> Iterator[dict[str, Json]]:
    """The deltas of one tool call: its name first, then its arguments in pieces."""
    yield {"index": index, **tool_call(id, name, "")}
    for piece in pieces(written(arguments), 3):
        yield {"index": index, "function": {"arguments": piece}}


def tool_call(id: str, name: str, arguments: str) -> dict[str, Json]:
    """A call as messages carry it."""
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def written(arguments: JsonObject | str) -> str:
    """Arguments as the text a model would write."""
    return arguments if isinstance(arguments, str) else json.dumps(arguments)


def pieces(text: str, count: int) -> Sequence[str]:
    """A text cut into at most so many pieces of about the same length; none for no text."""
    size = max(1, -(-len(text) // max(1, count)))
    return [text[start : start + size] for start in range(0, len(text), size)]


def counted(ask: Ask, text: str) -> dict[str, Json]:
    """A rough count of tokens, four characters each."""
    given, made = len(json.dumps(ask.body.get("messages"))) // 4 + 1, len(text) // 4 + 1
    return {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}
