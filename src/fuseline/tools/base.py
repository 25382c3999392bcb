"""What a server tool is: something a model may call and the gateway runs."""

from dataclasses import dataclass
from typing import Protocol

from fuseline.tools.research import Research
from fuseline.types.json import JsonObject
from fuseline.types.messages import ToolCall
from fuseline.types.requests import FunctionTool
from fuseline.types.runs import Speaker


@dataclass(frozen=True, slots=True)
class Scene:
    """What a tool may see of the run that calls it."""

    speaker: Speaker
    research: Research
    """What the run may look up, and has."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gives back."""

    text: str
    """For the model that called it, as a rule JSON."""
    next_speakers: tuple[Speaker, ...] = ()
    """Who speaks from here on, where that is not the caller: the writer and its substitutes."""
    again: bool = False
    """Whether the same call may come to something else later, and is to be made anew."""


class Tool(Protocol):
    """A tool that the gateway runs."""

    @property
    def spec(self) -> FunctionTool:
        """How the tool is declared to a model, under a name that every provider accepts."""
        ...

    async def __call__(self, call: ToolCall, scene: Scene) -> ToolResult:
        """Run the tool. What goes wrong in the call itself comes back as a result that says so."""
        ...


class ToolMaker(Protocol):
    """Builds a tool from the `parameters` of its declaration."""

    def __call__(self, parameters: JsonObject) -> Tool:
        """Build the tool.

        :raises InvalidRequest: when a parameter is none of the tool's.
        """
        ...
