"""The server end of a Responses stream: one run's events as items that are added, spoken and done."""

from dataclasses import replace
from typing import cast

from fuseline.types.deliberation import FUSION_CALL, Report
from fuseline.types.errors import FuselineError
from fuseline.types.events import (
    CallStarted,
    Event,
    Failed,
    Finished,
    FusionFinished,
    FusionStarted,
    LookedUp,
    ReasoningDelta,
    RunStarted,
    TextDelta,
    ToolCalled,
    ToolReturned,
)
from fuseline.types.json import Json, JsonObject
from fuseline.types.messages import ToolCall
from fuseline.types.replies import Reply
from fuseline.types.requests import Request
from fuseline.types.runs import Lookup, Run, Speaker
from fuseline.wires.lookups import titles_of
from fuseline.wires.responses.deliberation import Deliberation
from fuseline.wires.responses.frames import Frames
from fuseline.wires.responses.items import (
    function_item,
    fusion_item,
    is_sealed,
    item_id,
    message_status,
    open_fusion_item,
)
from fuseline.wires.responses.replies import failed_response, finished_response, opened_response
from fuseline.wires.responses.uses import (
    OWN_SEARCH,
    Item,
    Showing,
    broken_status,
    prefix_of,
    shows_own_search,
    tool_item,
)
from fuseline.wires.responses.voice import PREFIXES, Kind, Voice
from fuseline.wires.sse import DONE


