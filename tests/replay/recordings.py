"""Recorded text of real models, read from beside the repository, and upstreams that say it cut anywhere."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from fuseline.types.json import JsonObject
from tests.upstream.replay import split
from tests.upstream.says import DONE, SSE, closing, contents, event, opening
from tests.upstream.wire import Action, Ask, Head, Step

FOLDER = Path(__file__).parents[3] / "shared" / "data"
WRITES = 120
"""TCP writes that a stream is cut into."""


@dataclass(frozen=True, slots=True)
class Said:
    """One recorded answer, with its recorded tokens where there are any."""

    content: str
    usage: JsonObject


@dataclass(frozen=True, slots=True)
class Recording:
    """One recorded task: the panel's answers, and a fused one."""

    prompt: str
    panel: tuple[Said, ...]
    fused: Said


def recordings(name: str, every: int = 1) -> Sequence[Recording]:
    """Every so many-th task of a file; none where the file is not here."""
    path = FOLDER / f"{name}_replay.jsonl"
    lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
    return [read(json.loads(line)) for line in lines[::every] if line]


def read(row: dict[str, Any]) -> Recording:
    """One line of a file. Where no fused answer was recorded, the first of the panel's stands for it."""
    panel = tuple(said(answer) for answer in row["panel"] if answer["content"].strip())
    fused = [said(answer) for answer in row.get("fused", ()) if answer["content"].strip()]
    return Recording(row.get("prompt") or row["question"], panel, fused[0] if fused else panel[0])


def said(answer: dict[str, Any]) -> Said:
    """One answer of a file."""
    tokens_in, tokens_out = answer.get("input_tokens") or 100, answer.get("output_tokens") or 100
    counted = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}
    return Said(answer["content"], counted)


def replayed(answer: Said, chance: Random) -> Step:
    """A step that streams an answer, cut into events and into writes wherever chance has it."""
    pieces = split(answer.content, chance.sample(range(len(answer.content)), min(WRITES, len(answer.content))))

    def play(ask: Ask) -> Iterator[Action]:
        said = (opening(ask), *contents(ask, pieces), *closing(ask, "stop", answer.usage))
        payload = b"".join([*map(event, said), DONE])
        yield Head(200, SSE)
        yield from split(payload, chance.sample(range(len(payload)), WRITES))

    return Step(play)
