"""Somebody speaking to the client in a stream: a message or a thought, from its first piece to its last."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from fuseline.types.json import Json, JsonObject
from fuseline.types.replies import Citation
from fuseline.wires.responses.frames import Frames, piece_head
from fuseline.wires.responses.items import message_item, reasoning_item, text_part, write_citation
from fuseline.wires.responses.uses import Item

Kind = Literal["message", "reasoning"]
PREFIXES: dict[Kind, str] = {"message": "msg", "reasoning": "rs"}
EVENTS: dict[Kind, str] = {"message": "response.output_text", "reasoning": "response.reasoning_text"}


class Voice:
    """One item that is being spoken. It writes its events; the item is known when it ends."""

    def __init__(self, kind: Kind, id: str, index: int, frames: Frames) -> None:
        self.kind: Kind = kind
        self.index = index
        self._id = id
        self._frames = frames
        self._place: dict[str, Json] = {"item_id": id, "output_index": index}
        self._pieces: list[str] = []
        self._details: list[JsonObject] = []
        no_logprobs: dict[str, Json] = {"logprobs": []} if kind == "message" else {}
        self._head = piece_head(f"{EVENTS[kind]}.delta", **self._place, content_index=0, **no_logprobs)

    def begin(self) -> bytes:
        """The item appears."""
        return self._frames.write("response.output_item.added", output_index=self.index, item=self._opened())

    def say(self, text: str) -> bytes:
        """A piece of it."""
        opening = b"" if self._pieces else self._part("added", 0, self._written(""))
        self._pieces.append(text)
        return opening + self._frames.piece(self._head, text)

    def seal(self, details: Iterable[JsonObject]) -> None:
        """Keep the record of a thought for its item."""
        self._details.extend(details)

    def end(
        self, citations: Sequence[Citation] = (), refusal: str = "", status: str = "completed"
    ) -> tuple[bytes, Item]:
        """The item is complete: its closing events, and the item itself."""
        text = "".join(self._pieces)
        item = (
            message_item(self._id, text, citations, refusal, status)
            if self.kind == "message"
            else reasoning_item(self._id, text, self._details, status)
        )
        frames = [*self._end_text(text, citations), *self._refuse(refusal)]
        done = self._frames.write("response.output_item.done", output_index=self.index, item=item)
        return b"".join((*frames, done)), item

    def _opened(self) -> Item:
        if self.kind == "reasoning":
            return reasoning_item(self._id, "", status="in_progress")
        return {**message_item(self._id, "", status="in_progress"), "content": []}

    def _written(self, text: str, citations: Sequence[Citation] = ()) -> Item:
        return text_part(text, citations) if self.kind == "message" else {"type": "reasoning_text", "text": text}

    def _part(self, what: str, content_index: int, part: Item) -> bytes:
        kind = f"response.content_part.{what}"
        return self._frames.write(kind, **self._place, content_index=content_index, part=part)

    def _end_text(self, text: str, citations: Sequence[Citation]) -> Iterator[bytes]:
        if not self._pieces:
            return
        for number, citation in enumerate(citations):
            annotation = {"annotation_index": number, "annotation": write_citation(citation)}
            yield self._frames.write(
                f"{EVENTS['message']}.annotation.added", **self._place, content_index=0, **annotation
            )
        extra: dict[str, Json] = {"logprobs": []} if self.kind == "message" else {}
        yield self._frames.write(f"{EVENTS[self.kind]}.done", **self._place, content_index=0, text=text, **extra)
        yield self._part("done", 0, self._written(text, citations))

    def _refuse(self, refusal: str) -> Iterator[bytes]:
        if not refusal:
            return
        index = 1 if self._pieces else 0
        yield self._part("added", index, {"type": "refusal", "refusal": ""})
        yield self._frames.write("response.refusal.delta", **self._place, content_index=index, delta=refusal)
        yield self._frames.write("response.refusal.done", **self._place, content_index=index, refusal=refusal)
        yield self._part("done", index, {"type": "refusal", "refusal": refusal})
