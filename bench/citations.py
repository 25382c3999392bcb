"""`python -m bench.citations`: citations that recorded fused answers have, and how many more once they are put back.

It reads the recorded answers beside the repository. `--sample N` prints so many of the links that were put in, each
with the sentence that got it and the draft's sentence that had it, to be checked by hand.
"""

import argparse
import json
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from fuseline.engine.citations.margin import Margin
from fuseline.engine.citations.shelf import Origin, Shelf
from fuseline.engine.provenance.sentences import sentences_of
from fuseline.engine.sources import links, sources_of
from fuseline.types.deliberation import PanelAnswer, Report

RECORDED = Path(__file__).parents[2] / "shared" / "data" / "deep_research_replay.jsonl"
THOUGHTS = "</think>"
"""Behind this the answer begins, where a recording has the thoughts of its model in front of it."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A link that was put in."""

    sentence: str
    link: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Answer:
    """One fused answer before and after."""

    fuser: str
    before: int
    """Links that its fuser wrote."""
    carried: tuple[Carried, ...]
    milliseconds: float


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.citations", description=__doc__)
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="print so many of the links")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    if not RECORDED.exists():
        raise SystemExit(f"there are no recorded answers at {RECORDED}")
    answers = list(measured(recorded()))
    found = figures(answers)
    lines = (f"{name}: {value}" for name, value in found.items())
    print(json.dumps(found, indent=2) if options.json else "\n".join(lines))
    every = [one for answer in answers for one in answer.carried]
    for one in Random(0).sample(every, min(options.sample, len(every))):
        print(f"\n{one.link.strip()}\n  answer: {one.sentence}")
        print(f"  seat {one.origin.support.seat + 1}: {one.origin.words} ({one.origin.support.score:.2f})")


def recorded() -> list[dict[str, Any]]:
    """The recorded tasks; none where they are not here."""
    if not RECORDED.exists():
        return []
    return [json.loads(line) for line in RECORDED.read_text("utf-8").split("\n") if line]


def measured(tasks: Sequence[Mapping[str, Any]]) -> Iterator[Answer]:
    """Every fused answer of some tasks, before and after."""
    for task in tasks:
        shelf = Shelf(panel(task))
        for fused in task["fused"]:
            text = fused["content"].rpartition(THOUGHTS)[2]
            if text.strip():
                yield measure(text, fused["synthesizer"], shelf)


def panel(task: Mapping[str, Any]) -> Report:
    """The report of a recorded panel."""
    answers = (
        PanelAnswer(seat, one["model"], one["content"], sources=sources_of(one["content"]))
        for seat, one in enumerate(task["panel"])
    )
    return Report("st_1", task["prompt"], tuple(answers))


def measure(text: str, fuser: str, shelf: Shelf) -> Answer:
    """One answer, as it would have passed."""
    began = time.perf_counter()
    margin = Margin(shelf.behind)
    margin.feed(text)
    margin.end()
    took = time.perf_counter() - began
    ended = {span.end: text[span.start : span.end] for span in sentences_of(text)}
    found = ((ended.get(place, ""), link) for place, link in margin.added)
    carried = tuple(
        Carried(sentence, link, origin) for sentence, link in found if (origin := shelf.origin(sentence)) is not None
    )
    return Answer(fuser, len(links(text)), carried, took * 1000)


def figures(answers: Sequence[Answer]) -> dict[str, float]:
    """What all answers come to."""
    after = [answer.before + sum(len(links(one.link)) for one in answer.carried) for answer in answers]
    return {
        "answers": len(answers),
        "with_citations_before": sum(answer.before > 0 for answer in answers) / len(answers),
        "with_citations_after": sum(number > 0 for number in after) / len(answers),
        "citations_each_before": statistics.mean(answer.before for answer in answers),
        "citations_each_after": statistics.mean(after),
        "carried": sum(len(answer.carried) for answer in answers),
        "milliseconds_each": round(statistics.mean(answer.milliseconds for answer in answers), 1),
    }


if __name__ == "__main__":
    main()
