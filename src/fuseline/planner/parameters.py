"""The parameters of fusion, as plugin and tool take them alike: their shape, their ranges, and how they merge."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError

from fuseline.types.deliberation import Expose, Seat
from fuseline.types.errors import InvalidRequest
from fuseline.types.json import JsonObject
from fuseline.types.requests import ServerTool

Number = Annotated[StrictInt | StrictFloat, Field(allow_inf_nan=False)]
Slug = Annotated[StrictStr, Field(min_length=1, max_length=128)]
Effort = Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"]


class Shape(BaseModel):
    """An object of the parameters. What we do not know is let through and forgotten."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ReasoningShape(Shape):
    """How much panel and analyst shall think."""

    effort: Effort | None = None
    max_tokens: Annotated[StrictInt, Field(ge=1)] | None = None
    enabled: StrictBool | None = None
    exclude: StrictBool | None = None


class ToolShape(Shape):
    """A server tool for the seats."""

    type: Slug
    parameters: dict[str, Any] = {}


Tools = Annotated[list[ToolShape], Field(max_length=8)]
Collection = Annotated[StrictStr, Field(min_length=1, max_length=100)]
Temperature = Annotated[Number, Field(ge=0, le=2)]
Tokens = Annotated[StrictInt, Field(ge=1, le=10_000_000)]


class SeatShape(Shape):
    """A seat with wishes of its own."""

    model: Slug
    instructions: Annotated[StrictStr, Field(max_length=20_000)] = ""
    temperature: Temperature | None = None
    tools: Tools | None = None
    reasoning: ReasoningShape | None = None
    max_completion_tokens: Tokens | None = None


class FusionParameters(Shape):
    """Every parameter, the vendor's and ours."""

    enabled: StrictBool = True
    preset: StrictStr | None = None
    analysis_models: Annotated[list[Slug | SeatShape], Field(min_length=1, max_length=8)] | None = None
    model: Slug | None = None
    writer: Slug | Annotated[list[Slug], Field(min_length=1, max_length=8)] | None = None
    max_tool_calls: Annotated[StrictInt, Field(ge=1, le=16)] | None = None
    max_completion_tokens: Tokens | None = None
    reasoning: ReasoningShape | None = None
    temperature: Temperature | None = None
    tools: Tools | None = None
    min_panel: Annotated[StrictInt, Field(ge=1, le=8)] | None = None
    quorum: Annotated[StrictInt, Field(ge=1, le=8)] | None = None
    grace_s: Annotated[Number, Field(ge=0, le=3600)] | None = None
    deadline_s: Annotated[Number, Field(gt=0, le=3600)] | None = None
    seed: Annotated[StrictInt, Field(ge=0, lt=2**63)] | None = None
    max_cost: Annotated[Number, Field(gt=0, le=1_000_000)] | None = None
    expose: Expose | None = None
    collections: (
        Annotated[list[Annotated[StrictStr, Field(min_length=1, max_length=100)]], Field(max_length=16)] | None
    ) = None
    panel_only: StrictBool | None = None
    repair: Literal["off", "on"] | None = None

    @property
    def seats(self) -> tuple[Seat, ...]:
        """The panel that was asked for; empty where none was."""
        return tuple(read_seat(entry) for entry in self.analysis_models or ())

    @property
    def writers(self) -> tuple[str, ...]:
        """The writers that were asked for, in order; empty where none was."""
        if self.writer is None:
            return ()
        return (self.writer,) if isinstance(self.writer, str) else tuple(self.writer)

    @property
    def budget(self) -> Decimal | None:
        """What the run may cost, in dollars."""
        return None if self.max_cost is None else Decimal(str(self.max_cost))


def read_seat(entry: str | SeatShape) -> Seat:
    """One entry of the panel."""
    if isinstance(entry, str):
        return Seat(entry)
    return Seat(
        entry.model,
        entry.instructions,
        entry.temperature,
        None if entry.tools is None else read_tools(entry.tools),
        read_reasoning(entry.reasoning),
        entry.max_completion_tokens,
    )


def read_tools(tools: Sequence[ToolShape]) -> tuple[ServerTool, ...]:
    """The tools of a seat."""
    return tuple(ServerTool(tool.type, tool.parameters) for tool in tools)


def read_reasoning(reasoning: ReasoningShape | None) -> JsonObject | None:
    """How much to think, as the wires carry it."""
    return None if reasoning is None else reasoning.model_dump(exclude_none=True)


def check(parameters: Mapping[str, Any], path: str) -> FusionParameters:
    """Check one set of parameters; `path` is where it stands in the request.

    :raises InvalidRequest: naming the first that is out of its range.
    """
    try:
        return FusionParameters.model_validate(parameters)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        first = max(found, key=lambda one: len(one["loc"]))  # the deepest is the one inside the shape that was meant
        where = path
        for part in first["loc"]:
            if isinstance(part, int):
                where += f"[{part}]"
            elif part in KNOWN:
                where += f".{part}"
        message = f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}"
        raise InvalidRequest(message, where) from None


KNOWN = frozenset(
    name for shape in (FusionParameters, SeatShape, ToolShape, ReasoningShape) for name in shape.model_fields
)
"""The words of a place in the parameters; what else stands in pydantic's path is the name of a type."""


UNSAID = FusionParameters()
"""The parameters of a request that says nothing of fusion but that it wants it."""


def merged(sets: Sequence[FusionParameters]) -> FusionParameters:
    """One set from several, field by field: the first that says something wins."""
    if len(sets) < 2:
        return sets[0] if sets else UNSAID
    values: dict[str, Any] = {}
    for parameters in reversed(sets):
        values |= {name: getattr(parameters, name) for name in parameters.model_fields_set}
    return FusionParameters.model_construct(**values)
