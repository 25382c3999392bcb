"""The upstream's second language: what is asked of it in Gemini's words, and its answers told in them.

Steps and scripts speak chat completions; they are shown a Gemini request as one of chat, and what they say is retold.
What is no chat completion, such as broken bytes or a recording of this language, goes out as it is.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from fuseline.types.json import Json, JsonObject
from tests.upstream.line import Request
from tests.upstream.wire import Action, Ask, Head, Step

PATH = re.compile(r"/models/(.+):streamGenerateContent\?alt=sse$")
DONE = b"data: [DONE]"
LENGTH = "content-length"
FINISH = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}
CHOICES = {"ANY": "required", "NONE": "none", "AUTO": "auto"}


def model_in(request: Request) -> str:
    """The model that a request is for, where it is one of Gemini's; empty for all others."""
    found = PATH.search(request.path)
    return unquote(found[1]) if found and request.method == "POST" else ""


def heard(body: Mapping[str, Any]) -> JsonObject:
    """A request as one of chat completions."""
    told = texts(body.get("systemInstruction", {}).get("parts", []))
    system: list[Json] = [{"role": "system", "content": told}] if told else []
    tools = [one for tool in body.get("tools", []) for one in tool["functionDeclarations"]]
    mode = body.get("toolConfig", {}).get("functionCallingConfig", {}).get("mode", "AUTO")
    offered = {"tools": [{"type": "function", "function": tool} for tool in tools], "tool_choice": CHOICES[mode]}
    messages = [message for turn in body["contents"] for message in said_in(turn)]
    return {"messages": [*system, *messages], "stream": True, **(offered if tools else {})}


def said_in(turn: Mapping[str, Any]) -> Iterator[dict[str, Json]]:
    """The messages of a turn: results of tools first, then what was said and called."""
    calls: list[Json] = []
    for part in turn["parts"]:
        if answer := part.get("functionResponse"):
            yield {"role": "tool", "tool_call_id": answer.get("id", ""), "content": json.dumps(answer["response"])}
        if call := part.get("functionCall"):
            function: dict[str, Json] = {"name": call["name"], "arguments": json.dumps(call["args"])}
            calls.append({"id": call.get("id", ""), "type": "function", "function": function})
    text, role = texts(turn["parts"]), "assistant" if turn["role"] == "model" else "user"
    if text or calls:
        yield {"role": role, "content": text, **({"tool_calls": calls} if calls else {})}


def texts(parts: Sequence[Mapping[str, Any]]) -> str:
    """What parts say, a blank line between them."""
    return "\n\n".join(part["text"] for part in parts if part.get("text"))


def retold(step: Step) -> Step:
    """A step that says the same in Gemini's words."""

    def play(ask: Ask) -> Iterator[Action]:
        telling, head = Telling(ask), Head()
        for action in step.play(ask):
            match action:
                case Head():
                    head = action
                    if LENGTH not in action.headers:
                        yield action
                case bytes(content) if LENGTH in head.headers:
                    body = whole(head.status, content, head.headers.get("retry-after", ""))
                    yield replace(head, headers={**head.headers, LENGTH: str(len(body))})
                    yield body
                case bytes(content):
                    yield telling.tell(content)
                case _:
                    yield action

    return Step(play)


class Telling:
    """Retells one stream. Calls and the end are kept back until they are whole."""

    def __init__(self, ask: Ask) -> None:
        self._head: dict[str, Json] = {"modelVersion": ask.model, "responseId": f"gen-{ask.number}"}
        self._calls: dict[int, dict[str, str]] = {}
        self._finish = ""

    def tell(self, content: bytes) -> bytes:
        """The event that says what this one does; no bytes where it is kept back."""
        if content.startswith(DONE):
            return self._end({})
        try:
            chunk: Any = json.loads(content.removeprefix(b"data: "))
        except ValueError:
            return content
        if "promptFeedback" in chunk or "candidates" in chunk:
            return content
        if "error" in chunk:
            return event({"error": error_of(0, chunk["error"])})
        if not chunk.get("choices"):
            return self._end(chunk.get("usage") or {})
        choice = chunk["choices"][0]
        self._finish = choice["finish_reason"] or self._finish
        return self._piece(choice["delta"])

    def _piece(self, delta: Mapping[str, Any]) -> bytes:
        for piece in delta.get("tool_calls", []):
            call = self._calls.setdefault(piece["index"], {"id": "", "name": "", "arguments": ""})
            call["id"] += piece.get("id", "")
            call["name"] += piece["function"].get("name", "")
            call["arguments"] += piece["function"].get("arguments", "")
        thought: list[Json] = [{"text": delta["reasoning"], "thought": True}] if delta.get("reasoning") else []
        words: list[Json] = [{"text": delta["content"]}] if delta.get("content") else []
        return self._candidate([*thought, *words], {}, {}) if thought or words else b""

    def _end(self, usage: Mapping[str, int]) -> bytes:
        if not self._finish:
            return b""
        counts: dict[str, Json] = {
            "promptTokenCount": usage.get("prompt_tokens", 0),
            "candidatesTokenCount": usage.get("completion_tokens", 0),
        }
        ended: dict[str, Json] = {"finishReason": FINISH[self._finish]}
        self._finish = ""
        return self._candidate(
            [call_part(call) for call in self._calls.values()], ended, {"usageMetadata": counts} if usage else {}
        )

    def _candidate(self, parts: list[Json], ended: Mapping[str, Json], counted: Mapping[str, Json]) -> bytes:
        content: dict[str, Json] = {"content": {"role": "model", "parts": parts}} if parts else {}
        return event({"candidates": [{**content, **ended, "index": 0}], **counted, **self._head})


def call_part(call: Mapping[str, str]) -> dict[str, Json]:
    """A call, which here comes whole and has its arguments as an object."""
    return {"functionCall": {"id": call["id"], "name": call["name"], "args": json.loads(call["arguments"])}}


def whole(status: int, body: bytes, wait: str) -> bytes:
    """The body of an error in the vendor's envelope; any other body stays as it is."""
    try:
        error = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError):
        return body
    retry: dict[str, Json] = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{wait}s"}
    details: dict[str, Json] = {"details": [retry]} if wait else {}
    return json.dumps({"error": {**error_of(status, error), **details}}).encode()


def error_of(status: int, error: Mapping[str, Any]) -> dict[str, Json]:
    """An error in the vendor's words."""
    code = status or error.get("code") or 500
    return {"code": code, "message": error.get("message", ""), "status": STATUSES.get(code, "INTERNAL")}


def event(content: JsonObject) -> bytes:
    """One server-sent event, its lines ended as the vendor's servers end them."""
    return b"data: " + json.dumps(content, ensure_ascii=False).encode() + b"\r\n\r\n"
