"""Who carries the citations of the panel into the answer, while it is written."""

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial

from anyio import to_thread

from fuseline.engine.citations.margin import Margin, with_links
from fuseline.engine.citations.shelf import Shelf
from fuseline.engine.provenance.drafts import Drafts
from fuseline.types.deliberation import Report, Source
from fuseline.types.events import Emit, Event, TextDelta
from fuseline.types.replies import Citation, Reply
from fuseline.types.runs import Lookup, Speaker

logger = logging.getLogger(__name__)

READERS = ThreadPoolExecutor(max_workers=1, thread_name_prefix="citations")
"""Reads drafts beside the event loop while the writer's first word is awaited: one at a time, for it is no waiting."""


class Carrier:
    """The citations of one run. It has none until a panel was heard that cites something."""

    def __init__(self) -> None:
        self._shelf: Future[Shelf] | None = None
        self.carried = 0
        """Citations that were put into the answer."""

    def hear(self, report: Report, lookups: Sequence[Lookup] = ()) -> None:
        """Begin to read what the panel said. Where nothing in it is cited there is nothing to do."""
        if any(answer.sources for answer in report.heard):
            self._shelf = READERS.submit(Shelf, report, tuple(lookups))

    def keeper(self, emit: Emit) -> "Keeper | None":
        """An ear for what is about to be said to the client; `None` where there is nothing to be carried."""
        return Keeper(self, emit) if self._shelf is not None else None

    @property
    def drafts(self) -> Drafts | None:
        """The drafts, where they are ready to be compared with."""
        return self._shelf.result().drafts if self._shelf and self._shelf.done() else None

    async def shelf(self) -> Shelf:
        """What was found in the drafts, once it is."""
        assert self._shelf is not None, "nobody asks before a panel was heard"
        return self._shelf.result() if self._shelf.done() else await to_thread.run_sync(self._shelf.result)


class Keeper:
    """Hears one text that is said to the client, and passes it on with the citations that belong into it."""

    def __init__(self, carrier: Carrier, emit: Emit) -> None:
        self._carrier = carrier
        self._emit = emit
        self._margin: Margin | None = None
        self._heard: list[str] = []

    async def __call__(self, event: Event) -> None:
        """Pass an event on."""
        if not isinstance(event, TextDelta):
            return await self._emit(event)
        self._heard.append(event.text)
        self._margin = self._margin or await self._new_margin()
        await self._say(event.speaker, self._margin.feed(event.text))

    async def finish(self, speaker: Speaker, reply: Reply) -> Reply:
        """Say what was held back, and return the reply as it was passed on."""
        text = await self.stop(speaker, reply.text)
        added = self._margin.added if self._margin else ()
        self._carrier.carried = len(added)
        if not added:
            return reply
        return replace(reply, text=text, citations=tuple(moved(one, added) for one in reply.citations))

    async def stop(self, speaker: Speaker, text: str) -> str:
        """Say what was held back, where the text goes no further, and return it as it was passed on."""
        if self._margin is not None:
            await self._say(speaker, self._margin.end())
        if text and not (self._margin and text.startswith("".join(self._heard))):
            self._margin = await self._new_margin()
            self._margin.feed(text)
            self._margin.end()
        return with_links(text, self._margin.added) if self._margin else text

    async def _new_margin(self) -> Margin:
        try:
            shelf = await self._carrier.shelf()
        except Exception:  # the drafts could not be read: an answer without their citations is still the answer
            logger.exception("the citations of the panel are lost")
            return Margin(lambda sentence: ())
        return Margin(partial(behind, shelf))

    async def _say(self, speaker: Speaker, text: str) -> None:
        if text:
            await self._emit(TextDelta(speaker, text))


def behind(shelf: Shelf, sentence: str) -> Sequence[Source]:
    """The pages that a sentence rests on. A mistake of ours costs the citation, and not the answer around it."""
    try:
        return shelf.behind(sentence)
    except Exception:
        logger.exception("a sentence could not be compared with the panel's")
        return ()


def moved(citation: Citation, added: Sequence[tuple[int, str]]) -> Citation:
    """A citation of an upstream's at the place where its words are, now that there are links in front of them."""
    if not citation.end:
        return citation
    before = sum(len(link) for place, link in added if place <= citation.start)
    inside = sum(len(link) for place, link in added if citation.start < place < citation.end)
    return replace(citation, start=citation.start + before, end=citation.end + before + inside)
