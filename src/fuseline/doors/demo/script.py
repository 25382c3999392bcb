"""Who says what: finds the recorded speech for a request, by its model and its question. Nothing is ever made up."""

import re
from collections.abc import Mapping, Sequence

from pydantic import BaseModel
from pydantic_core import to_json

from fuseline.doors.demo.recordings import Comparison, Recording, Speech
from fuseline.types.json import Json

ANSWER = re.compile(r"<<<ANSWER ([A-Z]) (\w+)[^>\n]*>>>\n(.*?)\n<<<END ANSWER \1 \2>>>", re.DOTALL)
"""An answer between its boundary lines, as the engine shows it to the analyst."""
TASK, ANSWERS, MATERIAL = "<<<TASK>>>", "The answers, ", "<<<MATERIAL "
"""What follows the question, for a seat, for the analyst and for the writer."""


class AskedMessage(BaseModel):
    """A message of a request, as far as a recording needs it."""

    role: str
    content: str


class Asked(BaseModel):
    """A request for a chat completion."""

    model: str
    messages: list[AskedMessage]

    @property
    def prompt(self) -> str:
        """What the user said last."""
        return next((message.content for message in reversed(self.messages) if message.role == "user"), "")


def speech_for(asked: Asked, recordings: Sequence[Recording]) -> Speech | None:
    """What was recorded for a request; `None` where nothing was."""
    for recording in recordings:
        before, _, rest = asked.prompt.partition(f"{recording.question}\n\n")
        if before or not rest:
            continue
        seat = next((seat for seat in recording.panel if seat.model == asked.model), None)
        if seat and rest.startswith(TASK):
            return seat
        if asked.model == recording.analyst.model and rest.startswith(ANSWERS):
            return compared(recording, asked.prompt)
        if asked.model == recording.writer.model and rest.startswith(MATERIAL):
            return recording.writer
    return None


def compared(recording: Recording, prompt: str) -> Speech:
    """The recorded comparison under the letters that this prompt gives to the seats."""
    texts = {text.strip(): letter for letter, _, text in ANSWER.findall(prompt)}
    spoken = ((seat, texts.get(speech.content.strip())) for seat, speech in enumerate(recording.panel))
    letters = {seat: letter for seat, letter in spoken if letter}
    found = recording.analyst
    body = to_json(lettered(found, letters)).decode()
    return Speech(model=found.model, first_token_s=found.first_token_s, tokens_per_s=found.tokens_per_s, content=body)


def lettered(found: Comparison, letters: Mapping[int, str]) -> dict[str, Json]:
    """The comparison in the analyst's form. What only seats without a letter say is left out."""
    return {
        "consensus": [
            {"claim": one.claim, "sources": named(one.seats, letters), "quote": one.quote, "urls": list(one.urls)}
            for one in found.consensus
            if named(one.seats, letters)
        ],
        "contradictions": [
            {
                "topic": point.topic,
                "stances": [
                    {"source": letters[side.seat], "stance": side.stance, "evidence": side.evidence}
                    for side in point.stances
                    if side.seat in letters
                ],
                "better_supported": letters.get(point.better_supported, "undecided"),
            }
            for point in found.contradictions
            if len(named([side.seat for side in point.stances], letters)) > 1
        ],
        "partial_coverage": [
            {"claim": one.point, "sources": named(one.seats, letters), "quote": one.quote, "urls": list(one.urls)}
            for one in found.partial_coverage
            if named(one.seats, letters)
        ],
        "unique_insights": [
            {"claim": one.insight, "source": letters[one.seat], "quote": one.quote, "urls": list(one.urls)}
            for one in found.unique_insights
            if one.seat in letters
        ],
        "blind_spots": [one.point for one in found.blind_spots],
        "injection_suspected": [],
    }


def named(seats: Sequence[int], letters: Mapping[int, str]) -> list[str]:
    """The letters of those seats that have one."""
    return [letters[seat] for seat in seats if seat in letters]
