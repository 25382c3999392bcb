"""The client end of a Responses stream: an upstream's items, spoken piece by piece, folded into one reply."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from fuseline.types.json import JsonObject, object_of
from fuseline.types.replies import Citation, FinishReason, Reply, Usage
from fuseline.wires.accounts import count, money, read_searches
from fuseline.wires.draft import CallDraft, Draft, objects, read_whole, text_of
from fuseline.wires.reader import StreamReader
from fuseline.wires.responses.failures import read_event_error

FORMAT = "openai-responses-v1"
"""The format of sealed reasoning that does not name its own."""
TEXT = "response.output_text.delta"
REFUSAL = "response.refusal.delta"
ENDS = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})
REASONS: Mapping[str, FinishReason] = {"content_filter": "content_filter"}
"""Why a response is incomplete; what is not listed is a limit of some kind."""


def open_reader(answer_bytes: int, line_bytes: int) -> StreamReader:
    """A reader for one streamed reply."""
    draft = Draft(answer_bytes)
    return StreamReader(draft, Items(draft).hear, line_bytes)


def read_reply(body: bytes) -> Reply:
    """Read a reply that came whole."""
    fields = read_whole(body, "output")
    draft = Draft(len(body) + 1)
    Items(draft).end(fields)
    return draft.reply()


class Items:
    """Hears the events of one response. Items of kinds that are no words, thoughts or calls are passed over."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._voices: Mapping[str, list[str]] = {
            TEXT: draft.text,
            "response.reasoning_text.delta": draft.reasoning,
            "response.reasoning_summary_text.delta": draft.reasoning,
            REFUSAL: draft.refusal,
        }
        self._place: tuple[Any, ...] = ()
        """Which part of which item is being spoken."""
        self._starts: dict[str, int] = {}
        """Where the parts of the text begin."""
        self._heard: set[str] = set()
        """The items that were heard piece by piece; when they are done they say nothing new."""
        self._told = False
        """Whether any item has come, so that the end need not list them again."""
        self._searched = 0
        """Searches that the upstream made by itself; its counts leave them out."""

    def hear(self, event: dict[str, Any]) -> None:
        """Take in an event."""
        kind = event.get("type")
        if not isinstance(kind, str):
            return self._untyped(event)
        voice = self._voices.get(kind)
        if voice is None:
            return self._beside_text(kind, event)
        piece = event.get("delta")
        if isinstance(piece, str) and piece:
            part = event.get("content_index") or event.get("summary_index") or 0
            place = (kind, place_of(event), part)
            if place != self._place:
                self._heard.add(f"{place[:2]}")
                self._begin(voice, place)
            self._draft.say(voice, piece)

    def end(self, response: dict[str, Any]) -> None:
        """The response is over: how it ended, and what it took. Items are read here if they never came before."""
        self._head(response)
        self._draft.usage = read_usage(response.get("usage"))
        status = text_of(response, "status")
        if response.get("error") or status in ("failed", "cancelled"):
            raise self._draft.failed(read_event_error(response.get("error"), text_of(response, "error_type")))
        if status in ("in_progress", "queued"):
            return
        if not self._told:
            for index, item in enumerate(objects(response.get("output"))):
                self._done(item, index)
        if usage := self._draft.usage:
            self._draft.usage = replace(usage, searches=max(usage.searches, self._searched))
        reason = text_of(object_of(response.get("incomplete_details")), "reason")
        self._draft.finish = REASONS.get(reason, "length") if status == "incomplete" else "stop"
        self._draft.native = reason or status or "completed"
        self._draft.done = True

    def _untyped(self, event: dict[str, Any]) -> None:
        if event.get("error"):
            raise self._draft.failed(read_event_error(event["error"]))

    def _beside_text(self, kind: str, event: dict[str, Any]) -> None:
        match kind:
            case "response.function_call_arguments.delta":
                self._draft.argue(self._call(place_of(event)), text_of(event, "delta"))
            case "response.output_item.added":
                self._added(object_of(event.get("item")), place_of(event))
            case "response.output_item.done":
                self._done(object_of(event.get("item")), place_of(event))
            case "response.created" | "response.in_progress":
                self._head(object_of(event.get("response")))
            case "error":
                raise self._draft.failed(read_event_error(event.get("error") or event))
            case _ if kind in ENDS:
                self.end(object_of(event.get("response")))
            case _:
                pass

    def _head(self, response: dict[str, Any]) -> None:
        self._draft.id = text_of(response, "id") or self._draft.id
        self._draft.model = text_of(response, "model") or self._draft.model

    def _begin(self, voice: list[str], place: tuple[Any, ...]) -> None:
        self._place = place
        self._told = True
        self._starts[f"{place}"] = self._draft.part(voice)

    def _added(self, item: dict[str, Any], index: Any) -> None:
        self._told = True
        if item.get("type") == "function_call":
            self._name(self._call(index), item)

    def _done(self, item: dict[str, Any], index: Any) -> None:
        self._told = True
        match item.get("type"):
            case "message":
                self._message(item, index)
            case "reasoning":
                self._thought(item, index)
            case "function_call":
                call = self._call(index)
                self._name(call, item)
                if not any(call.arguments):
                    self._draft.argue(call, text_of(item, "arguments"))
            case "web_search_call" if text_of(object_of(item.get("action")), "type") in ("", "search"):
                self._searched += 1
            case _:
                pass

    def _message(self, item: dict[str, Any], index: Any) -> None:
        for number, part in enumerate(objects(item.get("content"))):
            if part.get("type") == "refusal":
                self._speak_whole(REFUSAL, index, number, text_of(part, "refusal"))
            else:
                self._speak_whole(TEXT, index, number, text_of(part, "text"))
                self._draft.citations.extend(citations(part, self._starts.get(f"{(TEXT, index, number)}", 0)))

    def _thought(self, item: dict[str, Any], index: Any) -> None:
        for kind, field in (("reasoning_text", "content"), ("reasoning_summary_text", "summary")):
            for number, part in enumerate(objects(item.get(field))):
                self._speak_whole(f"response.{kind}.delta", index, number, text_of(part, "text"))
        self._draft.details.extend(seals(item))

    def _speak_whole(self, kind: str, index: Any, number: int, text: str) -> None:
        """Say a part of an item that is done, unless the item was heard before."""
        if text and f"{(kind, index)}" not in self._heard:
            self._begin(self._voices[kind], (kind, index, number))
            self._draft.say(self._voices[kind], text)

    def _call(self, index: Any) -> CallDraft:
        return self._draft.calls.setdefault(f"{index}", CallDraft())

    def _name(self, call: CallDraft, item: dict[str, Any]) -> None:
        call.id = text_of(item, "call_id") or call.id or text_of(item, "id")
        call.name = text_of(item, "name") or call.name


