"""Analyses as earlier versions kept them: by the names of models, some with a list of the claims beside that."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

from fuseline.types.deliberation import Analysis, Claim, Contradiction, Stance
from fuseline.types.json import list_of, object_of

Kind = Literal["consensus", "partial", "unique"]
NAMELESS = "an earlier version kept this comparison: where all agree it kept no names, so whoever answered is shown"
AMBIGUOUS = "an earlier version kept this comparison: of seats that hold the same model, the first is shown"


def analysis_of(body: Mapping[str, Any], panel: Sequence[str], heard: Sequence[int]) -> Analysis | None:
    """An analysis from the five public keys, as far as they tell; `None` where there are none.

    `heard` are the seats that answered.
    """
    public = object_of(body.get("analysis"))
    if not public:
        return None
    found = list(claims_of(public, panel, heard))
    listed = [object_of(one) for one in list_of(body.get("claims"))]
    exact = len(listed) == len(found)
    if exact:
        found = [(kind, exactly(one)) for (kind, _), one in zip(found, listed, strict=True)]
    kinds = {kind: tuple(claim for _, claim in group) for kind, group in groupby(found, key=itemgetter(0))}
    doubtful = [AMBIGUOUS] if len(set(panel)) < len(panel) else []
    nameless = [NAMELESS] if not exact and "consensus" in kinds else []
    return Analysis(
        kinds.get("consensus", ()),
        tuple(contradictions_of(public, panel)),
        kinds.get("partial", ()),
        kinds.get("unique", ()),
        tuple(map(str, list_of(public.get("blind_spots")))),
        (*map(str, list_of(body.get("warnings"))), *nameless, *doubtful),
    )


def claims_of(public: Mapping[str, Any], panel: Sequence[str], heard: Sequence[int]) -> Iterator[tuple[Kind, Claim]]:
    """All claims in the order in which they were listed, each of its kind."""
    for at, text in enumerate(list_of(public.get("consensus"))):
        yield "consensus", Claim(f"consensus-{at}", str(text), tuple(heard))
    for at, one in enumerate(map(object_of, list_of(public.get("partial_coverage")))):
        seats = seats_of(list_of(one.get("models")), panel)
        yield "partial", Claim(f"partial-{at}", str(one.get("point", "")), seats)
    for at, one in enumerate(map(object_of, list_of(public.get("unique_insights")))):
        yield "unique", Claim(f"unique-{at}", str(one.get("insight", "")), seats_of([one.get("model")], panel))


def exactly(listed: Mapping[str, Any]) -> Claim:
    """A claim as it was listed."""
    seats = tuple(seat for seat in list_of(listed.get("seats")) if isinstance(seat, int))
    urls = tuple(map(str, list_of(listed.get("urls"))))
    return Claim(str(listed.get("id", "")), str(listed.get("text", "")), seats, str(listed.get("quote", "")), urls)


def contradictions_of(public: Mapping[str, Any], panel: Sequence[str]) -> Iterator[Contradiction]:
    """All points on which models disagree."""
    for at, point in enumerate(map(object_of, list_of(public.get("contradictions")))):
        sides = [object_of(side) for side in list_of(point.get("stances"))]
        named = [side for side in sides if side.get("model") in panel]
        seats = seats_of([side["model"] for side in named], panel)
        stances = (Stance(seat, str(side.get("stance", ""))) for seat, side in zip(seats, named, strict=True))
        yield Contradiction(f"contradiction-{at}", str(point.get("topic", "")), tuple(stances))


def seats_of(models: Sequence[Any], panel: Sequence[str]) -> tuple[int, ...]:
    """The seats of these models, each the first of its model that was not named before, where one is left."""
    seats: list[int] = []
    for model in models:
        places = [seat for seat, slug in enumerate(panel) if slug == model]
        seats += [next((seat for seat in places if seat not in seats), seat) for seat in places[:1]]
    return tuple(seats)
