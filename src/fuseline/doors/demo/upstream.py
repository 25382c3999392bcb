"""The recorded upstream: a server on this machine that speaks chat completions and says what was once recorded."""

import socket
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
import uvicorn
from pydantic import ValidationError
from pydantic_core import to_json
from starlette.applications import Starlette
from starlette.requests import Request as HTTPRequest
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from fuseline.doors.demo.recordings import Speech, recordings
from fuseline.doors.demo.script import Asked, speech_for
from fuseline.types.json import Json
from fuseline.types.tokens import estimate

PIECE = 6
"""Characters in a chunk."""
PACE = 1.15
"""Recorded speech is played so much faster than it was recorded, so that a demo stays below twenty seconds."""


@dataclass(frozen=True, slots=True)
class RecordedUpstream:
    """Answers requests from the recordings, at a multiple of their speed."""

    speed: float

    async def complete(self, request: HTTPRequest) -> Response:
        """Stream what was recorded for this model and this question; 404 where nothing was."""
        try:
            asked = Asked.model_validate_json(await request.body())
        except ValidationError:
            return refusal(400, "the request is no chat completion")
        speech = speech_for(asked, recordings())
        if speech is None:
            return refusal(404, "no recording")
        said = play(speech, asked, self.speed * PACE)
        return StreamingResponse(said, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})


def refusal(status: int, message: str) -> Response:
    """An error in the envelope of chat completions."""
    return JSONResponse({"error": {"message": message, "code": status}}, status)


async def play(speech: Speech, asked: Asked, speed: float) -> AsyncGenerator[bytes]:
    """A speech as server-sent events, each piece when it is due by the clock."""
    began = time.monotonic()
    for seconds, delta in timed(speech):
        wait = began + seconds / speed - time.monotonic()
        if wait > 0:
            await anyio.sleep(wait)
        yield chunk(speech.model, [{"index": 0, "delta": delta, "finish_reason": None}])
    yield chunk(speech.model, [{"index": 0, "delta": {}, "finish_reason": "stop"}])
    yield chunk(speech.model, [], usage(speech, asked))
    yield b"data: [DONE]\n\n"


def timed(speech: Speech) -> Iterator[tuple[float, Json]]:
    """Each piece of a speech with the second at which it was said."""
    total = len(speech.reasoning) + len(speech.content)
    lasting = tokens_of(speech) / speech.tokens_per_s
    said = 0
    for field, text in (("reasoning", speech.reasoning), ("content", speech.content)):
        for start in range(0, len(text), PIECE):
            piece = text[start : start + PIECE]
            yield speech.first_token_s + lasting * said / total, {field: piece}
            said += len(piece)


def tokens_of(speech: Speech) -> int:
    """Roughly how many tokens a speech has."""
    return estimate(speech.reasoning + speech.content)


def usage(speech: Speech, asked: Asked) -> dict[str, Json]:
    """The counts of a call, estimated as everywhere in the house."""
    read = sum(estimate(message.content) for message in asked.messages)
    written = tokens_of(speech)
    thought = estimate(speech.reasoning)
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "completion_tokens_details": {"reasoning_tokens": thought},
    }


def chunk(model: str, choices: list[Json], counts: Json = None) -> bytes:
    """One event of a streamed completion."""
    body: dict[str, Json] = {"object": "chat.completion.chunk", "model": model, "choices": choices}
    if counts is not None:
        body["usage"] = counts
    return b"data: " + to_json(body) + b"\n\n"


@asynccontextmanager
async def recorded_upstream(speed: float) -> AsyncGenerator[str]:
    """Run the upstream on a free port of the loopback interface, in this event loop; yields its base address."""
    upstream = RecordedUpstream(speed)
    app = Starlette(routes=[Route("/v1/chat/completions", upstream.complete, methods=["POST"])])
    config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None, access_log=False)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        await server.startup([sock])  # not `serve()`, which would take the signals of the process
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}/v1"
        finally:
            await server.shutdown([sock])
