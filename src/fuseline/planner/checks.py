"""What can be found wrong with a plan before anything is spent."""

from collections.abc import Sequence

from fuseline.catalog.catalog import Catalog
from fuseline.planner.terms import alias_of, refuse_fusion
from fuseline.providers.routes import admitted
from fuseline.tools.toolbox import FUSION, open_toolbox
from fuseline.types.deliberation import FusionSpec
from fuseline.types.errors import InvalidRequest, ModelNotFound
from fuseline.types.models import Model
from fuseline.types.requests import Named, Request, ToolChoice
from fuseline.types.routing import ANY, Preferences


def check_plan(
    request: Request, speakers: Sequence[str], spec: FusionSpec | None, catalog: Catalog, wishes: Preferences = ANY
) -> None:
    """Resolve every model that may be called, and hold prices and promises against them.

    :raises InvalidRequest: for the first that is wrong.
    """
    models = [resolved(slug, param, catalog) for slug, param in places(speakers, spec).items()]
    if spec is not None:
        for seat in spec.seats:
            if seat.tools:
                open_toolbox(refuse_fusion(seat.tools), "analysis_models.tools")
        check_prices(models, spec)
    check_routes(request, speakers, spec, catalog, wishes)


def places(speakers: Sequence[str], spec: FusionSpec | None) -> dict[str, str]:
    """Every slug that may be called, and the parameter that names it first."""
    found = dict.fromkeys(speakers, "model")
    if spec is not None:
        for index, seat in enumerate(spec.seats):
            found.setdefault(seat.model, f"analysis_models[{index}]")
        for slug in (*spec.analysts, *spec.writers):
            found.setdefault(slug, "model")
    return found


def resolved(slug: str, param: str, catalog: Catalog) -> Model:
    """The model of a slug, which may not be fusion itself, nor one whose calls nobody can tell the price of."""
    if alias_of(slug):
        raise InvalidRequest(f"fusion cannot contain itself: {slug} is no model for a seat, analyst or writer", param)
    try:
        return catalog.priced(slug)
    except InvalidRequest as error:
        error.param = error.param or param
        if isinstance(error, ModelNotFound):
            error.model = slug
        raise


def check_prices(models: Sequence[Model], spec: FusionSpec) -> None:
    """Refuse a limit on cost where a price is not known: it could not be kept."""
    unpriced = next((model.slug for model in models if model.price is None), None)
    if spec.max_cost is not None and unpriced is not None:
        raise InvalidRequest(
            f"max_cost cannot be kept: no price is known for {unpriced}; "
            f'set price_in and price_out in [models."{unpriced}"]',
            "max_cost",
        )


def check_routes(
    request: Request, speakers: Sequence[str], spec: FusionSpec | None, catalog: Catalog, wishes: Preferences
) -> None:
    """Refuse wishes that leave no endpoint for one of those who speak to the client or compare, or for any seat.

    A promise about the data counts for each seat; other wishes may cost a seat, which then says why.

    :raises NoEndpoint: for the first model that nobody may be asked for.
    """
    if wishes is ANY:
        return
    groups = [speakers, *([spec.analysts] if spec else [])]
    if spec is not None:
        groups += [spec.writers, *seats_together(spec, wishes)]
    for slugs in groups:
        choices = [admitted(catalog.routes(slug), wishes, request) for slug in slugs]
        if slugs and not any(choice.models for choice in choices):
            raise choices[0].refusal(slugs[0])


def seats_together(spec: FusionSpec, wishes: Preferences) -> list[list[str]]:
    """The seats in groups, of each of which one has to be there."""
    slugs = [seat.model for seat in spec.seats]
    return [[slug] for slug in slugs] if wishes.no_training or wishes.no_retention else [slugs]


def check_question(request: Request) -> None:
    """Refuse to convene a panel on a conversation in which nobody asks anything.

    :raises InvalidRequest: where no user has said a word or shown a thing.
    """
    if not any(message.role == "user" and not message.blank for message in request.messages):
        raise InvalidRequest("a panel needs a question: the conversation has no user message", "messages")


def checked_choice(request: Request) -> ToolChoice | None:
    """The tool choice, a server tool under the name that models call it by. What is ignored cannot be chosen.

    :raises InvalidRequest: when it names a tool that is not there.
    """
    choice = request.tool_choice
    if not isinstance(choice, Named) or choice.name in FUSION:
        return choice
    if any(choice.name == function.name for function in request.functions):
        return choice
    declared = [tool for tool in request.server_tools if tool.type == choice.name]
    if not declared:
        raise InvalidRequest(f"there is no tool {choice.name[:40]!r} to choose", "tool_choice")
    return next((Named(name) for name in open_toolbox(declared, "tools")[0]), None)
