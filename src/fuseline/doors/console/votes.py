"""Votes between two answers, and how often presets, panelists and writers were found better.

What the voter could see of the two is the page's affair: here it is kept what was compared.
"""

import math
import secrets
import time
from typing import Annotated

from pydantic import Field, StrictInt, StrictStr
from starlette.requests import Request as HTTPRequest
from starlette.responses import Response
from starlette.routing import Route

from fuseline.assembly import House
from fuseline.doors.console.answers import API, read, told
from fuseline.doors.console.history import listed_run
from fuseline.doors.console.views import write_vote
from fuseline.storage.base import Choice, Listed, Score, Side, Vote
from fuseline.types.errors import InvalidRequest
from fuseline.types.json import Json
from fuseline.wires.report import writer_of
from fuseline.wires.shapes import Closed

VOTE_LIMIT = 16 << 10
"""Bytes that a vote may take."""
Z = 1.959963984540054
"""Standard deviations on either side of the mean within which 95 % of a normal distribution lie."""
CUSTOM = "custom"
"""The name of all panels that are no preset."""
RunId = Annotated[StrictStr, Field(min_length=1, max_length=200)]


class SideBody(Closed):
    """One of two answers."""

    run: RunId
    seat: Annotated[StrictInt, Field(ge=0)] | None
    """Null for the answer of the run itself."""


class VoteBody(Closed):
    """Which of two answers somebody found better."""

    run: RunId
    """The run on whose page it was."""
    left: SideBody
    right: SideBody
    choice: Choice


class Votes:
    """The routes of votes."""

    def __init__(self, house: House) -> None:
        self._store = house.store

    async def vote(self, request: HTTPRequest) -> Response:
        """Keep a vote, with who wrote what."""
        body = await read(VoteBody, request, VOTE_LIMIT)
        if body.left == body.right:
            raise InvalidRequest("an answer cannot be compared with itself", "right")
        if body.run not in (body.left.run, body.right.run):
            raise InvalidRequest("neither answer is of this run", "run")
        left, right = await self._side(body.left, "left"), await self._side(body.right, "right")
        vote = Vote(f"vote-{secrets.token_hex(10)}", time.time(), body.choice, left, right)
        await self._store.vote(vote)
        return told(write_vote(vote), 201)

    async def summary(self, request: HTTPRequest) -> Response:
        """Tell how presets, panelists and writers fared."""
        scores = await self._store.scores()
        presets = [write_score(score, score.name or CUSTOM) for score in scores.presets]
        return told(
            {
                "votes": scores.votes,
                "by_preset": presets,
                "by_panelist": [write_score(score, score.name) for score in scores.panelists],
                "by_writer": [write_score(score, score.name) for score in scores.writers],
            }
        )

    async def _side(self, body: SideBody, name: str) -> Side:
        listed = await listed_run(self._store, body.run)
        preset = listed.marks.preset
        if body.seat is not None:
            return Side(body.run, body.seat, "panel", model_of_seat(listed, body.seat, name), preset)
        if listed.run.status == "running":
            raise InvalidRequest("the run is still under way: its answer is not whole", f"{name}.run", status=409)
        stored = await self._store.run(body.run)
        writer = writer_of(stored.calls) if stored else ""
        return Side(body.run, None, "writer" if listed.run.convened else "outer", writer or listed.run.model, preset)


def model_of_seat(listed: Listed, seat: int, name: str) -> str:
    """Who sits there.

    :raises InvalidRequest: when nobody does.
    """
    if seat >= len(listed.panel):
        raise InvalidRequest(f"the run has no seat {seat}", f"{name}.seat")
    return listed.panel[seat]


def write_score(score: Score, name: str) -> dict[str, Json]:
    """How one name fared: a tie is half a win."""
    votes = score.wins + score.losses + score.ties
    rate = (score.wins + score.ties / 2) / votes
    low, high = wilson(rate, votes)
    counts = {"wins": score.wins, "losses": score.losses, "ties": score.ties}
    return {"name": name, **counts, "rate": rate, "low": low, "high": high}


def wilson(rate: float, votes: int) -> tuple[float, float]:
    """The interval in which the true rate lies with 95 %, by Wilson's score: sound for few votes and at both ends."""
    spread = Z * math.sqrt(rate * (1 - rate) / votes + Z * Z / (4 * votes * votes))
    middle, whole = rate + Z * Z / (2 * votes), 1 + Z * Z / votes
    return max(0.0, (middle - spread) / whole), min(1.0, (middle + spread) / whole)


def routes(house: House) -> list[Route]:
    """The routes of votes."""
    votes = Votes(house)
    return [
        Route(f"{API}/votes", votes.vote, methods=["POST"]),
        Route(f"{API}/votes/summary", votes.summary, methods=["GET"]),
    ]
