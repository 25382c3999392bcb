"""What the bodies of all wires have in common, and how a body that is wrong is told. It knows no wire."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
)
from pydantic_core import core_schema

from fuseline.types.errors import InvalidRequest
from fuseline.types.json import Json
from fuseline.types.money import nano
from fuseline.types.requests import Plugin, StopRule

Number = Annotated[StrictInt | StrictFloat, Field(allow_inf_nan=False)]
Positive = Annotated[StrictInt, Field(ge=1, le=100_000_000)]
Object = dict[str, Any]


class Shape(BaseModel):
    """A JSON object of the request."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class PluginBody(Shape):
    """A plugin; its own parameters are checked where they are understood."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: StrictStr
    enabled: StrictBool = True

    def read(self) -> Plugin:
        """The plugin as a value."""
        return Plugin(self.id, self.enabled, self.model_extra or {})


class ReasoningBody(Shape):
    """How much a model shall think."""

    model_config = ConfigDict(extra="allow", frozen=True)

    effort: Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"] | None = None
    max_tokens: Positive | None = None


Names = Annotated[list[StrictStr], Field(max_length=256)]
Figure = Annotated[Number, Field(ge=0)]
DecimalText = Annotated[StrictStr, Field(pattern=r"^\d{1,12}(\.\d{1,12})?$")]
Dollars = DecimalText | Annotated[Number, Field(ge=0, le=1_000_000_000)]
Sorting = Literal["price", "throughput", "latency", "exacto"]
Quantization = Literal[
    "int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown"
]  # fmt: skip


class Closed(Shape):
    """An object in which a name that nobody knows is an error: a misspelt promise would not be kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class SortBody(Closed):
    """A sort with its partition, which only OpenRouter knows."""

    by: Sorting | None = None
    partition: Literal["model", "none"] | None = None


class MarksBody(Closed):
    """Figures for percentiles."""

    p50: Figure | None = None
    p75: Figure | None = None
    p90: Figure | None = None
    p99: Figure | None = None


class MaxPriceBody(Closed):
    """The most that something may cost, in dollars; tokens by the million."""

    prompt: Dollars | None = None
    completion: Dollars | None = None
    request: Dollars | None = None
    image: Dollars | None = None
    audio: Dollars | None = None


class ProviderBody(Closed):
    """Which endpoints may be asked, and in what order."""

    order: Names | None = None
    only: Names | None = None
    ignore: Names | None = None
    allow_fallbacks: StrictBool | None = None
    require_parameters: StrictBool | None = None
    data_collection: Literal["allow", "deny"] | None = None
    zdr: StrictBool | None = None
    enforce_distillable_text: StrictBool | None = None
    quantizations: list[Quantization] | None = None
    sort: Sorting | SortBody | None = None
    preferred_min_throughput: Figure | MarksBody | None = None
    preferred_max_latency: Figure | MarksBody | None = None
    max_price: MaxPriceBody | None = None


class CheckedBy:
    """Marks an object that has to be of a shape and is kept as it was sent."""

    def __init__(self, shape: type[BaseModel]) -> None:
        self._shape = shape

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Check it by its shape, and keep what was set."""
        return core_schema.no_info_after_validator_function(as_sent, handler(self._shape))


def as_sent(body: BaseModel) -> Object:
    """A closed object as it was sent."""
    return body.model_dump(exclude_unset=True)


Provider = Annotated[Object, CheckedBy(ProviderBody)]


class StopRuleBody(Shape):
    """A rule by which the outer model's server tools are taken away."""

    type: Literal["step_count_is", "has_tool_call", "max_tokens_used", "max_cost", "finish_reason_is"]
    step_count: Annotated[StrictInt, Field(ge=1)] | None = None
    tool_name: StrictStr | None = None
    max_tokens: Positive | None = None
    max_cost_in_dollars: Annotated[Number, Field(gt=0, le=1_000_000)] | None = None
    reason: StrictStr | None = None

    def read(self, path: str) -> StopRule:
        """The rule as a value; `path` is where it stands in the request."""
        name = THRESHOLDS[self.type]
        value = getattr(self, name)
        if value is None:
            raise InvalidRequest(f"{path}.{name} is required", f"{path}.{name}")
        return StopRule(self.type, nano(value) if self.type == "max_cost" else value)


def read_stop_rules(rules: Sequence[StopRuleBody]) -> tuple[StopRule, ...]:
    """The rules of `stop_server_tools_when`."""
    return tuple(rule.read(f"stop_server_tools_when[{index}]") for index, rule in enumerate(rules))


THRESHOLDS = {
    "step_count_is": "step_count",
    "has_tool_call": "tool_name",
    "max_tokens_used": "max_tokens",
    "max_cost": "max_cost_in_dollars",
    "finish_reason_is": "reason",
}
"""The field that each rule compares with."""


def chosen(fields: BaseModel, names: Sequence[str]) -> dict[str, Json]:
    """Those of the named fields that the client sent, by their names' order: most requests have none of them."""
    sent = fields.model_fields_set.intersection(names)
    return {name: value for name in sorted(sent) if (value := getattr(fields, name)) is not None}


def invalid(error: ValidationError, path: str = "") -> InvalidRequest:
    """Turn the first thing pydantic found into a sentence with a path, without echoing the value.

    `path` is where the object stands in the request, if it was not checked with the rest.
    """
    first = error.errors(include_input=False, include_url=False)[0]
    for part in first["loc"]:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part.islower() and "[" not in part and not part.startswith("function-") and part not in KINDS:
            path += f".{part}" if path else part
    kind = "invalid_prompt" if path.startswith(("messages[", "input[")) else "invalid_request"
    if first["type"] == "missing":
        return InvalidRequest(f"{path} is required", path, kind=kind)
    return InvalidRequest(f"{path}: {first['msg'][:1].lower()}{first['msg'][1:]}", path, kind=kind)


KINDS = frozenset({"str", "int", "float", "bool", "constrained-str", "nullable"})
"""Names of pydantic's that stand in a location without being part of the path."""
