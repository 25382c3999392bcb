"""Replies put on the wire as the vendor's servers put them, for tests of the reader: we have no such end."""

import json
from collections.abc import Sequence
from typing import Any

from fuseline.types.messages import ToolCall
from fuseline.types.replies import Citation, Reply, Usage
from fuseline.wires.gemini.signatures import loose_signatures, signature_of
from tests.wires.gemini.far import piece, told


def write_whole(reply: Reply) -> bytes:
    """A reply as one response."""
    end = end_of(reply)
    said = piece(*parts_of(reply))["candidates"][0]
    return json.dumps({**end, "candidates": [{**said, **end["candidates"][0]}]}).encode()


def write_pieces(reply: Reply, size: int) -> list[dict[str, Any]]:
    """A reply as the responses of a stream, so many characters in each."""
    head = {"modelVersion": reply.model, "responseId": reply.upstream_id}
    return [*(piece(part, **head) for part in parts_of(reply, size)), end_of(reply)]


def write_stream(reply: Reply, size: int) -> bytes:
    """The same as bytes."""
    return told(*write_pieces(reply, size))


def parts_of(reply: Reply, size: int = 1 << 20) -> list[dict[str, Any]]:
    """All parts of a reply: what was thought, said, signed and called; so many characters of its text in each."""
    thoughts = [{"text": reply.reasoning, "thought": True}] if reply.reasoning else []
    said = [{"text": reply.text[start : start + size]} for start in range(0, len(reply.text), size)]
    signed = [{"text": "", "thoughtSignature": one} for one in loose_signatures(reply.message)]
    return [*thoughts, *said, *signed, *(call_of(call, reply) for call in reply.tool_calls)]


def call_of(call: ToolCall, reply: Reply) -> dict[str, Any]:
    """A call, with the signature that it came with."""
    signature = signature_of(call, reply.message)
    signed = {"thoughtSignature": signature} if signature else {}
    body = {"id": call.id, "name": call.name, "args": json.loads(call.arguments)}
    return {"functionCall": body, **signed}


def end_of(reply: Reply) -> dict[str, Any]:
    """How a reply ended, what it rests on and what it took."""
    counted = {"usageMetadata": usage_of(reply.usage)} if reply.usage else {}
    message = {"finishMessage": reply.refusal} if reply.refusal else {}
    ended = {"index": 0, "finishReason": reply.native_finish_reason, **message, **grounding_of(reply)}
    return {"candidates": [ended], "modelVersion": reply.model, "responseId": reply.upstream_id, **counted}


def grounding_of(reply: Reply) -> dict[str, Any]:
    """The pages of a reply, each by itself with its place in bytes."""
    chunks = [
        {"retrievedContext": {"uri": one.url, "title": one.title, "text": one.excerpt}} for one in reply.citations
    ]
    supports = [
        {"groundingChunkIndices": [index], "segment": segment_of(one, reply.text)}
        for index, one in enumerate(reply.citations)
    ]
    return {"groundingMetadata": {"groundingChunks": chunks, "groundingSupports": supports}} if chunks else {}


def segment_of(citation: Citation, text: str) -> dict[str, Any]:
    """A place in bytes; a beginning of zero is left out."""
    start, end = (len(text[:place].encode()) for place in (citation.start, citation.end))
    return {**({"startIndex": start} if start else {}), "endIndex": end}


def usage_of(usage: Usage) -> dict[str, Any]:
    """Counts as the vendor has them: thoughts beside the answer, and nothing for what is zero."""
    counts = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": usage.output_tokens - usage.reasoning_tokens,
        "thoughtsTokenCount": usage.reasoning_tokens,
        "cachedContentTokenCount": usage.cached_tokens,
    }
    first: Sequence[str] = ("promptTokenCount", "candidatesTokenCount")
    return {name: count for name, count in counts.items() if count or name in first}
