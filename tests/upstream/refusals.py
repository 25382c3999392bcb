"""Faults that are over with the head: refusals, errors in good and bad envelopes, heads no one should send."""

import time
from collections.abc import Callable, Iterator
from email.utils import formatdate

from tests.upstream.says import SSE, answers, event, fails, says, streams
from tests.upstream.wire import Action, Ask, Hangup, Head, Raw, Step, Wait

RATE_LIMITED = "the rate limit is reached"
BAD_CHUNK = b"zz\r\ndata: {}\r\n"


def context_length() -> Step:
    """The prompt is longer than the model's context, in OpenAI's envelope."""
    sentence = "This model's maximum context length is 8192 tokens, the messages have 9000."
    return fails(400, message=sentence, code="context_length_exceeded", type="invalid_request_error", param="messages")


def spend_limit(status: int) -> Step:
    """The account may spend no more, told under a status that usually means something else, in Anthropic's envelope."""
    error = {"type": "invalid_request_error", "message": "You have reached your specified API usage limits."}
    return answers(status, {"type": "error", "error": error})


def moderation() -> Step:
    """The input was flagged, in OpenRouter's envelope."""
    metadata = {"reasons": ["violence"], "flagged_input": "how to", "provider_name": "Fault", "model_slug": "fault/403"}
    return fails(403, message="the input was flagged by moderation", metadata=metadata)


def refuses_parameter(status: int) -> Callable[[str], Step]:
    """A model that does not know the parameter named in the argument, and answers where it is absent."""

    def fault(argument: str) -> Step:
        name = argument or "response_format"

        def play(ask: Ask) -> Iterator[Action]:
            refusal = fails(status, message=f"Unsupported parameter: {name}", code="unsupported_parameter", param=name)
            yield from (refusal if name in ask.body else ok()).play(ask)

        return Step(play)

    return fault


def rate_limited(retry_after: str = "") -> Step:
    """Too many requests, with whatever is to stand in Retry-After."""
    return fails(429, message=RATE_LIMITED, retry_after=retry_after)


def rate_limited_until(argument: str) -> Step:
    """Too many requests until a date, so many seconds from now."""
    return rate_limited(formatdate(time.time() + float(argument or 60), usegmt=True))


def redirect() -> Step:
    """Elsewhere, namely to a path of this server that nobody must follow with a key in hand."""

    def play(ask: Ask) -> Iterator[Action]:
        yield Head(302, {"location": f"{ask.origin}/canary", "content-length": "0"})

    return Step(play)


def bare(status: int) -> Step:
    """A status and nothing else."""
    return answers(status, b"")


def switching() -> Step:
    """101: the protocol is changed, though nobody asked for it."""
    return Step(lambda _: [Head(101, {"connection": "upgrade", "upgrade": "fault"}), Hangup()])


def early_hints() -> Step:
    """An informational response first, and the answer after it."""

    def play(ask: Ask) -> Iterator[Action]:
        yield Head(103, {"link": "</canary>; rel=preload"})
        yield from ok().play(ask)

    return Step(play)


def error_body(argument: str) -> Step:
    """200 with an error object for a body; the argument is its code."""
    code = int(argument or 502)
    return answers(200, {"error": {"code": code, "message": f"failed with status {code}"}})


def error_event(argument: str) -> Step:
    """200 and a stream whose first event is an error; the argument is its code."""

    def events(_: Ask) -> Iterator[Action]:
        code = int(argument or 502)
        yield event({"error": {"code": code, "message": f"failed with status {code}"}})

    return streams(events)


def html() -> Step:
    """200 with a page for people, as proxies and login walls send it."""
    page = b"<!doctype html><title>Sign in</title><p>Please sign in to the network.</p>"
    return answers(200, page, headers={"content-type": "text/html; charset=utf-8"})


def json_body() -> Step:
    """A proper completion in one piece, in spite of `stream: true`."""
    return Step(lambda ask: ok().play(Ask(ask.model, {**ask.body, "stream": False}, ask.number)))


def cut_body() -> Step:
    """A completion in one piece that ends in the middle, framed as if it were whole."""
    return answers(200, b'{"id": "gen-0", "object": "chat.completion", "choices": [{"index": 0, "mess')


def short_length() -> Step:
    """A body that promises more bytes than come."""
    head = Head(200, {"content-type": "application/json", "content-length": "1000"})
    return Step(lambda _: [head, b'{"id": "gen-0", ', Hangup()])


def bad_chunk() -> Step:
    """A chunk whose size is not a number, in one write with the head."""
    return Step(lambda _: [Raw(Head(200, SSE).render() + BAD_CHUNK), Hangup()])


def bad_chunk_late() -> Step:
    """The same, when the client has long read the head: a client may then be left waiting for ever."""
    return Step(lambda _: [Head(200, SSE), Wait(0.1), Raw(BAD_CHUNK), Hangup()])


def not_http() -> Step:
    """Bytes of some other protocol."""
    return Step(lambda _: [Raw(b"220 mail.example ESMTP ready\r\n"), Hangup()])


def slow(argument: str) -> Step:
    """A proper answer after so many seconds without a byte."""

    def play(ask: Ask) -> Iterator[Action]:
        yield Wait(float(argument or 1))
        yield from ok().play(ask)

    return Step(play)


def ok() -> Step:
    """A proper answer that names the model."""
    return Step(lambda ask: says(f"Answer from {ask.model}: all is well, and this is how it comes about.").play(ask))
