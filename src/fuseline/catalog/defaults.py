"""The panel of those who chose none: the best of what can be called, each from another laboratory. Asks no network."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fuseline.catalog import facts
from fuseline.catalog.aliases import newest
from fuseline.catalog.names import bare, chats, plain, size
from fuseline.catalog.presets import Preset
from fuseline.types.deliberation import Seat
from fuseline.types.models import Model

SEATS = 3
SMALL = 7.0
"""Billions of parameters below which a model weighs a panel down more than it adds; it sits only among its like."""
TWICE = (
    "Only one family of models can be reached, so {model} sits twice: two independent answers and one that unites them "
    "bring most of what fusion gives (Claude Opus 4.8 on DRACO: 58.8 alone, 65.5 twice, 67.6 with a second family)."
)


@dataclass(frozen=True, slots=True)
class DefaultPanel:
    """A panel that was put together from what is there."""

    preset: Preset
    reasons: tuple[str, ...]
    """Sentences for people: why each sits, and what would make the panel better."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that could sit."""

    model: Model
    family: str
    vendor: str

    @property
    def small(self) -> bool:
        """Whether its name says that it is small."""
        return 0 < size(self.model.name) < SMALL


def seat_panel(tier: facts.Tier, reachable: Sequence[Model], own: Sequence[Model]) -> DefaultPanel:
    """Seat the best of up to three laboratories; where there is one alone, its best model twice.

    `reachable` must not be empty of models that chat.
    """
    ranked = candidates(getattr(facts.ranks(), tier), reachable, own)
    panel = seated(ranked)
    alone = len(panel) == 1
    writer = best_writer(panel if tier == "fast" else ranked)
    seats = tuple(Seat(candidate.model.slug) for candidate in (panel * 2 if alone else panel))
    preset = Preset(f"general-{tier}", seats, (writer.model.slug,), (writer.model.slug,))
    why = [TWICE.format(model=panel[0].model.slug)] if alone else [why_seated(tier, each) for each in panel]
    return DefaultPanel(preset, (*why, why_writer(writer), *advice(tier, panel)))


def candidates(order: Sequence[str], reachable: Sequence[Model], own: Sequence[Model]) -> list[Candidate]:
    """Who could sit, best first: the newest of each ranked family, then whatever else is one's own.

    Where nothing is ranked and nothing one's own, whatever can be called will do.
    """
    chatting = [model for model in reachable if chats(model.name)]
    ranked = [
        Candidate(model, name, facts.families()[name].vendor)
        for name in order
        if (model := newest(chatting, facts.families()[name]))
    ]
    taken = {candidate.model.slug for candidate in ranked}
    others = own if ranked or own else chatting
    rest = [unranked(model) for model in others if chats(model.name) and model.slug not in taken]
    every = ranked + sorted(rest, key=worth)
    return [candidate for candidate in every if not candidate.small] + [each for each in every if each.small]


def unranked(model: Model) -> Candidate:
    """A model of one's own, whose family is told by its name; a name that tells nothing is its own family."""
    name = plain(model.name)
    for word, vendor in facts.ranks().local.items():
        if word in name:
            return Candidate(model, word, vendor)
    return Candidate(model, bare(model.name), model.slug)


def worth(candidate: Candidate) -> tuple[int, float]:
    """The order of unranked models: by family, then the larger first."""
    words = list(facts.ranks().local)
    rank = words.index(candidate.family) if candidate.family in words else len(words)
    return rank, -size(candidate.model.name)


def seated(ranked: Sequence[Candidate]) -> list[Candidate]:
    """The first of each laboratory, up to three; small models only where all are small."""
    firsts: dict[str, Candidate] = {}
    for candidate in ranked:
        firsts.setdefault(candidate.vendor, candidate)
    large = [candidate for candidate in firsts.values() if not candidate.small]
    return (large or list(firsts.values()))[:SEATS]


def best_writer(ranked: Sequence[Candidate]) -> Candidate:
    """Who keeps most of what only one seat found; the first where nobody was measured."""
    order = facts.ranks().writers
    return min(ranked, key=lambda candidate: order.index(candidate.family) if candidate.family in order else len(order))


def why_seated(tier: facts.Tier, candidate: Candidate) -> str:
    """Why this one sits."""
    endpoint = candidate.model.endpoint
    where = "this machine" if endpoint.local else endpoint.title or endpoint.name
    return f"{candidate.model.slug} sits as the best of {candidate.vendor} that {where} serves, for the tier {tier}."


def why_writer(writer: Candidate) -> str:
    """Why this one writes."""
    measured = "of those that can be reached, its family ranks first at keeping what only one seat found"
    ranked = writer.family in facts.ranks().writers
    return f"{writer.model.slug} compares and writes: {measured if ranked else 'it ranks first on the panel'}."


def advice(tier: facts.Tier, panel: Sequence[Candidate]) -> Iterator[str]:
    """The key that would improve the panel most, if one would."""
    order: Sequence[str] = getattr(facts.ranks(), tier)
    worst = order.index(panel[-1].family) if panel[-1].family in order else len(order)
    here = {candidate.vendor for candidate in panel}
    better = order[:worst] if len(panel) == SEATS else order
    missing = next((name for name in better if facts.families()[name].vendor not in here), None)
    if missing:
        keys = " or ".join((*keys_of(facts.families()[missing].vendor), "OPENROUTER_API_KEY"))
        yield f"With {keys} set, {missing} would sit too."


def keys_of(vendor: str) -> tuple[str, ...]:
    """The variable that opens a vendor's own endpoint, if it has one."""
    return tuple(fact.api_key_env[0] for fact in facts.endpoints().values() if vendor in fact.vendors)
