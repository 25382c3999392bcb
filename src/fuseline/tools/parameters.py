"""The parameters of the tools that look things up, in every vendor's words: their shape and their ranges."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from fuseline.types.domains import DomainRules, domain_rules
from fuseline.types.errors import InvalidRequest
from fuseline.types.json import Json, JsonObject

PATH = "tools.parameters"
"""Where they stand in a request."""
Rule = Annotated[StrictStr, Field(min_length=1, max_length=512, pattern=r"^\s*[^\s]+\s*$")]
Rules = Annotated[tuple[Rule, ...], Field(max_length=1_000)]
Count = Annotated[StrictInt, Field(ge=1, le=10_000)]


class Parameters(BaseModel):
    """An object of parameters. What we do not know is let through and forgotten."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Filters(Parameters):
    """Which sites may be looked at, as OpenAI has it."""

    allowed_domains: Rules = ()
    excluded_domains: Rules = ()
    blocked_domains: Rules = ()


class Location(Parameters):
    """Where the one who asks is, roughly."""

    type: Literal["approximate"] = "approximate"
    city: Annotated[StrictStr, Field(max_length=100)] | None = None
    region: Annotated[StrictStr, Field(max_length=100)] | None = None
    country: Annotated[StrictStr, Field(max_length=100)] | None = None
    timezone: Annotated[StrictStr, Field(max_length=100)] | None = None


class Sites(Parameters):
    """Which sites may be looked at; `excluded` and `blocked` are two vendors' words for one thing."""

    max_uses: Count | None = None
    allowed_domains: Rules = ()
    excluded_domains: Rules = ()
    blocked_domains: Rules = ()

    @property
    def rules(self) -> DomainRules:
        """All of it as the rules that every result and page is held against."""
        return domain_rules(self.allowed_domains, (*self.excluded_domains, *self.blocked_domains))


class SearchParameters(Sites):
    """What `openrouter:web_search` takes, with what its shorthands call otherwise."""

    engine: StrictStr = "auto"
    mode: (
        Literal["instant", "fast", "auto", "deep-lite", "deep", "deep-reasoning", "turbo", "basic", "advanced"] | None
    ) = None
    max_results: Annotated[StrictInt, Field(ge=1, le=25)] | None = None
    max_total_results: Count | None = None
    search_context_size: Literal["low", "medium", "high"] | None = None
    max_characters: Annotated[StrictInt, Field(ge=1, le=100_000)] | None = None
    user_location: Location = Location()
    filters: Filters = Filters()

    @property
    def rules(self) -> DomainRules:
        """All of it as the rules that every result is held against."""
        inner = self.filters
        excluded = (*self.excluded_domains, *self.blocked_domains, *inner.excluded_domains, *inner.blocked_domains)
        return domain_rules((*self.allowed_domains, *inner.allowed_domains), excluded)

    @property
    def location(self) -> JsonObject:
        """Where the one who asks is; empty where nothing was said."""
        return self.user_location.model_dump(exclude_none=True, exclude={"type"})

    @property
    def native(self) -> dict[str, Json]:
        """What an upstream's own search is asked for."""
        location: dict[str, Json] = {"type": "approximate", **self.location} if self.location else {}
        wishes: dict[str, Json] = {
            "max_uses": self.max_uses,
            "allowed_domains": list(self.rules.allowed),
            "excluded_domains": list(self.rules.excluded),
            "search_context_size": self.search_context_size,
            "user_location": location,
        }
        return {name: wish for name, wish in wishes.items() if wish}


class FetchParameters(Sites):
    """What `openrouter:web_fetch` takes, with Anthropic's words. Whatever engine is named, our own reads."""

    engine: Literal["auto", "native", "openrouter", "exa", "parallel", "firecrawl"] = "auto"
    max_content_tokens: Annotated[StrictInt, Field(ge=1, le=10_000_000)] | None = None
    citations: dict[str, Any] | None = None
    use_cache: StrictBool | None = None


P = TypeVar("P", bound=Parameters)
USUAL_SEARCH, USUAL_FETCH = SearchParameters(), FetchParameters()
"""What holds where nothing is said, checked once: most seats have their tools so."""


def check(shape: type[P], parameters: Mapping[str, Any]) -> P:
    """Hold parameters against a shape; what is null was not said.

    :raises InvalidRequest: naming the first that is out of its range.
    """
    try:
        return shape.model_validate(said(parameters))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = path_of(first["loc"])
        raise InvalidRequest(f"{where}: {first['msg'][:1].lower()}{first['msg'][1:]}", where) from None


def said(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters without those that are null, on each level."""
    return {
        name: said(value) if isinstance(value, Mapping) else value  # pyright: ignore[reportUnknownArgumentType]
        for name, value in parameters.items()
        if value is not None
    }


def path_of(place: Sequence[str | int]) -> str:
    """Where in a request something stands."""
    return PATH + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
