"""How the panel's answers are shown to those who read them: under letters, shuffled, between random boundaries.

Answers for which their reader has no room are shown as digests.
"""

import hashlib
import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from string import ascii_uppercase

from pydantic_core import to_json

from fuseline.engine.digests import LEAST_DIGEST, digest
from fuseline.engine.fitting import weight
from fuseline.engine.prompts import render
from fuseline.types.deliberation import Analysis, Claim, PanelAnswer, Report
from fuseline.types.json import Json

SECRET = secrets.token_bytes(32)
DRAWN = count()


def new_boundary() -> str:
    """A code that no answer can have foreseen, drawn from a secret of this process."""
    return hashlib.blake2b(str(next(DRAWN)).encode(), key=SECRET, digest_size=8).hexdigest()


def draw_labels(answers: Sequence[PanelAnswer], seed: int) -> tuple[str, ...]:
    """A letter for each seat that answered, drawn by `seed`; seats without an answer get none."""
    heard = [answer.seat for answer in answers if not answer.failed]
    random.Random(seed).shuffle(heard)
    letters = {seat: ascii_uppercase[place] for place, seat in enumerate(heard)}
    return tuple(letters.get(answer.seat, "") for answer in answers)


@dataclass(frozen=True, slots=True)
class Shown:
    """The answers as one reader gets them."""

    texts: Mapping[str, str]
    """By letter, in the order of the letters."""
    digested: frozenset[str] = frozenset()
    """The letters of those that are not whole."""

    def note(self, can_read: bool = False) -> str:
        """What the reader is told of digests; empty where there are none."""
        return render("digests", reading=READS_ON if can_read else READS_NO_MORE) if self.digested else ""


READS_ON = "Read a part in full with read_answer before you say what it claims or lacks. "
READS_NO_MORE = "The rest of it cannot be read here."


def lettered(report: Report) -> dict[str, PanelAnswer]:
    """Those who answered, by letter and in the order of the letters."""
    return dict(sorted([pair for pair in zip(report.labels, report.answers, strict=True) if pair[0]]))


def whole(report: Report) -> Shown:
    """All answers as they are."""
    return Shown({label: answer.content for label, answer in lettered(report).items()})


def weight_of_material(report: Report) -> int:
    """The tokens that all answers take, whole and between their lines."""
    return sum(weight_of_answer(label, answer) for label, answer in lettered(report).items())


def weight_of_answer(label: str, answer: PanelAnswer) -> int:
    """The tokens that one answer takes."""
    return weight(answer.content) + weight_of_fence(label, answer)


def weight_of_fence(label: str, answer: PanelAnswer) -> int:
    """The tokens that the longest lines around an answer take, and the space between two."""
    return weight(fence(label, answer, "0" * 16, "") + mark_of_digest(answer)) + 1


def shown_within(report: Report, room: int | None) -> Shown | None:
    """The answers as they fit into so many tokens: the longest as digests, as few of them as can be.

    No digest is shorter than half of an answer that is shown whole. `None` where not even digests of all fit.
    """
    if room is None or weight_of_material(report) <= room:
        return whole(report)
    answers = lettered(report)
    room -= sum(weight_of_fence(label, answer) for label, answer in answers.items())
    sizes = {label: weight(answer.content) for label, answer in answers.items()}
    longest = sorted(sizes, key=lambda label: -sizes[label])
    for number in range(1, len(longest) + 1):
        rest = [sizes[label] for label in longest[number:]]
        share = (room - sum(rest)) // number
        if share >= LEAST_DIGEST and share >= max(rest, default=0) // 2:
            return with_digests(answers, {label for label in longest[:number] if sizes[label] > share}, share)
    return None


def barely(report: Report) -> Shown:
    """The answers as the shortest digests that there can be, where there is room for nothing else."""
    answers = lettered(report)
    return with_digests(answers, {one for one in answers if weight(answers[one].content) > LEAST_DIGEST}, LEAST_DIGEST)


def with_digests(answers: Mapping[str, PanelAnswer], long: set[str], share: int) -> Shown:
    """The answers, the long ones as digests of so many tokens each."""
    texts = {
        label: digest(label, answer.content, share) if label in long else answer.content
        for label, answer in answers.items()
    }
    return Shown(texts, frozenset(long))


def digests_read(reader: str, report: Report, shown: Shown) -> tuple[str, ...]:
    """The warning that somebody read digests in place of answers; none where all were whole."""
    if not shown.digested:
        return ()
    seats = [
        f"seat {answer.seat + 1} ({answer.model})"
        for label, answer in lettered(report).items()
        if label in shown.digested
    ]
    return (f"{reader} read digests of the answers of {', '.join(sorted(seats))}",) if seats else ()


def fenced(report: Report, boundary: str, shown: Shown | None = None) -> str:
    """All answers in the order of their letters, each between its own lines: unchanged, unless `shown` has a digest."""
    shown = shown or whole(report)
    return "\n\n".join(
        fence(label, answer, boundary, shown.texts[label], label in shown.digested)
        for label, answer in lettered(report).items()
    )


def fence(label: str, answer: PanelAnswer, boundary: str, text: str, digested: bool = False) -> str:
    """One answer between its lines, marked where it stops short or is a digest."""
    mark = " (cut off: its end is missing)" if answer.truncated else ""
    mark += mark_of_digest(answer) if digested else ""
    return f"<<<ANSWER {label} {boundary}{mark}>>>\n{text}\n<<<END ANSWER {label} {boundary}>>>"


def mark_of_digest(answer: PanelAnswer) -> str:
    """What the line in front of a digest says of it."""
    return f" (digest of {len(answer.content)} characters)"


def guide(analysis: Analysis, labels: Sequence[str]) -> str:
    """The analysis for the writer: our own JSON, with letters and claim ids; never the analyst's raw text."""

    def claim(one: Claim) -> dict[str, Json]:
        return {
            "id": one.id,
            "claim": one.text,
            "sources": [labels[seat] for seat in one.seats],
            "quote": one.quote,
            "urls": list(one.urls),
        }

    body: dict[str, Json] = {
        "consensus": [claim(one) for one in analysis.consensus],
        "contradictions": [
            {
                "id": point.id,
                "topic": point.topic,
                "stances": [
                    {"source": labels[side.seat], "stance": side.text, "evidence": side.evidence}
                    for side in point.stances
                ],
                "better_supported": "undecided" if point.better_supported is None else labels[point.better_supported],
            }
            for point in analysis.contradictions
        ],
        "partial_coverage": [claim(one) for one in analysis.partial_coverage],
        "unique_insights": [claim(one) for one in analysis.unique_insights],
        "blind_spots": list(analysis.blind_spots),
    }
    return to_json(body).decode()
