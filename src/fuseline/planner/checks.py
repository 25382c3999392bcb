"""What can be found wrong with a plan before anything is spent."""

from collections.abc import Mapping, Sequence

from fuseline.catalog.catalog import Catalog
from fuseline.planner.terms import alias_of, refuse_fusion
from fuseline.tools.toolbox import FUSION, open_toolbox
from fuseline.types.deliberation import FusionSpec
from fuseline.types.errors import InvalidRequest, ModelNotFound
from fuseline.types.models import Model
from fuseline.types.requests import Named, Request, ToolChoice


def check_plan(request: Request, speakers: Sequence[str], spec: FusionSpec | None, catalog: Catalog) -> None:
    """Resolve every model that may be called, and hold prices and promises against them.

    :raises InvalidRequest: for the first that is wrong.
    """
    models = [resolved(slug, "model", catalog) for slug in speakers]
    if spec is not None:
        models += [resolved(seat.model, f"analysis_models[{i}]", catalog) for i, seat in enumerate(spec.seats)]
        models += [resolved(slug, "model", catalog) for slug in (*spec.analysts, *spec.writers)]
        for seat in spec.seats:
            open_toolbox(refuse_fusion(seat.tools or ()), "analysis_models.tools")
        check_prices(models, spec)
    check_policy(models, request)


def resolved(slug: str, param: str, catalog: Catalog) -> Model:
    """The model of a slug, which may not be fusion itself."""
    if alias_of(slug):
        raise InvalidRequest(f"fusion cannot contain itself: {slug} is no model for a seat, analyst or writer", param)
    try:
        return catalog.resolve(slug)
    except ModelNotFound as error:
        error.param = error.param or param
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


def check_policy(models: Sequence[Model], request: Request) -> None:
    """Refuse a promise about the data that the chosen endpoints do not make."""
    provider = request.policy.get("provider")
    if not isinstance(provider, Mapping) or not (provider.get("data_collection") == "deny" or provider.get("zdr")):
        return
    loose = next((one for one in models if not one.endpoint.local and one.endpoint.dialect != "openrouter"), None)
    if loose is not None:
        raise InvalidRequest(
            f"{loose.endpoint.name} cannot be asked to keep no data; leave out provider.data_collection and "
            "provider.zdr, or use models that can",
            "provider",
            kind="not_found",
            status=404,
        )


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
