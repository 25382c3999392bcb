"""`python -m bench.provenance`: how often provenance names the right seat, what it flags, and how long it takes.

It reads recorded answers of real models that are not part of the project. Where a fused sentence really comes from is
known for two kinds of sentences: those with an address that one panelist alone cited, and those with at least two words
that one panelist alone wrote. What gives them away is taken out before they are placed.
"""

import argparse
import json
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from fuseline.engine.provenance.drafts import Drafts, Match
from fuseline.engine.provenance.guard import figures_in, new_numbers
from fuseline.engine.provenance.index import Index
from fuseline.engine.provenance.provenance import trace
from fuseline.engine.provenance.sentences import sentences_of
from fuseline.engine.provenance.words import folded, words
from fuseline.engine.sources import links
from fuseline.types.deliberation import Analysis, Claim
from fuseline.types.provenance import Provenance

DATA = Path(__file__).parents[2] / "shared" / "data"
FILES = {"research": "deep_research_replay.jsonl", "chat": "chat_replay.jsonl"}
COVERAGE = (10, 25, 50, 75, 100)
REFERENCE = {"10 %": 97.9, "25 %": 97.7, "50 %": 96.7, "75 %": 93.5, "100 %": 83.1}
"""Measured elsewhere on 1,400 sentences with addresses, of 7 fusers over 4 panelists; here are 17 such sentences.

What is measured on sentences with words of one panelist alone is another measure, and not to be held against these.
"""
THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
MARKS = 2
"""Words of one panelist alone that a sentence needs."""
LEFT = 6
"""Words that have to be left of it without them."""
PLANTED = 10
"""Wrong numbers that an answer gets, one at a time."""
LONG_PANEL, LONG_DRAFT, LONG_ANSWER, CLAIMS = 4, 20_000, 30_000, 40
SHOWN = 40
"""Characters around a flag that are shown."""


@dataclass(frozen=True, slots=True)
class Fused:
    """A fused answer over its panel."""

    fuser: str
    prompt: str
    panel: tuple[str, ...]
    text: str
    task: int


@dataclass(frozen=True, slots=True)
class Gold:
    """A sentence of an answer, without what gave its seat away."""

    answer: Fused
    text: str
    seat: int


@dataclass(frozen=True, slots=True)
class Guess:
    """Which seat a method names, and by how much it leads."""

    seat: int
    lead: float


class Rows(dict[str, dict[str, float]]):
    """Results that are printed one a line."""


