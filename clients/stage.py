"""What the clients play on: our server as a process of its own, and the models behind it at the fault upstream."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any, cast

from fuseline.types.deliberation import FUSION_CALL
from fuseline.types.json import JsonObject
from tests.doors.http.players import compares
from tests.upstream import Exchange, Reply, Step, Upstream, calls_tool, fault_upstream, says
from tests.upstream.says import chunk, event, opening, streams
from tests.upstream.wire import Action, Ask, Wait

PLAIN = "A plain model speaks, and nobody is asked beside it."
FUSED = "The writer speaks: short waves scatter more than long ones."
THOUGHT = "It scatters, after some thought."
SLOW_S = 6.5
"""Longer than the patience of an HTTP library that nobody told otherwise."""

CONFIG = """
[server]
port = 0

[endpoints.lab]
base_url = "{upstream}"

[presets.general-high]
panel = ["lab/a", "lab/b", "lab/c"]
analyst = "lab/judge"
writer = "lab/writer"

[presets.general-fast]
panel = ["lab/a", "lab/b"]
analyst = "lab/judge"
writer = "lab/endless"

[local]
probe = false
"""
MODELS = {
    **{
        f"lab/{name}": name for name in ("a", "b", "c", "judge", "writer", "plain", "outer", "small", "slow", "endless")
    },
    "~anthropic/claude-haiku-latest": "small",
}
"""What clients may ask for, and what the upstream calls it."""
PRICED = """
[models."{slug}"]
endpoint = "lab"
name = "{name}"
price_in = "1.00"
price_out = "2.00"
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running server, and the upstream behind it, which is the oracle of who was asked and who hung up."""

    origin: str
    key: str
    upstream: Upstream

    def since(self, mark: int) -> list[Exchange]:
        """What was asked of the models since the log was so long."""
        return self.upstream.log[mark:]


@contextmanager
def stage() -> Generator[Stage]:
    """Have everything running for as long as the block lasts."""
    with fault_upstream() as upstream, tempfile.TemporaryDirectory() as folder:
        for model, reply in scripts().items():
            upstream.script(model, [reply])
        key = secrets.token_hex(16)
        with server(Path(folder), upstream.base_url, key) as origin:
            yield Stage(origin, key, upstream)


@contextmanager
def server(folder: Path, base_url: str, key: str) -> Generator[str]:
    """`fuseline serve` with a key; the value is its origin."""
    config, ready = folder / "fuseline.toml", folder / "ready"
    config.write_text(
        CONFIG.format(upstream=base_url) + "".join(PRICED.format(slug=slug, name=name) for slug, name in MODELS.items())
    )
    command = [sys.executable, "-m", "fuseline", "serve", "--config", str(config), "--ready-file", str(ready)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("FUSELINE_")}
    environ |= {"FUSELINE_HOME": str(folder), "FUSELINE_SERVER_API_KEY": key}
    with (
        (folder / "server.log").open("w") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environ) as process,
    ):
        try:
            yield address(process, ready, folder / "server.log")
        finally:
            process.terminate()


def address(process: subprocess.Popen[str], ready: Path, log: Path) -> str:
    """Where a starting server listens."""
    assert process.stdout is not None
    for _ in process.stdout:  # it tells where it listens after it has written the file
        if ready.exists():
            return ready.read_text().strip()
    raise RuntimeError(f"the server did not start: {log.read_text()[-500:]}")


def scripts() -> dict[str, Reply]:
    """What each model does when it is asked."""
    return {
        "a": says("It scatters."),
        "b": says("It scatters, too."),
        "c": says("It is absorbed."),
        "judge": compares,
        "plain": obliging(PLAIN),
        "writer": obliging(FUSED),
        "outer": obliging(FUSED),
        "small": says("A title"),
        "slow": Step(slowly),
        "endless": streams(endlessly),
    }


def obliging(text: str) -> Reply:
    """A model that calls the function that it must, convenes the panel once where it may, and else says its text."""

    def reply(body: JsonObject) -> Step:
        if forced := wanted(body):
            return calls_tool(forced, filled(functions(body)[forced], text))
        if FUSION_CALL in functions(body) and not answered(body):
            return calls_tool(FUSION_CALL, {"prompt": "Why is the sky blue?"})
        if schema := form(body):
            return says(filled(schema, text), pace_s=0.05)
        return says(text, pace_s=0.05)  # so that the pieces are not sent on as one

    return reply


def functions(body: JsonObject) -> dict[str, JsonObject]:
    """The functions that a model is offered, each with the schema of its arguments."""
    tools = cast(list[dict[str, Any]], body.get("tools") or [])
    return {tool["function"]["name"]: tool["function"].get("parameters") or {} for tool in tools}


def wanted(body: JsonObject) -> str:
    """The function that a model has to call, if any."""
    choice = body.get("tool_choice")
    named = cast(dict[str, Any], choice).get("function", {}).get("name", "") if isinstance(choice, dict) else ""
    return str(named) if named in functions(body) else ""


def form(body: JsonObject) -> JsonObject:
    """The schema that the answer has to have, if any."""
    wish = cast(dict[str, Any], body.get("response_format") or {})
    return wish.get("json_schema", {}).get("schema") or {}


def answered(body: JsonObject) -> bool:
    """Whether the conversation ends with the result of a tool."""
    messages = cast(list[dict[str, Any]], body["messages"])
    return messages[-1]["role"] == "tool"


def filled(schema: JsonObject, text: str) -> str:
    """Arguments that satisfy a schema of texts."""
    properties = cast(dict[str, Any], schema.get("properties") or {})
    return json.dumps(dict.fromkeys(properties, text))


def slowly(ask: Ask) -> Iterator[Action]:
    """An answer that makes everybody wait."""
    yield Wait(SLOW_S)
    schema = form(ask.body)
    yield from says(filled(schema, THOUGHT) if schema else THOUGHT).play(ask)


def endlessly(ask: Ask) -> Iterator[Action]:
    """An answer that only ends when somebody hangs up."""
    yield event(opening(ask))
    for field in cast(dict[str, Any], form(ask.body).get("properties") or {}):
        yield event(chunk(ask, {"content": json.dumps({field: ""})[:-2]}))
    for text in repeat("and so on, "):
        yield event(chunk(ask, {"content": text}))
        yield Wait(0.02)
