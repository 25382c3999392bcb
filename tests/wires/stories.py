"""Runs that hypothesis makes up: what each seat, the analyst and the one who speaks to the client do in them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from fuseline.types.json import JsonObject
from fuseline.types.requests import FunctionTool, ServerTool
from tests.doors.http.players import compares, letters_in
from tests.upstream import Reply, Step, calls_tool, calls_tools, fails, says

QUESTION = "Why is the sky blue?"
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=60).filter(str.strip)
LOOK = FunctionTool("look", "Look at a file.", {"type": "object", "properties": {"path": {"type": "string"}}})
CLOCK = ServerTool("openrouter:datetime")


@dataclass(frozen=True, slots=True)
class Part:
    """What one of those in a story does."""

    kind: str
    text: str
    thoughts: str
    chunks: int

    @property
    def replies(self) -> tuple[Reply, ...]:
        """The same as a script for an upstream."""
        text, chunks = self.text, self.chunks
        match self.kind:
            case "thinks":
                return (says(text, reasoning=self.thoughts, chunks=chunks),)
            case "is cut":
                return (says(text, finish="length", chunks=chunks),)
            case "looks at the clock":
                return (calls_tool("openrouter_datetime", {}), says(text, chunks=chunks))
            case "is limited":
                return (fails(429, message="slow down", retry_after="3600"),)
            case "is broke":
                return (fails(402),)
            case "is forbidden":
                return (fails(403, message="not for you"),)
            case "is empty":
                return (says("", usage={"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}),)
            case "refuses":
                return (says("", refusal=text),)
            case "is filtered":
                return (says(text, finish="content_filter", chunks=chunks),)
            case "calls":
                return (calls_tools(("call_1", "look", {"path": text}), ("call_2", "look", {"path": "b"})),)
            case "talks and calls":
                return (calls_tool("look", {"path": self.thoughts}, text=text),)
            case "convenes and calls":
                asks = ("call_f", "openrouter_fusion", {"prompt": QUESTION})
                return (calls_tools(asks, ("call_1", "look", {"path": "b"}), text=f"{text} [x](https://a.example)"),)
            case "convenes":
                return (calls_tool("openrouter_fusion", {"prompt": QUESTION}, id="call_f"),)
            case "talks and convenes":
                return (calls_tool("openrouter_fusion", {"prompt": QUESTION}, id="call_f", text=text),)
            case "tells the time":
                return (calls_tool("openrouter_datetime", {}, id="call_c"),)
            case _:
                return (says(text, chunks=chunks),)


@dataclass(frozen=True, slots=True)
class Story:
    """One run, as it is going to be played."""

    seats: tuple[Part, ...]
    analyst: int
    """Which of `ANALYSTS` compares."""
    before: tuple[Part, ...]
    """What the outer model does before its last turn; nothing where the panel is convened at once."""
    last: Part
    """How the one ends who speaks to the client."""
    offered: bool
    """Whether the outer model decides on the panel."""
    expose: str | None
    functions: bool

    @property
    def scripts(self) -> dict[str, Sequence[Reply]]:
        """What each model of the upstream says."""
        seats = {f"s{index}": seat.replies for index, seat in enumerate(self.seats)}
        writer = tuple(reply for part in (*self.before, self.last) for reply in part.replies)
        return {**seats, "judge": (ANALYSTS[self.analyst],), "writer": writer}


def disagrees(body: JsonObject) -> Step:
    """An analyst that finds a contradiction and a point that only some cover."""
    letters = letters_in(body)
    claim: JsonObject = {"claim": "they agree", "sources": list(letters), "quote": "", "urls": []}
    stances = [{"source": one, "stance": f"says {one}", "evidence": ""} for one in letters]
    return says(
        json.dumps(
            {
                "consensus": [claim],
                "contradictions": [{"topic": "how much", "stances": stances, "better_supported": "undecided"}],
                "partial_coverage": [{**claim, "sources": letters[:1]}],
                "unique_insights": [{"claim": "a point", "source": letters[0], "quote": "", "urls": []}],
                "blind_spots": ["the cost"],
                "injection_suspected": [],
            }
        )
    )


ANALYSTS: Sequence[Reply] = (compares, disagrees, says("I would rather talk."), fails(403), says("{}"))


SEATS = (
    "answers", "thinks", "is cut", "looks at the clock", "is limited", "is broke", "is empty", "refuses", "is filtered",
)  # fmt: skip
ENDS = ("answers", "thinks", "is cut", "is filtered", "is forbidden")
WITH_FUNCTIONS = ("calls", "talks and calls", "convenes and calls")
BEFORE = ("convenes", "talks and convenes", "tells the time")


def parts(kinds: Sequence[str]) -> st.SearchStrategy[Part]:
    """Parts of these kinds."""
    return st.builds(Part, st.sampled_from(kinds), TEXTS, TEXTS, st.integers(1, 4))


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A run of any kind."""
    offered = draw(st.booleans())
    functions = offered and draw(st.booleans())
    return Story(
        tuple(draw(st.lists(parts(SEATS), min_size=1, max_size=4))),
        draw(st.integers(0, len(ANALYSTS) - 1)),
        tuple(draw(st.lists(parts(BEFORE), max_size=2))) if offered else (),
        draw(parts((*ENDS, *WITH_FUNCTIONS) if functions else ENDS)),
        offered,
        draw(st.sampled_from([None, "none", "analysis", "full"])),
        functions,
    )
