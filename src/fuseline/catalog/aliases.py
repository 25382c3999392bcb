"""Names that stand for another: `~vendor/family-latest` for the newest of a family, and one's own aliases."""

from collections.abc import Iterable, Mapping

from fuseline.catalog import facts
from fuseline.catalog.names import bare, undated
from fuseline.types.errors import BadConfiguration
from fuseline.types.models import Model


def family_of(alias: str) -> facts.Family | None:
    """The family behind `~vendor/family-latest`; `None` where none is known by that name."""
    vendor, _, rest = alias.lower().removeprefix("~").partition("/")
    family = facts.families().get(rest.removesuffix("-latest"))
    return family if family and family.vendor == vendor and rest.endswith("-latest") else None


def newest(models: Iterable[Model], family: facts.Family) -> Model | None:
    """The newest member of a family, from the first endpoint that has it; `None` where there is no member.

    Endpoints date one model differently, by when they began to serve it, so the earliest date counts.
    """
    members: dict[str, list[Model]] = {}
    for model in models:
        stem = undated(bare(model.name))
        if family.pattern.fullmatch(stem):
            members.setdefault(stem, []).append(model)
    twins = max(members.values(), key=released, default=None)
    return twins[0] if twins else None  # rows are sorted, so an undated name stands before its dated twins


def released(twins: Iterable[Model]) -> str:
    """When a model first came out, by all who serve it."""
    return min((model.released for model in twins if model.released), default="")


def flatten(aliases: Mapping[str, str]) -> dict[str, str]:
    """Follow each alias to its end.

    :raises BadConfiguration: where aliases lead back to themselves.
    """
    return {name: follow(aliases, name) for name in aliases}


def follow(aliases: Mapping[str, str], name: str) -> str:
    """The slug at the end of a chain of aliases."""
    path = [name]
    while path[-1] in aliases:
        path.append(aliases[path[-1]])
        if path[-1] in path[:-1]:
            raise BadConfiguration(f"the aliases {' -> '.join(path)} lead back to themselves")
    return path[-1]
