"""Faults of the body: streams that stall, break off, lie, or come in bytes that only a careful reader puts together."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import repeat

from fuseline.types.json import JsonObject
from tests.upstream.says import (
    DONE,
    SSE,
    chunk,
    closing,
    contents,
    counted,
    event,
    opening,
    pieces,
    streams,
)
from tests.upstream.wire import Action, Ask, Hangup, Head, Reset, Silence, Step, Wait

SENTENCE = "The quick brown fox jumps over the lazy dog. "
MULTIBYTE = "Naïve café: 日本語, кириллица, 🙂🚀, e\u0301."
BLOCK = 65_536
SETTLE_S = 0.05
"""Before a reset: a client's library may throw away what it has not read when the reset comes."""
COMMENT = b": OPENROUTER PROCESSING\n\n"


def babble(size: int) -> str:
    """A text of exactly so many characters."""
    return (SENTENCE * (size // len(SENTENCE) + 1))[:size]


def events(ask: Ask, texts: Iterable[str], finish: str | None = "stop") -> Iterator[bytes]:
    """The events of a proper stream, all but `[DONE]`."""
    spoken = list(texts)
    yield from map(event, (opening(ask), *contents(ask, spoken), *closing(ask, finish, counted(ask, "".join(spoken)))))


def breaks_off(*ending: Action) -> Callable[[str], Step]:
    """So many characters of text (20 unless told), and then this."""

    def fault(argument: str) -> Step:
        def broken(ask: Ask) -> Iterator[Action]:
            texts = pieces(babble(int(argument or 20)), 4)
            yield from map(event, (opening(ask), *contents(ask, texts)))
            yield from ending

        return streams(broken)

    return fault


hang_mid = breaks_off(Silence())
reset_mid = breaks_off(Wait(SETTLE_S), Reset())
close_mid = breaks_off(Wait(SETTLE_S), Hangup())
eof_mid = breaks_off()
cut_json = breaks_off(b'data: {"id":"gen-0","object":"chat.completion.chunk","choices":[{"index":0,"del')


def error_mid(argument: str) -> Step:
    """So many characters of text, and then an error event as OpenRouter sends it in the middle of a stream."""

    def broken(ask: Ask) -> Iterator[Action]:
        yield from map(event, (opening(ask), *contents(ask, pieces(babble(int(argument or 20)), 4))))
        error: JsonObject = {"code": "server_error", "message": "the provider disconnected"}
        yield event({**chunk(ask, {"content": ""}, "error"), "error": error})
        yield DONE

    return streams(broken)


def hang_body() -> Step:
    """A proper head, and then silence."""
    return streams(lambda _: [Silence()])


def comments_only(argument: str) -> Step:
    """Comments for ever, each after so many seconds."""

    def broken(_: Ask) -> Iterator[Action]:
        for comment in repeat(COMMENT):
            yield comment
            yield Wait(float(argument or 0.05))

    return streams(broken)


def hang_after_finish() -> Step:
    """A whole answer with finish reason and usage, and then neither `[DONE]` nor an end."""
    return streams(lambda ask: [*events(ask, pieces(SENTENCE, 4)), Silence()])


def drip(argument: str) -> Step:
    """A proper answer, one byte in so many seconds."""

    def slowly(payload: bytes) -> Iterator[Action]:
        for byte in payload:
            yield bytes([byte])
            yield Wait(float(argument or 1))

    return reshaped(slowly)


def reshaped(reshape: Callable[[bytes], Iterable[Action]], text: str = MULTIBYTE) -> Step:
    """A proper answer whose bytes are sent in another way, or changed."""
    return streams(lambda ask: reshape(b"".join([*events(ask, pieces(text, 4)), DONE])))


def split_bytes(payload: bytes) -> Iterable[Action]:
    """Every byte a write of its own."""
    return [bytes([byte]) for byte in payload]


def crlf(payload: bytes) -> Iterable[Action]:
    """Lines that end as in HTTP."""
    return [payload.replace(b"\n", b"\r\n")]


def no_space(payload: bytes) -> Iterable[Action]:
    """No space after the colon, as the standard of server-sent events permits."""
    return [payload.replace(b"data: ", b"data:")]


def commented(payload: bytes) -> Iterable[Action]:
    """A comment before each event, and fields that mean nothing to a completion."""
    return [payload.replace(b"data: ", COMMENT + b"id: 7\nretry: 100\ndata: ")]


def many_data_lines() -> Step:
    """Each event's JSON over several `data:` lines, which belong together with line feeds between them."""

    def broken(ask: Ask) -> Iterator[Action]:
        spoken = [opening(ask), *contents(ask, pieces(SENTENCE, 4)), *closing(ask, "stop", counted(ask, SENTENCE))]
        for said in spoken:
            yield b"".join(b"data: %b\n" % line.encode() for line in json.dumps(said, indent=1).split("\n")) + b"\n"
        yield DONE

    return streams(broken)


def bad_events(argument: str) -> Step:
    """So many events of broken JSON, one unless told, between good ones."""

    def broken(ask: Ask) -> Iterator[Action]:
        yield event(opening(ask))
        for _ in range(int(argument or 1)):
            yield event(chunk(ask, {"content": "good "}))
            yield b'data: {"id": "gen-0", "choices": [{"delta": {"content": "ba\n\n'
        yield from events(ask, ["in the end"])
        yield DONE

    return streams(broken)


def bad_utf8(wrong: int, size: int = 400) -> Step:
    """A text in which so many characters are a byte that UTF-8 does not have."""
    return reshaped(lambda payload: [payload.replace(b"~", b"\xff")], babble(size - wrong) + "~" * wrong)


def raw_text(text: str) -> Step:
    """A text that JSON can hold, and a database or an encoder cannot. It is escaped on the wire."""

    def broken(ask: Ask) -> Iterator[Action]:
        said = json.dumps(chunk(ask, {"content": text}))
        yield event(opening(ask))
        yield b"data: " + said.encode() + b"\n\n"
        yield from map(event, closing(ask, "stop", counted(ask, text)))
        yield DONE

    return streams(broken)


def giant(argument: str) -> Step:
    """A text of so many bytes, ten million unless told, in events of a kilobyte or so."""
    return streams(lambda ask: flood(ask, int(argument or 10_000_000), 1024))


def many_chunks(argument: str) -> Step:
    """So many events of one character each, a million unless told."""
    return streams(lambda ask: flood(ask, int(argument or 1_000_000), 1))


def flood(ask: Ask, size: int, each: int) -> Iterator[Action]:
    """A proper stream of a long text, made while it is sent."""
    yield event(opening(ask))
    said = event(chunk(ask, {"content": babble(each)}))
    yield from repeat(said, size // each)
    yield from map(event, closing(ask, "stop", {"prompt_tokens": 10, "completion_tokens": size // 4}))
    yield DONE


def long_line(argument: str) -> Step:
    """One event of so many bytes on a single line, a hundred million unless told."""

    def broken(_: Ask) -> Iterator[Action]:
        yield b'data: {"id":"gen-0","choices":[{"index":0,"delta":{"content":"'
        yield from repeat(b"a" * BLOCK, int(argument or 100_000_000) // BLOCK + 1)
        yield b'"}}]}\n\n' + DONE

    return streams(broken)


def bomb(argument: str) -> Step:
    """A stream of so many bytes, 32 MiB unless told, sent as some kilobytes of gzip that nobody asked for."""

    def play(ask: Ask) -> Iterator[Action]:
        said = event(chunk(ask, {"content": babble(1024)}))
        yield Head(200, {**SSE, "content-encoding": "gzip"})
        yield gzip.compress(said * (int(argument or 32 * 1024 * 1024) // len(said)) + DONE)

    return Step(play)


def no_content_type() -> Step:
    """A proper stream that does not say that it is one."""
    return Step(lambda ask: [Head(200, {}), *events(ask, pieces(SENTENCE, 4)), DONE])


def duplicates() -> Step:
    """Every event twice, the usage too."""
    return streams(lambda ask: [*(said for said in events(ask, pieces(SENTENCE, 4)) for _ in range(2)), DONE])


def more_choices() -> Step:
    """Choices that nobody asked for, mixed in with the first one."""

    def broken(ask: Ask) -> Iterator[Action]:
        yield event(chunk(ask, {"role": "assistant", "content": "second choice"}, index=1))
        for piece in pieces(SENTENCE, 4):
            yield event(chunk(ask, {"content": "third choice"}, index=2))
            yield event(chunk(ask, {"content": piece}))
        yield event(chunk(ask, {}, "length", index=1))
        yield from map(event, closing(ask, "stop", counted(ask, SENTENCE)))
        yield DONE

    return streams(broken)
