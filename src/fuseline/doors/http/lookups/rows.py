"""The rows of the list of models: fusion, every model that can be called, and the names that follow a family."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

from pydantic import ConfigDict, Field

from fuseline.catalog import facts
from fuseline.catalog.catalog import Catalog
from fuseline.doors.http.lookups.shapes import Shown
from fuseline.planner.terms import ALIASES
from fuseline.types.errors import FuselineError, ModelNotFound
from fuseline.types.models import Model
from fuseline.types.money import MILLION, NANO, Price, Tier

FUSION_CREATED = 1_781_371_647
FUSION_CONTEXT = 1_000_000
VARIES = "-1"
"""The price of fusion, and one that nobody knows: a client that took it for zero would be wrong by a bill."""
REASONING = ("reasoning", "reasoning_effort", "include_reasoning")
PLAIN = (
    "temperature", "top_p", "frequency_penalty", "presence_penalty", "seed", "stop", "max_tokens",
    "max_completion_tokens", "response_format", "structured_outputs", *REASONING,
)  # fmt: skip
"""What is handed on to whoever writes the answer; an upstream that refuses an optional one is asked without it."""
LACKING: Mapping[str, frozenset[str]] = {
    "messages": frozenset({"frequency_penalty", "presence_penalty", "seed"}),
    "responses": frozenset({"frequency_penalty", "presence_penalty", "seed", "stop"}),
}
"""What a wire has no word for."""
CALLING = ("tools", "tool_choice", "parallel_tool_calls")
FURTHER = ("top_k", "min_p", "top_a", "repetition_penalty", "logit_bias")
"""What only OpenRouter and servers on this machine are known to take."""
NATIVE: Mapping[str, tuple[str, ...]] = {"messages": ("top_k",), "gemini": ("top_k",)}
"""What a wire has words for beyond the plain ones."""


class Architecture(Shown):
    """What goes in and comes out."""

    modality: str
    input_modalities: list[str]
    output_modalities: list[str]
    tokenizer: str
    instruct_type: None = None


def missing(value: object) -> bool:
    """Whether there is nothing to be told."""
    return not value


class Told(Shown):
    """An object that leaves out what there is nothing to tell of."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)


class PricingOverride(Told):
    """What holds instead where the input is longer than so many tokens; what it leaves out stays as it is."""

    min_prompt_tokens: int
    prompt: str
    completion: str
    input_cache_read: str = Field(default="", exclude_if=missing)
    input_cache_write: str = Field(default="", exclude_if=missing)


class Pricing(Told):
    """Dollars per token, as decimal text; `-1` where the price varies or is not known."""

    prompt: str
    completion: str
    input_cache_read: str = Field(default="", exclude_if=missing)
    """Where tokens read from the upstream's cache have a price of their own."""
    input_cache_write: str = Field(default="", exclude_if=missing)
    """Where tokens written to it have one."""
    internal_reasoning: str = Field(default="", exclude_if=missing)
    """Where thoughts have one."""
    overrides: list[PricingOverride] = Field(default=[], exclude_if=missing)


class TopProvider(Shown):
    """The limits at the endpoint that would be asked."""

    is_moderated: bool = False
    context_length: int | None
    max_completion_tokens: int | None


class Links(Shown):
    """Where to read more."""

    details: str


class ModelRow(Shown):
    """A model, for OpenRouter's clients and OpenAI's."""

    id: str
    object: Literal["model"] = "model"
    owned_by: str
    canonical_slug: str
    name: str
    created: int
    """When it came out, in seconds since the epoch; 0 where that is not known."""
    description: str
    context_length: int
    """Tokens of input and output together; 0 where that is not known, since clients format it as a number."""
    architecture: Architecture
    pricing: Pricing
    top_provider: TopProvider
    per_request_limits: None = None
    supported_parameters: list[str]
    supported_voices: None = None
    default_parameters: None = None
    links: Links


class AliasTarget(Shown):
    """The model behind a name that follows a family."""

    slug: str
    name: str


class AliasRow(ModelRow):
    """A name that stands for the newest of a family."""

    alias_target: AliasTarget


@lru_cache(8)
def all_rows(catalog: Catalog, preset: str) -> tuple[ModelRow, ...]:
    """Every row, fusion first. The catalogue does not change, so they are made once; `preset` is that of the alias."""
    models = catalog.reachable()
    listed = {model.slug for model in models}
    families = (alias for alias in alias_rows(catalog) if alias.id not in listed)
    return (*fusion_rows(panel_takes(catalog, preset)), *families, *map(model_row, models))


def fusion_rows(takes: Sequence[str]) -> Iterable[ModelRow]:
    """The rows of fusion itself, under each of its names that has an owner."""
    for slug, preset in ALIASES.items():
        owner, _, name = slug.partition("/")
        if name:
            terms = f" with the preset {preset}" if preset else ""
            yield ModelRow(
                id=slug,
                owned_by=owner,
                canonical_slug=slug,
                name=name.replace("-", " ").title(),
                created=FUSION_CREATED,
                description=f"A panel of models answers, an analyst compares, a writer writes{terms}.",
                context_length=FUSION_CONTEXT,
                architecture=architecture(takes, "Router"),
                pricing=Pricing(prompt=VARIES, completion=VARIES),
                top_provider=TopProvider(context_length=None, max_completion_tokens=None),
                supported_parameters=[*CALLING, *PLAIN],
                links=details(slug),
            )


