"""The repair pass: an answer is put to its writer once more, with what one seat alone said and it passes over."""

import time
from collections.abc import Sequence
from dataclasses import replace

from fuseline.engine.caller import Caller
from fuseline.engine.form import without_words
from fuseline.engine.material import new_boundary
from fuseline.engine.prompts import render
from fuseline.engine.sources import sources_of
from fuseline.engine.writer import Written
from fuseline.types.errors import OverBudget, UpstreamError
from fuseline.types.events import CallSettled, CallStarted, Emit, Event, TextDelta
from fuseline.types.messages import Message, user
from fuseline.types.provenance import Provenance
from fuseline.types.replies import Reply
from fuseline.types.runs import Speaker

TIME_SHARE = 0.8
"""The share of the time left that the second answer may take: it is as long as the first."""
SHORTEST = 0.6
"""A second answer that is shorter than this share of the first has lost something."""
MOST_POINTS = 24
LONGEST_POINT = 400
NO_PLACE = {"new_number": "This figure of the answer", "unknown_url": "This address of the answer"}


class Withheld:
    """An ear that keeps the answer back once a panel is at work, so that a better one may stand in its place."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._convened = False
        self._call = ""
        """The call in which the client is spoken to."""
        self._words: list[TextDelta] = []
        self._said_in = ""
        """The call whose words are kept."""

    async def __call__(self, event: Event) -> None:
        """Pass an event on, or keep it."""
        match event:
            case TextDelta(speaker) if self._convened and speaker.to_client:
                self._words.append(event)
                self._said_in = self._call
                return
            case CallStarted(call):
                self._convened = self._convened or call.speaker.role == "panel"
                self._call = call.id if call.speaker.to_client else self._call
            case CallSettled(call) if call.id == self._said_in and (call.error or call.finish_reason == "tool_calls"):
                await self._let_go()  # no answer: the words of a turn, or all that there will be
            case _:
                pass  # nobody's words to the client
        await self._emit(event)

    async def tell(self, speaker: Speaker, text: str) -> None:
        """Tell the answer, in place of the one that was kept back."""
        if self._words:
            self._words.clear()
            await self._emit(TextDelta(speaker, text))

    async def _let_go(self) -> None:
        words, self._words = self._words, []
        for one in words:
            await self._emit(one)


def points_of(provenance: Provenance) -> Sequence[str]:
    """What a writer is asked about, each point a line."""
    dropped = [f"One expert alone says: {one.text}" for one in provenance.dropped]
    strange = [f"{NO_PLACE[flag.kind]} stands nowhere: {flag.text}" for flag in provenance.flags]
    return [f"- {' '.join(point.split())[:LONGEST_POINT]}" for point in [*dropped, *strange][:MOST_POINTS]]


async def repaired(written: Written, points: Sequence[str], caller: Caller) -> Written:
    """The answer after its writer went over it, or as it was where nothing better came of that; warned either way."""
    if not points:
        return written
    carried = caller.carrier.carried if caller.carrier else 0
    found = await second_answer(written, points, caller)
    flaw = found if isinstance(found, str) else flaw_of(written.reply, found)
    if isinstance(found, Reply) and not flaw:
        return warned(written, found, f"repair: the writer went over its answer once more (points: {len(points)})")
    if caller.carrier:
        caller.carrier.carried = carried
    return warned(written, written.reply, f"repair: the first answer stands, for the second {flaw}")


async def second_answer(written: Written, points: Sequence[str], caller: Caller) -> Reply | str:
    """What the writer says to the points, heard by nobody; or why there is nothing."""
    asked, now = written.asked, time.monotonic()
    task = render("repair", boundary=new_boundary(), points="\n".join(points))
    again = replace(
        asked,
        messages=(*asked.messages, Message("assistant", written.reply.text), user(task)),
        tool_choice="none" if asked.functions else None,
    )
    quiet = replace(caller, emit=without_words(caller.emit))
    try:
        return await quiet.speak(written.speaker, again, now + (caller.ends_at - now) * TIME_SHARE)
    except OverBudget:
        return "was not to be paid for"
    except UpstreamError as error:
        return f"did not come ({error.reason})"


def flaw_of(first: Reply, second: Reply) -> str:
    """Why a second answer cannot stand in place of the first; empty where it can."""
    if second.tool_calls or second.refusal or not second.text.strip():
        return "was no answer"
    if second.finish_reason != "stop":
        return "was cut off"
    if len(second.text) < SHORTEST * len(first.text):
        return "was much shorter"
    kept = {source.url for source in sources_of(second.text)}
    lost = [source.url for source in sources_of(first.text) if source.url not in kept]
    return f"lost {len(lost)} of its citations" if lost else ""


def warned(written: Written, reply: Reply, warning: str) -> Written:
    """An answer with what there is to say of its repair."""
    return replace(written, reply=reply, warnings=(*written.warnings, warning))