def place_of(event: dict[str, Any]) -> Any:
    """The item of the response that an event is about: its number, or where an upstream numbers none its name.

    llama.cpp does not number them (tests/real/test_llamacpp.py, 2026-11).
    """
    index = event.get("output_index")
    return index if index is not None else event.get("item_id") or object_of(event.get("item")).get("id")


def citations(part: Mapping[str, Any], start: int) -> Iterable[Citation]:
    """The pages that a part of the text refers to; `start` is where it begins in the whole."""
    for annotation in objects(part.get("annotations")):
        body = object_of(annotation.get("url_citation")) or annotation
        if url := text_of(body, "url"):
            first, behind = (count(body.get(name)) or 0 for name in ("start_index", "end_index"))
            yield Citation(url, text_of(body, "title") or url, start + first, start + behind, text_of(body, "content"))


def seals(item: Mapping[str, Any]) -> Iterable[JsonObject]:
    """What of a thought only its upstream can read, or has signed."""
    known = {"id": text_of(item, "upstream_id") or text_of(item, "id"), "format": text_of(item, "format") or FORMAT}
    head = {name: value for name, value in known.items() if value}
    if data := text_of(item, "encrypted_content"):
        yield {"type": "reasoning.encrypted", "data": data, **head}
    if signature := text_of(item, "signature"):
        told = [text_of(part, "text") for name in ("content", "summary") for part in objects(item.get(name))]
        yield {"type": "reasoning.text", "text": "\n\n".join(told), "signature": signature, **head}


def read_usage(body: Any) -> Usage | None:
    """Read an upstream's counts; `None` where they are missing or cannot be true. Zero is a count."""
    fields = object_of(body)
    tokens_in, tokens_out = count(fields.get("input_tokens")), count(fields.get("output_tokens"))
    if tokens_in is None or tokens_out is None:
        return None
    read, written = object_of(fields.get("input_tokens_details")), object_of(fields.get("output_tokens_details"))
    return Usage(
        tokens_in,
        tokens_out,
        cached_tokens=count(read.get("cached_tokens")) or 0,
        cache_write_tokens=count(read.get("cache_write_tokens")) or 0,
        reasoning_tokens=count(written.get("reasoning_tokens")) or 0,
        cost=money(fields.get("cost")),
        searches=read_searches(fields),
    )
