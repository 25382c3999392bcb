"""Lists of models as endpoints send them, read: OpenAI's, OpenRouter's, Anthropic's and Google's way, and their mix."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, get_args

from pydantic_core import from_json

from fuseline.catalog.lists import MOST, Listed
from fuseline.catalog.prices import DEAREST
from fuseline.types.json import list_of, object_of
from fuseline.types.models import Modality

CONTEXT = (
    "context_length", "context_window", "max_model_len", "max_context_length", "context_size", "inputTokenLimit",
    "max_input_tokens",
)  # fmt: skip
"""What the limit on input, or on input and output together, is called; the first that is there counts."""
OUTPUT = ("max_completion_tokens", "max_output_tokens", "max_output_length", "outputTokenLimit", "max_tokens")
LARGEST = 1_000_000_000
LONGEST_NAME = 200
PER_TOKEN = 1_000_000


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer told."""

    models: tuple[Listed, ...]
    following: str = ""
    """What to ask the next page by; empty where there is none."""


def read_page(body: bytes, dialect: str = "") -> Page:
    """Read a list, or a page of one. Entries that are no models that chat are left out.

    :raises ValueError: saying why it is no list of models.
    """
    try:
        value: Any = from_json(body)
    except ValueError:
        raise ValueError("the answer is not JSON") from None
    told = object_of(value)
    entries = list_of(value) or list_of(told.get("data")) or list_of(told.get("models"))
    if not entries:
        raise ValueError("the answer lists no models")
    if len(entries) > MOST:
        raise ValueError(f"the answer lists {len(entries):,} models, more than the {MOST:,} that can be true")
    models = [read_entry(object_of(entry), dialect) for entry in entries]
    following = told.get("nextPageToken") or (told.get("last_id") if told.get("has_more") else "")
    return Page(tuple(model for model in models if model), following if isinstance(following, str) else "")


def read_entry(entry: Mapping[str, Any], dialect: str) -> Listed | None:
    """One entry; `None` for one without a name that can be used, or one that does not answer in text."""
    name = entry.get("id") or entry.get("name")
    methods = entry.get("supportedGenerationMethods")
    if not isinstance(name, str) or (methods is not None and "generateContent" not in list_of(methods)):
        return None
    name = name.removeprefix("models/")
    architecture, provider = object_of(entry.get("architecture")), object_of(entry.get("top_provider"))
    writes = list_of(architecture.get("output_modalities"))
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or (writes and "text" not in writes):
        return None
    return Listed.model_validate(
        {
            "name": name,
            "released": day(entry),
            "context": figure(entry, CONTEXT),
            "max_output": figure(provider, OUTPUT) or figure(entry, OUTPUT),
            "takes": modalities(architecture.get("input_modalities")),
            **prices(object_of(entry.get("pricing")), dialect),
            **abilities(entry.get("supported_parameters"), dialect),
        }
    )


def figure(entry: Mapping[str, Any], names: Sequence[str]) -> int | None:
    """The first of these that is a number of tokens."""
    values = (entry.get(name) for name in names)
    whole = (value for value in values if isinstance(value, int) and not isinstance(value, bool))
    return next((value for value in whole if 0 < value < LARGEST), None)


def day(entry: Mapping[str, Any]) -> str:
    """When a model came out, as an ISO date; empty where that is not told."""
    told = entry.get("created") or entry.get("created_at")
    try:
        if isinstance(told, int | float):
            return datetime.fromtimestamp(told, UTC).date().isoformat()
        return datetime.fromisoformat(told).date().isoformat() if isinstance(told, str) else ""
    except (ValueError, OverflowError, OSError):
        return ""


def modalities(told: Any) -> tuple[Modality, ...] | None:
    """What goes in beside text; `None` where nothing is said of it."""
    return tuple(kind for kind in get_args(Modality) if kind in told) if isinstance(told, list) else None


def abilities(parameters: Any, dialect: str) -> dict[str, bool]:
    """What the list of parameters tells, where it is known to be complete."""
    if dialect != "openrouter" or not isinstance(parameters, list):
        return {}
    return {
        "tools": "tools" in parameters,
        "reasons": "reasoning" in parameters,
        "schemas": "structured_outputs" in parameters,
    }


def prices(pricing: Mapping[str, Any], dialect: str) -> dict[str, str]:
    """The prices that are stated as OpenRouter states them, in dollars per token; none where they are not sure.

    Elsewhere a zero may stand for what nobody filled in.
    """
    fresh, output = per_million(pricing.get("prompt")), per_million(pricing.get("completion"))
    if fresh is None or output is None or not (fresh or output or dialect == "openrouter"):
        return {}
    further = {
        "price_cached": per_million(pricing.get("input_cache_read")),
        "price_written": per_million(pricing.get("input_cache_write")),
        "price_reasoning": per_million(pricing.get("internal_reasoning")),
    }
    stated = {name: price for name, price in further.items() if price}
    return {name: f"{price:f}" for name, price in {"price_in": fresh, "price_out": output, **stated}.items()}


def per_million(told: Any) -> Decimal | None:
    """Dollars per token as dollars per million; `None` for what is no price that a model has."""
    if not isinstance(told, str | int | float) or isinstance(told, bool) or len(str(told)) > LONGEST_NAME:
        return None
    try:
        price = Decimal(str(told)) * PER_TOKEN
    except InvalidOperation:
        return None
    return price.normalize() if price.is_finite() and 0 <= price <= DEAREST else None