def panel_takes(catalog: Catalog, preset: str) -> list[str]:
    """What beside text some seat of the alias's panel takes; what no seat takes would be lost on all of them."""
    try:
        seats = [catalog.resolve(seat.model) for seat in catalog.preset(preset).seats]
    except FuselineError:  # nothing to call, or a preset that asks for what is not there: a request will say so
        return []
    return sorted({kind for model in seats for kind in model.takes})


def alias_rows(catalog: Catalog) -> Iterable[ModelRow]:
    """A row for each family whose newest member can be called; OpenRouter, where it is asked, tells no target."""
    for family, fact in facts.families().items():
        alias = f"~{fact.vendor}/{family}-latest"
        try:
            model = catalog.resolve(alias)
        except ModelNotFound:
            continue
        row = model_row(model)
        named = {**dict(row), "id": alias, "canonical_slug": alias, "owned_by": fact.vendor, "links": details(alias)}
        if model.slug == alias:
            yield ModelRow.model_validate(named)
        else:
            target = AliasTarget(slug=model.slug, name=row.name)
            yield AliasRow.model_validate({**named, "alias_target": target})


def model_row(model: Model) -> ModelRow:
    """The row of one model, as far as the catalogue knows it."""
    return ModelRow(
        id=model.slug,
        owned_by=model.slug.partition("/")[0].partition(":")[0],
        canonical_slug=model.slug,
        name=model.name,
        created=released(model.released),
        description="Its end has been announced." if model.deprecated else "",
        context_length=model.context or 0,
        architecture=architecture(sorted(model.takes), "Other"),
        pricing=pricing(model.price),
        top_provider=TopProvider(context_length=model.context, max_completion_tokens=model.max_output),
        supported_parameters=parameters(model),
        links=details(model.slug),
    )


def architecture(takes: Sequence[str], tokenizer: str) -> Architecture:
    """What goes in beside text, and text that comes out."""
    kinds = ["text", *takes]
    return Architecture(
        modality=f"{'+'.join(kinds)}->text",
        input_modalities=kinds,
        output_modalities=["text"],
        tokenizer=tokenizer,
    )


def details(slug: str) -> Links:
    """Where a model's endpoint is described."""
    return Links(details=f"/api/v1/models/{slug}/endpoints")


def parameters(model: Model) -> list[str]:
    """What a request to this model can say, as far as its wire has words for it and it is not known to refuse it."""
    endpoint = model.endpoint
    native = NATIVE.get(endpoint.wire, ())
    further = FURTHER if endpoint.local or endpoint.dialect == "openrouter" else native
    lacking = LACKING.get(endpoint.wire, frozenset()) | refused(model)
    return [*(CALLING if model.calls_tools else ()), *(name for name in PLAIN if name not in lacking), *further]


def refused(model: Model) -> frozenset[str]:
    """What is known to mean nothing to this model."""
    words: list[str] = []
    if not model.temperature:
        words.append("temperature")
    if model.reasons is False:
        words.extend(REASONING)
    if model.schemas is False or not model.endpoint.quirks.schemas:
        words.append("structured_outputs")
    return frozenset(words)


def pricing(price: Price | None) -> Pricing:
    """A model's price. One that nobody knows is told as one that varies, never as zero."""
    if price is None:
        return Pricing(prompt=VARIES, completion=VARIES)
    return Pricing(
        prompt=per_token(price.input),
        completion=per_token(price.output),
        input_cache_read=apart(price.cached),
        input_cache_write=apart(price.written),
        internal_reasoning=apart(price.reasoning),
        overrides=[override(tier) for tier in price.tiers],
    )


def override(tier: Tier) -> PricingOverride:
    """The price of long inputs."""
    return PricingOverride(
        min_prompt_tokens=tier.above,
        prompt=per_token(tier.price.input),
        completion=per_token(tier.price.output),
        input_cache_read=apart(tier.price.cached),
        input_cache_write=apart(tier.price.written),
    )


def apart(price: int | None) -> str:
    """A price of its own; empty where there is none."""
    return "" if price is None else per_token(price)


def per_token(nano_per_million: int) -> str:
    """A price in dollars per token, as a plain decimal string without loss."""
    whole, rest = divmod(nano_per_million, MILLION * NANO)
    return f"{whole}.{rest:015d}".rstrip("0").rstrip(".")


def released(date: str) -> int:
    """The first moment of a date, or of a month where no day is known; 0 where nothing is."""
    return int(datetime.fromisoformat(f"{date:-<8}01"[:10]).replace(tzinfo=UTC).timestamp()) if date else 0