Method = Callable[[Gold, Drafts], Guess]


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(prog="python -m bench.provenance", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with the recorded answers")
    parser.add_argument("--flags", type=int, default=0, metavar="N", help="print so many flags to be checked by hand")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    results = {name: measured(answers(options.data / file)) for name, file in FILES.items()}
    if options.json:
        print(json.dumps(results | {"reference": REFERENCE}))
        return
    print(f"reference, on other data and only for what is cited by one: {REFERENCE}")
    for name, result in results.items():
        print(f"\n{name}")
        for key, value in result.items():
            print(*shown(key, value), sep="\n")
    for line in sampled(options.data, options.flags):
        print(line)


def shown(key: str, value: object) -> list[str]:
    """One result, the curves of several methods below each other."""
    if isinstance(value, Rows):
        return [f"  {key}", *(f"    {name:40} {row}" for name, row in value.items())]
    return [f"  {key}: {value}"]


def measured(fused: Sequence[Fused]) -> dict[str, object]:
    """All that is measured of one file."""
    drafts = ready(fused)
    result: dict[str, object] = {"answers": len(fused), "panel": sorted({len(one.panel) for one in fused})}
    for kind, gold in (("cited by one", by_address(fused)), ("worded by one", by_wording(fused))):
        result[f"{kind}: sentences"] = len(gold)
        if gold:
            result[f"{kind}: by seat"] = dict(sorted(Counter(one.seat for one in gold).items()))
            result[f"{kind}: right of the surest, %"] = curves(gold, drafts)
    traced = [(one, *timed(one)) for one in fused]
    result["milliseconds"] = Rows(
        {
            "make the drafts ready": quantiles([ready_in for _, _, ready_in, _ in traced]),
            "trace, no analysis": quantiles([trace_in for *_, trace_in in traced]),
            "place one sentence": quantiles(one_by_one(fused, drafts)),
            **large(fused),
        }
    )
    result["standing"] = shares([sentence.standing for _, found, *_ in traced for sentence in found.sentences])
    result["single, % right"] = single(by_wording(fused), drafts)
    result["cosine"] = nothing_in_common(fused, drafts)
    result["flags"] = flagged([found for _, found, *_ in traced])
    result["planted numbers flagged, %"] = planted(fused, drafts)
    return result


def answers(path: Path) -> list[Fused]:
    """The fused answers of a file, without what their fusers thought."""
    rows = [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    return [
        Fused(
            fused.get("synthesizer") or fused["system"],
            row["prompt"],
            tuple(answer["content"] or "" for answer in row["panel"]),
            THOUGHT.sub("", fused["content"]),
            task,
        )
        for task, row in enumerate(rows)
        for fused in row["fused"]
    ]


def ready(fused: Sequence[Fused]) -> dict[int, Drafts]:
    """The drafts of every task."""
    return {task: Drafts(list(enumerate(panel))) for task, panel in {one.task: one.panel for one in fused}.items()}


def by_address(fused: Sequence[Fused]) -> list[Gold]:
    """The sentences whose addresses point to one panelist alone, without their addresses."""
    found: list[Gold] = []
    for one in fused:
        cited = [{url for *_, url in links(draft)} for draft in one.panel]
        for text in pieces(one.text):
            holders = [[seat for seat, urls in enumerate(cited) if url in urls] for *_, url in links(text)]
            seats = {seat for having in holders if len(having) == 1 for seat in having}
            if len(seats) == 1:
                found.append(Gold(one, folded(text), seats.pop()))
    return found


def by_wording(fused: Sequence[Fused], marks: int = MARKS) -> list[Gold]:
    """The sentences with words of one panelist alone and none of another alone, without those words."""
    found: list[Gold] = []
    for one in fused:
        known = [set(words(folded(draft))) for draft in one.panel]
        asked = set(words(folded(one.prompt)))
        for text in pieces(one.text, attributable=True):
            said = words(folded(text))
            owners = {word: [seat for seat, own in enumerate(known) if word in own] for word in set(said) - asked}
            own = {word: seats[0] for word, seats in owners.items() if len(seats) == 1 and len(word) > 2}
            rest = [word for word in said if word not in own]
            if len(own) >= marks and len(set(own.values())) == 1 and len(rest) >= LEFT:
                found.append(Gold(one, " ".join(rest), next(iter(own.values()))))
    return found


def pieces(text: str, *, attributable: bool = False) -> Iterator[str]:
    """The sentences, items and cells of a text."""
    for span in sentences_of(text):
        if span.kind not in ("heading", "code") and (span.attributable or not attributable):
            yield text[span.start : span.end]


def curves(gold: Sequence[Gold], drafts: Mapping[int, Drafts]) -> Rows:
    """For every method, which share of its surest guesses is right."""
    return Rows({name: curve(method, gold, drafts) for name, method in METHODS.items()})


def curve(method: Method, gold: Sequence[Gold], drafts: Mapping[int, Drafts]) -> dict[str, float]:
    """Which share of a method's guesses is right, of the surest tenth to all of them."""
    guesses = [(method(one, drafts[one.answer.task]), one.seat) for one in gold]
    ranked = sorted(guesses, key=lambda pair: -pair[0].lead)
    right = [guess.seat == seat for guess, seat in ranked]
    tops = {share: right[: max(1, round(len(right) * share / 100))] for share in COVERAGE}
    return {f"{share} %": round(100 * sum(top) / len(top), 1) for share, top in tops.items()}


def shipped(gold: Gold, drafts: Drafts) -> Guess:
    """What the gateway does."""
    placed = drafts.place(gold.text)
    return Guess(-1 if placed.best is None else placed.best, placed.margin)


def longest(gold: Gold, drafts: Drafts) -> Guess:
    """The longest answer, whatever is asked."""
    return leader({draft.seat: float(len(draft.text)) for draft in drafts.drafts})


def document(gold: Gold, drafts: Drafts) -> Guess:
    """The answer that is likest as a whole, by the cosine of its words."""
    index = Index([folded(draft.text) for draft in drafts.drafts])
    shares = index.likeness(dict.fromkeys(words(folded(gold.text)))).shares
    return leader({draft.seat: share for draft, share in zip(drafts.drafts, shares, strict=True)})


def alone(score: Callable[[Match], float]) -> Method:
    """The method of one score of the likest sentences."""

    def method(gold: Gold, drafts: Drafts) -> Guess:
        return leader({match.draft.seat: score(match) for match in drafts.matches(gold.text)})

    return method


def mean(gold: Gold, drafts: Drafts) -> Guess:
    """The three scores, each in standard deviations, on average."""
    matches = drafts.matches(gold.text)
    kinds = [[score(match) for match in matches] for score in SCORES.values()]
    three = zip(*map(standardised, kinds), strict=True)
    return leader({match.draft.seat: sum(scores) / 3 for match, scores in zip(matches, three, strict=True)})


def standardised(scores: Sequence[float]) -> list[float]:
    """Scores as distances from their mean, in standard deviations of these scores alone."""
    middle, deviation = statistics.mean(scores), statistics.pstdev(scores) or 1.0
    return [(score - middle) / deviation for score in scores]


def leader(scores: Mapping[int, float]) -> Guess:
    """The seat with the highest score."""
    ranked = sorted(scores.items(), key=lambda item: -item[1])
    return Guess(ranked[0][0], ranked[0][1] - (ranked[1][1] if ranked[1:] else 0.0))


SCORES: dict[str, Callable[[Match], float]] = {
    "words": lambda match: match.cosine,
    "BM25": lambda match: match.rank,
    "letters": lambda match: match.letters,
}
METHODS: dict[str, Method] = {
    "longest answer": longest,
    "whole answer, words": document,
    **{f"likest sentence, {name}": alone(score) for name, score in SCORES.items()},
    "mean of the three": mean,
    "as shipped": shipped,
}


def timed(fused: Fused, rounds: int = 3, analysis: Analysis | None = None) -> tuple[Provenance, float, float]:
    """The provenance of an answer, and the best milliseconds of making its drafts ready and of tracing it."""
    made: list[float] = []
    took: list[float] = []
    found = Provenance()
    for _ in range(rounds):
        begun = time.process_time()
        drafts = Drafts(list(enumerate(fused.panel)))
        between = time.process_time()
        found = trace(fused.text, drafts, (fused.prompt,), analysis)
        made.append((between - begun) * 1e3)
        took.append((time.process_time() - between) * 1e3)
    return found, min(made), min(took)


def one_by_one(fused: Sequence[Fused], drafts: Mapping[int, Drafts]) -> list[float]:
    """The milliseconds that each sentence takes, as they come while an answer streams."""
    took: list[float] = []
    for one in fused:
        for text in pieces(one.text, attributable=True):
            begun = time.process_time()
            drafts[one.task].place(text)
            took.append((time.process_time() - begun) * 1e3)
    return took


def large(fused: Sequence[Fused]) -> dict[str, dict[str, float]]:
    """The same for one long answer over long drafts, put together from the recorded ones."""
    every = "\n\n".join(draft for panel in dict.fromkeys(one.panel for one in fused) for draft in panel)
    drafts = [every[at * LONG_DRAFT : (at + 1) * LONG_DRAFT] for at in range(LONG_PANEL)]
    answer = "\n\n".join(one.text for one in fused)[:LONG_ANSWER]
    whole = Fused("", "", tuple(drafts), answer, 0)
    _, made, took = timed(whole)
    said = islice(pieces(drafts[0], attributable=True), CLAIMS)
    claims = tuple(Claim(f"u{number}", text, (0,)) for number, text in enumerate(said))
    _, _, analysed = timed(whole, analysis=Analysis(unique_insights=claims))
    size = f"{len(answer)} over {LONG_PANEL} x {LONG_DRAFT}"
    found = {"ready": made, "trace, no analysis": took, f"trace, {CLAIMS} claims": analysed}
    return {f"{size}: {what}": {"best": round(took_for, 1)} for what, took_for in found.items()}


def quantiles(values: Sequence[float]) -> dict[str, float]:
    """The median, the 95th percentile and the most of some values."""
    ordered = sorted(values)
    at = {"median": len(ordered) // 2, "p95": int(len(ordered) * 0.95), "most": len(ordered) - 1}
    return {name: round(ordered[place], 2) for name, place in at.items()}


def shares(values: Sequence[str]) -> dict[str, float]:
    """How often each value occurs, in per cent."""
    return {value: round(100 * count / len(values), 1) for value, count in sorted(Counter(values).items())}


def nothing_in_common(fused: Sequence[Fused], drafts: Mapping[int, Drafts]) -> dict[str, float]:
    """The cosines that sentences reach with the drafts of the next task, and how many of their own task are above."""
    tasks = sorted(drafts)
    after = dict(zip(tasks, [*tasks[1:], tasks[0]], strict=True))
    said = [(one.task, text) for one in fused for text in pieces(one.text, attributable=True)]
    strange = sorted(drafts[after[task]].place(text).cosine for task, text in said)
    own = [drafts[task].place(text).cosine for task, text in said]
    ninety_fifth = strange[int(len(strange) * 0.95)]
    return {
        "other task, p50": round(strange[len(strange) // 2], 3),
        "other task, p95": round(ninety_fifth, 3),
        "other task, p99": round(strange[int(len(strange) * 0.99)], 3),
        "other task, % from .40": round(100 * sum(cosine >= 0.4 for cosine in strange) / len(strange), 1),
        "own task, % above that p95": round(100 * sum(cosine > ninety_fifth for cosine in own) / len(own), 1),
        "own task, % from .40": round(100 * sum(cosine >= 0.4 for cosine in own) / len(own), 1),
    }


def single(gold: Sequence[Gold], drafts: Mapping[int, Drafts]) -> dict[str, float]:
    """How many sentences are laid to one seat, and how often that is the right one."""
    placed = [(drafts[one.answer.task].place(one.text), one.seat) for one in gold]
    right = [found.best == seat for found, seat in placed if found.standing == "single"]
    return {
        "sentences": len(placed),
        "of them single": len(right),
        "right, %": round(100 * sum(right) / max(1, len(right)), 1),
    }


def planted(fused: Sequence[Fused], drafts: Mapping[int, Drafts]) -> dict[str, float]:
    """How many wrong numbers are flagged, each put in the place of one that a draft has, with as many digits."""
    chance = Random(0)
    missed = tried = 0
    for one in fused:
        spans = sentences_of(one.text)
        known = {flag.start for flag in new_numbers(one.text, spans, drafts[one.task], (one.prompt,))}
        figures = [figure for figure in figures_in(one.text, spans) if figure.start not in known]
        for figure in chance.sample(figures, min(PLANTED, len(figures))):
            wrong = altered(one.text, figure.start, figure.end, chance)
            found = new_numbers(wrong, sentences_of(wrong), drafts[one.task], (one.prompt,))
            tried += 1
            missed += not any(flag.start <= figure.start < flag.end for flag in found)
    return {"planted": tried, "flagged, %": round(100 * (1 - missed / max(1, tried)), 1)}


def altered(text: str, start: int, end: int, chance: Random) -> str:
    """A text with other digits at a place."""
    old = text[start:end]
    new = re.sub(r"\d", lambda digit: chance.choice([one for one in "123456789" if one != digit[0]]), old)
    return text[:start] + new + text[end:]


def flagged(found: Sequence[Provenance]) -> dict[str, object]:
    """How many flags an answer has, and how many sentences of its drafts it lacks."""
    kinds = Counter(flag.kind for one in found for flag in one.flags)
    return {
        "new numbers an answer": round(kinds["new_number"] / len(found), 2),
        "answers with a new number, %": round(
            100 * sum(any(flag.kind == "new_number" for flag in one.flags) for one in found) / len(found), 1
        ),
        "unknown addresses": kinds["unknown_url"],
        "dropped an answer": round(statistics.mean(len(one.dropped) for one in found), 1),
    }


def sampled(data: Path, count: int) -> list[str]:
    """Some flags with the words around them, always the same ones."""
    if not count:
        return []
    lines: list[str] = []
    for name, file in FILES.items():
        for number, one in enumerate(answers(data / file)):
            for flag in trace(one.text, Drafts(list(enumerate(one.panel))), (one.prompt,)).flags:
                around = one.text[max(0, flag.start - SHOWN) : flag.end + SHOWN].replace("\n", " ")
                lines.append(f"{name} {number} task {one.task} {one.fuser} {flag.kind} {flag.text!r}: {around}")
    return Random(0).sample(lines, min(count, len(lines)))


if __name__ == "__main__":
    main()
