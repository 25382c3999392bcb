"""Real answers of real models go through whole fusions byte for byte: nothing is lost, and nothing glued."""

from collections.abc import AsyncGenerator
from random import Random
from typing import Any

import anyio
import pytest

from tests.doors.http.players import Door, last_text, open_door
from tests.doors.http.talk import Heard, plugin
from tests.replay.recordings import Recording, Said, recordings, replayed
from tests.requirements import requirement
from tests.upstream import replays
from tests.wires.streams import every_script

pytestmark = [pytest.mark.anyio, requirement("ours:text-exact")]

SEATS = [f"seat{index}" for index in range(8)]
RECORDED = [
    *(pytest.param(one, id=f"deep_research-{n}") for n, one in enumerate(recordings("deep_research"))),
    *(pytest.param(one, id=f"chat-{n}") for n, one in enumerate(recordings("chat", every=2))),
    *(pytest.param(one, id=f"closed_answer-{n}") for n, one in enumerate(recordings("closed_answer", every=3))),
]


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """One loop for the whole file, so that one door serves all of its tests."""
    return "asyncio"


@pytest.fixture(scope="module")
async def door(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Door]:
    """A door to eight seats, an analyst that reads the letters, and a writer to whose words nothing is added."""
    store = {"path": tmp_path_factory.mktemp("replay") / "runs.db"}
    as_written = {"carry_citations": False}
    async with open_door(models=SEATS, store=store, local={"probe": False}, fusion=as_written) as opened:
        yield opened


async def fuse(door: Door, prompt: str, seats: int) -> tuple[Heard, Heard]:
    """Ask the same thing streamed with events, and whole with contents, at the same time."""
    replies: dict[bool, Heard] = {}
    plugins = plugin(analysis_models=[f"lab/{seat}" for seat in SEATS[:seats]], expose="full")
    body: dict[str, Any] = {"model": "fusion", "messages": [{"role": "user", "content": prompt}], "plugins": plugins}

    async def ask(streamed: bool) -> None:
        options = {"stream": True, "stream_options": {"include_fusion": True}} if streamed else {}
        replies[streamed] = await door.post({**body, **options})

    async with anyio.create_task_group() as group:
        for streamed in (True, False):
            group.start_soon(ask, streamed)
    return replies[True], replies[False]


def panel_of(heard: Heard) -> list[tuple[str, str]]:
    """What every seat said in a stream's events: in pieces put together, and whole."""
    spoken: dict[int, str] = {}
    whole: dict[int, str] = {}
    for told in heard.events:
        if told["type"] == "panel.delta":
            spoken[told["panel_index"]] = spoken.get(told["panel_index"], "") + told["delta"]
        if told["type"] == "panel.completed":
            whole[told["panel_index"]] = told["content"]
    return [(spoken[index], whole[index]) for index in sorted(whole)]


def check(streamed: Heard, whole: Heard, panel: list[str], fused: str) -> None:
    """Hold two replies against what was recorded."""
    assert panel_of(streamed) == [(text, text) for text in panel]
    for report in (streamed.chunks[-1]["fusion"], whole.body["fusion"]):
        assert [response["content"] for response in report["responses"]] == panel
    assert streamed.text == whole.body["choices"][0]["message"]["content"] == fused


@pytest.mark.parametrize("recording", RECORDED)
async def test_a_recorded_fusion_is_exact(door: Door, recording: Recording):
    chance = Random(recording.prompt)
    for seat, answer in zip(SEATS, recording.panel, strict=False):
        door.upstream.script(seat, [replayed(answer, chance)])
    door.upstream.script("writer", [replayed(recording.fused, chance)])
    before = len(door.upstream.log)
    streamed, whole = await fuse(door, recording.prompt, len(recording.panel))
    texts = [answer.content for answer in recording.panel]
    check(streamed, whole, texts, recording.fused.content)
    shown = [call.body for call in door.upstream.log[before:] if call.model in ("judge", "writer")]
    assert len(shown) == 4
    assert all(text in last_text(body) for body in shown for text in texts)
    usage = whole.body["usage"]
    assert usage["completion_tokens"] == recording.fused.usage["completion_tokens"]
    counted = [call["completion_tokens"] for call in usage["cost_details"]["calls"] if call["role"] == "panel"]
    assert sorted(counted) == sorted(int(str(answer.usage["completion_tokens"])) for answer in recording.panel)


MATHEMATICS = (
    r"Let $x \in \mathbb{R}$, \[\frac{x^2-y^2}{x^2+y^2}=\sqrt{\tfrac12}\] and $$\sum_{i<j} a_i\,b_j \neq \emptyset$$."
    + "\n"
)
TABLE = "| delta | cost |\n|:------|-----:|\n| +0.20 | $1,234.50 |\n|  −5 % | `a|b` \\| |\n\n"
CODE = '```python\ndef f(x):\n\treturn {"a": "\\u00e9\\n", \'b\': r"\\d+"}  # 二\n```\r\n\r\n    indented\n\n\n'
HARD = [
    MATHEMATICS,
    TABLE,
    CODE,
    " lead and trail ",
    "data: [DONE]\n\n: comment\n\nevent: x\n",
    '{"choices": []}\\',
]
USAGE = {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}


async def test_every_script_split_at_every_byte_is_exact(door: Door):
    text = every_script()
    step = replays(text, USAGE, chunk_chars=97, write_bytes=1)
    for model in (SEATS[0], "writer"):
        door.upstream.script(model, [step])
    check(*await fuse(door, text, 1), [text], text)


async def test_long_answers_of_every_kind_are_exact(door: Door):
    texts = [(kind * 31_000)[:31_000] + "end" for kind in (*HARD[:5], "naïve 日本語 🌅 e\u0301 ")]
    chance = Random(7)
    for seat, text in zip(SEATS, texts, strict=False):
        door.upstream.script(seat, [replayed(Said(text, USAGE), chance)])
    door.upstream.script("writer", [replayed(Said(texts[-1], USAGE), chance)])
    check(*await fuse(door, "Why?", len(texts)), texts, texts[-1])


@pytest.mark.parametrize("text", [*HARD, "word\n\n", "\n word", "\u2028\u2029\u0085\ufeff.", "\x1b[31mred\x07\x7f"])
async def test_text_that_looks_like_something_else_is_exact(door: Door, text: str):
    step = replays(text, USAGE, chunk_chars=1, write_bytes=7)
    for model in (SEATS[0], "writer"):
        door.upstream.script(model, [step])
    check(*await fuse(door, text, 1), [text], text)
