"""Eight models that write Markdown at a steady pace, and the gateway before them: each in a process of its own.

Neither takes a turn on the loop of the test, nor on that of the other, so that what is measured is the page.
"""

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.servers import Server, first_line, running, wait_for

SEATS = ("avocet", "bittern", "curlew", "dunlin", "egret", "fulmar", "gannet", "hoopoe")
JUDGE = "judge"
JUDGING_S = 1.0
"""Seconds that the analyst thinks, where the others have a pace."""
WORDS = (
    "the cache of an edge that keeps one page for half a minute answers most readers while its origin is down and "
    "nobody has to wait longer than they would in quiet hours because load depends on how often it is asked anew not "
    "on visits themselves which is why shorter lifetimes cost little compared with what stale news does to trust"
).split()
PIECE = re.compile(r"\s?\S{1,5}|\s")
"""About what a token is."""
KNOWN = "A page that is kept at the edge answers even while the origin is down."
"""Stands in every answer, once at its beginning and once in a while, so that a comparison has something to quote."""
CONFIG = """
[server]
port = 0

[fusion]
preset = "rush"
tools = []

[local]
probe = false

[endpoints.lab]
base_url = "{upstream}"

{models}
[presets.rush]
panel = [{panel}]
analyst = "lab/judge"
writer = "lab/writer"
"""
MODEL = """
[models."lab/{name}"]
endpoint = "lab"
name = "{name}-{length}"
price_in = "1.00"
price_out = "4.00"
context = 400000
"""


def prose(seed: str, length: int) -> str:
    """A text of so many characters with all that Markdown has, the same for the same seed."""
    chance = random.Random(seed)
    written, size = [f"{KNOWN} {sentence(chance)}"], 0
    for block in blocks(chance):
        if size >= length:
            break
        written.append(block)
        size += len(block) + 2
    return "\n\n".join(written)[:length]


def blocks(chance: random.Random) -> Iterator[str]:
    """Blocks without an end, of each kind in turn."""
    while True:
        yield f"## {sentence(chance, 5)}"
        yield paragraph(chance)
        yield "\n".join(f"- **{sentence(chance, 3)}** {sentence(chance)}" for _ in range(4))
        yield f"{paragraph(chance)} {KNOWN}"
        yield "\n".join(
            ["| lifetime | requests |", "|---|---|", *(f"| {n * 30} s | {sentence(chance, 4)} |" for n in range(5))]
        )
        yield paragraph(chance)
        yield (
            "```python\n"
            + "\n".join(f"def step_{n}(seconds):\n    return 3600 / seconds + {n}" for n in range(4))
            + "\n```"
        )
        yield f"The load follows $r_{{{chance.randrange(9)}}} = \\frac{{3600}}{{t}}$ requests. {paragraph(chance)}"
        yield "\n".join(f"{n}. {sentence(chance)} See [the notes](https://example.org/{n})." for n in range(1, 5))


def paragraph(chance: random.Random) -> str:
    """Five sentences, one of them with a word in bold and one in code."""
    said = [sentence(chance) for _ in range(5)]
    said[1] = f"**{said[1].split()[0]}** {said[1]}"
    said[3] = f"`max-age={chance.randrange(600)}` {said[3]}"
    return " ".join(said)


def sentence(chance: random.Random, words: int = 14) -> str:
    """A sentence of so many words."""
    return " ".join(chance.choices(WORDS, k=words)).capitalize() + "."


def comparison() -> str:
    """What the analyst finds: one claim that all share, and one that two do."""
    shared = {"claim": KNOWN, "sources": list("ABCDEFGH"), "quote": KNOWN, "urls": []}
    return json.dumps(
        {
            "consensus": [shared],
            "contradictions": [],
            "partial_coverage": [{**shared, "claim": "Load depends on how often it is asked.", "sources": ["A", "B"]}],
            "unique_insights": [],
            "blind_spots": ["What readers see whose name servers are down."],
        }
    )


def chunk(delta: dict[str, str], **more: Any) -> bytes:
    """One event of a stream, as a piece of a chunked body."""
    choices = [{"index": 0, "delta": delta, "finish_reason": more.pop("finish_reason", None)}]
    fields = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "rush", "choices": choices, **more}
    return framed(b"data: " + json.dumps(fields).encode() + b"\n\n")


def framed(body: bytes) -> bytes:
    """A piece of a chunked body."""
    return f"{len(body):x}\r\n".encode() + body + b"\r\n"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def tail(tokens: int) -> bytes:
    """The end of a stream."""
    usage = {"prompt_tokens": 400, "completion_tokens": tokens, "total_tokens": 400 + tokens}
    return chunk({}, finish_reason="stop") + chunk({}, usage=usage) + framed(b"data: [DONE]\n\n") + framed(b"")


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pace: float) -> None:
    """Answer the requests of one connection; a model's name ends in how many characters it writes."""
    loop = asyncio.get_running_loop()
    try:
        while request := await read_request(reader):
            name, _, length = str(request["model"]).rpartition("-")
            pieces = PIECE.findall(comparison() if name == JUDGE else prose(name, int(length)))
            writer.write(HEAD + chunk({"role": "assistant", "content": ""}))
            began = loop.time() + (JUDGING_S if pace and name == JUDGE else 0)
            for number, piece in enumerate(pieces):
                ahead = began + (number / pace if pace and name != JUDGE else 0) - loop.time()
                if ahead > 0:
                    await asyncio.sleep(ahead)
                writer.write(chunk({"content": piece}))
            writer.write(tail(len(pieces)))
            await writer.drain()
    except ConnectionError:
        pass  # whoever asked has left
    finally:
        writer.close()


async def read_request(reader: asyncio.StreamReader) -> dict[str, Any]:
    """The next request's body; nothing where there is none any more."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
    except asyncio.IncompleteReadError:
        return {}
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return json.loads(await reader.readexactly(length))


@contextmanager
def rush(length: int, pace: float = 0, seats: int = len(SEATS), writing: int = 2000) -> Generator[tuple[str, Server]]:
    """A gateway whose seats write so many characters each, at so many tokens a second (0: at once), and its origin."""
    command = [sys.executable, "-m", "tests.browser.rush", "--pace", str(pace)]
    with running(command) as upstream, tempfile.TemporaryDirectory() as folder:
        config, ready = Path(folder) / "fuseline.toml", Path(folder) / "ready"
        config.write_text(told(f"http://127.0.0.1:{first_line(upstream)}/v1", length, SEATS[:seats], writing))
        serve = [sys.executable, "-m", "fuseline", "serve", "--config", str(config), "--ready-file", str(ready)]
        with running(serve, {"FUSELINE_HOME": folder}) as gateway:
            origin = wait_for(ready, gateway)
            yield origin, Server(gateway.pid, int(origin.rpartition(":")[2]))


def told(upstream: str, length: int, seats: tuple[str, ...], writing: int) -> str:
    """The settings of that gateway."""
    lengths = {**dict.fromkeys(seats, length), JUDGE: 0, "writer": writing}
    models = "".join(MODEL.format(name=name, length=size) for name, size in lengths.items())
    return CONFIG.format(upstream=upstream, models=models, panel=", ".join(f'"lab/{name}"' for name in seats))


async def main() -> None:
    """Serve until the parent ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pace", type=float, default=0, help="tokens a second of each model; 0 writes all at once")
    pace = parser.parse_args().pace
    server = await asyncio.start_server(lambda reader, writer: answer(reader, writer, pace), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