class ResponsesWriter:
    """Writes one run's stream. What its items came to is kept, for the last event lists them all."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._frames = Frames()
        self._run: Run | None = None
        self._output: list[Json] = []
        self._voice: Voice | None = None
        self._fusion: Deliberation | None = None
        self._tools: dict[tuple[str, str], int] = {}
        """Where the items of server tools stand that have not returned yet."""
        self._showing = Showing(shows_own_search(request))
        self._lookups: list[Lookup] = []
        self._answering = False
        """Whether words have come since a server tool was called."""

    def write(self, event: Event) -> bytes:
        """The frames of an event; empty for one that this client does not see."""
        match event:
            case TextDelta(Speaker("outer" | "writer"), text):
                self._answering = True
                return self._speak("message", text)
            case ReasoningDelta(Speaker("outer" | "writer"), text, details):
                return self._think(text, details)
            case TextDelta(Speaker("analyst")) | ReasoningDelta(Speaker("analyst")):
                return b""
            case CallStarted(call) if call.speaker.to_client:
                return self._hush()  # what is said behind it is an item of its own
            case RunStarted(run):
                return self._open(run)
            case ToolCalled(speaker, call) if speaker.to_client:
                return self._call_tool(call)
            case ToolReturned(speaker, call, result) if speaker.to_client:
                return self._return_tool(call, result)
            case LookedUp(lookup):
                self._lookups.append(lookup)
                return b""
            case FusionStarted(id):
                return self._convene(id)
            case FusionFinished(report):
                return self._conclude(event, report)
            case Finished(run):
                return self._finish(run)
            case Failed(error):
                return self._fail(error)
            case _:
                return self._fusion.write(event) if self._fusion else b""

    def _open(self, run: Run) -> bytes:
        self._run = run
        response = opened_response(run, self._request)
        kinds = ("response.created", "response.in_progress")
        return b"".join(self._frames.write(kind, response=response) for kind in kinds)

    def _speak(self, kind: Kind, text: str) -> bytes:
        voice = self._voice
        if voice is not None and voice.kind == kind:
            return voice.say(text)
        frames = self._hush()
        self._voice = Voice(kind, self._next_id(PREFIXES[kind]), len(self._output), self._frames)
        self._output.append(None)
        frames += self._voice.begin()
        return frames + self._voice.say(text) if text else frames

    def _think(self, text: str, details: tuple[JsonObject, ...]) -> bytes:
        thinking = self._voice is not None and self._voice.kind == "reasoning"
        sealed = self._voice is None and any(is_sealed(detail) for detail in details)
        frames = self._speak("reasoning", text) if text or (sealed and not thinking) else b""
        if self._voice is not None and self._voice.kind == "reasoning":
            self._voice.seal(details)
        return frames

    def _hush(self, reply: Reply | None = None, status: str = "completed") -> bytes:
        """End what is being spoken; `reply` is the finished turn, where it is known by now."""
        voice, self._voice = self._voice, None
        if voice is None:
            return b""
        if reply is not None and voice.kind == "message":
            frames, item = voice.end(reply.citations, reply.refusal, message_status(reply))
        else:
            frames, item = voice.end(status=status)
        self._output[voice.index] = item
        return frames

    def _call_tool(self, call: ToolCall) -> bytes:
        self._answering = False
        frames = self._hush()
        if call.name == FUSION_CALL:
            return frames
        index = self._tools[call.name, call.arguments] = len(self._output)
        item = tool_item(self._next_id(prefix_of(call)), call, showing=self._showing)
        return frames + self._add(item, index) + self._search(item, index, "in_progress", "searching")

    def _return_tool(self, call: ToolCall, result: str) -> bytes:
        index = self._tools.pop((call.name, call.arguments), None)
        if index is None:
            return b""
        added = cast("Item", self._output[index])
        showing = replace(self._showing, titles=titles_of(self._lookups))
        item = tool_item(str(added["id"]), call, result, showing)
        frames = self._search(item, index, "completed") if item["status"] == "completed" else b""
        return frames + self._done(item, index)

    def _search(self, item: Item, index: int, *stages: str) -> bytes:
        """How a search is getting on, where it is shown as one of OpenAI's."""
        if item["type"] != OWN_SEARCH:
            return b""
        place: dict[str, Json] = {"item_id": item["id"], "output_index": index}
        return b"".join(self._frames.write(f"response.{OWN_SEARCH}.{stage}", **place) for stage in stages)

    def _convene(self, id: str) -> bytes:
        expose = self._run.expose if self._run else ""
        if expose == "none":
            return b""
        index = len(self._output)
        loud = not self._request.error_ends_stream
        self._fusion = Deliberation(id, index, self._frames, texts=expose != "analysis", loud=loud)
        return self._add(open_fusion_item(id), index) + self._fusion.begin()

    def _conclude(self, event: Event, report: Report) -> bytes:
        fusion, self._fusion = self._fusion, None
        if fusion is None or self._run is None:
            return b""
        return fusion.write(event) + self._done(fusion_item(report, self._run), fusion.index)

    def _finish(self, run: Run) -> bytes:
        reply = run.reply or Reply(run.model)
        if run.answered_in_round:
            frames = self._hush()  # a call that was refused ends nobody's words
        else:
            frames = self._speak("message", "") if reply.refusal and not self._answering else b""
            frames += self._hush(reply)
        frames += b"".join(self._call_function(call) for call in reply.tool_calls)
        response = finished_response(run, self._request, self._output)
        return frames + self._frames.write(f"response.{response['status']}", response=response) + DONE

    def _call_function(self, call: ToolCall) -> bytes:
        id, index = self._next_id("fc"), len(self._output)
        place: dict[str, Json] = {"item_id": id, "output_index": index}
        kind = "response.function_call_arguments"
        frames = self._add(function_item(id, call, "in_progress"), index)
        if call.arguments:
            frames += self._frames.write(f"{kind}.delta", **place, delta=call.arguments)
        frames += self._frames.write(f"{kind}.done", **place, name=call.name, arguments=call.arguments)
        return frames + self._done(function_item(id, call), index)

    def _fail(self, error: FuselineError) -> bytes:
        frames = self._hush(status="incomplete")
        for index, one in enumerate(self._output):
            item = cast("Item", one)
            if item["status"] == "in_progress":
                frames += self._done({**item, "status": broken_status(item)}, index)
        response = failed_response(error, error.run or self._run, self._request, self._output)
        return frames + self._frames.write("response.failed", response=response) + DONE

    def _next_id(self, prefix: str) -> str:
        return item_id(prefix, self._run.id if self._run else "", len(self._output))

    def _add(self, item: Item, index: int) -> bytes:
        self._output.append(item)
        return self._frames.write("response.output_item.added", output_index=index, item=item)

    def _done(self, item: Item, index: int) -> bytes:
        self._output[index] = item
        return self._frames.write("response.output_item.done", output_index=index, item=item)
