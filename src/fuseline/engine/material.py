"""How the panel's answers are shown to those who read them: under letters, shuffled, between random boundaries."""

import hashlib
import random
import secrets
from collections.abc import Sequence
from itertools import count
from string import ascii_uppercase

from pydantic_core import to_json

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


def fenced(report: Report, boundary: str) -> str:
    """All answers in the order of their letters, whole and unchanged, each between its own lines."""
    shown = sorted((label, answer) for label, answer in zip(report.labels, report.answers, strict=True) if label)
    return "\n\n".join(fence(label, answer, boundary) for label, answer in shown)


def fence(label: str, answer: PanelAnswer, boundary: str) -> str:
    """One answer between its lines, marked where it stops short."""
    mark = " (cut off: its end is missing)" if answer.truncated else ""
    return f"<<<ANSWER {label} {boundary}{mark}>>>\n{answer.content}\n<<<END ANSWER {label} {boundary}>>>"


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
