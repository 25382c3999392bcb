"""Faults of what a model does with its turn: tool calls that should not be, and analyses that are none."""

import json
from collections.abc import Iterator, Sequence

from fuseline.types.json import Json
from tests.upstream.refusals import ok
from tests.upstream.says import calls_tool, calls_tools, says
from tests.upstream.wire import Action, Ask, Step

DATETIME = "openrouter_datetime"
EMPTY_ANALYSIS: dict[str, Json] = {
    "consensus": [],
    "contradictions": [],
    "partial_coverage": [],
    "unique_insights": [],
    "blind_spots": [],
}
BAD_ARGUMENTS = {
    "json": '{"timezone": "UTC',
    "types": '{"timezone": [1, 2, 3], "query": {"not": "text"}, "url": 7}',
    "list": "[]",
    "duplicates": '{"timezone": "UTC", "timezone": "CET"}',
    "huge": json.dumps({"timezone": "x" * 1_000_000}),
    "deep": "[" * 20_000,
}


def tool_loop() -> Step:
    """A model that calls the clock in every turn, whatever is offered and whatever it was told."""
    return Step(lambda ask: calls_tool(DATETIME, {"timezone": "UTC"}, id=f"call_{ask.number}").play(ask))


def tool_while_offered() -> Step:
    """A model that calls the clock for as long as it may, and answers when it may not."""
    return Step(lambda ask: (tool_loop() if may_call(ask) else ok()).play(ask))


def unknown_tool(argument: str) -> Step:
    """A model that calls a tool nobody offered, so many times, and then answers."""
    return until_answered(int(argument or 1), calls_tool("no_such_tool", {"what": "ever"}))


def bad_arguments(argument: str) -> Step:
    """A model that calls the clock once with arguments that are wrong in the way named, and then answers."""
    return until_answered(1, calls_tool(DATETIME, BAD_ARGUMENTS[argument or "json"]))


def parallel_tools(argument: str) -> Step:
    """A model that makes so many calls in one turn, fifty unless told, and then answers."""
    zones = [f"Etc/GMT+{number % 12}" for number in range(int(argument or 50))]
    calls = [(f"call_{number}", DATETIME, {"timezone": zone}) for number, zone in enumerate(zones)]
    return until_answered(1, calls_tools(*calls))


def until_answered(results: int, step: Step) -> Step:
    """Takes this step until the conversation holds so many tool results, and then answers."""

    def play(ask: Ask) -> Iterator[Action]:
        heard = sum(1 for message in messages(ask) if isinstance(message, dict) and message.get("role") == "tool")
        yield from (ok() if heard >= results else step).play(ask)

    return Step(play)


def messages(ask: Ask) -> Sequence[Json]:
    """The conversation so far."""
    found = ask.body.get("messages")
    return found if isinstance(found, list) else []


def may_call(ask: Ask) -> bool:
    """Whether the request lets the model call a tool."""
    return bool(ask.body.get("tools")) and ask.body.get("tool_choice") != "none"


def analyst_prose() -> Step:
    """An analyst that writes instead of filling in its form."""
    return says("The answers agree on most points, and I find the second one the clearest.")


def analyst_fenced() -> Step:
    """An analysis in a code fence, with words before and after."""
    return says(f"Here is the comparison.\n\n```json\n{json.dumps(EMPTY_ANALYSIS, indent=2)}\n```\n\nI hope it helps!")


def analyst_two_blocks() -> Step:
    """A small object that is no analysis, and then the analysis."""
    return says(f'First a plan: {{"steps": 2}}. And now: {json.dumps(EMPTY_ANALYSIS)} That is all.')


def analyst_cut() -> Step:
    """An analysis that stops in the middle of a string."""
    return says('{"consensus": [{"text": "All agree that the sky is bl', finish="length")


def analyst_schema(argument: str) -> Step:
    """JSON that is no analysis: other keys, or with `types` the right keys with the wrong things in them."""
    wrong: dict[str, Json] = {"verdict": "the second answer is best", "score": 9}
    return says(json.dumps(dict.fromkeys(EMPTY_ANALYSIS, 7) if argument == "types" else wrong))
