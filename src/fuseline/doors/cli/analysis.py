"""The analysis as people read it: headings, claims, and who says what. It knows no terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fuseline.doors.cli.account import Contested, PublicAnalysis
from fuseline.types.deliberation import Analysis


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the analysis; a long one is wrapped behind its mark."""

    text: str
    mark: str = ""
    """Empty for a heading."""
    indent: int = 0
    strong: bool = False

    def __str__(self) -> str:
        return " " * self.indent + (f"{self.mark} " if self.mark else "") + self.text


def rows_of(analysis: Analysis, models: Sequence[str]) -> list[Row]:
    """The rows of an analysis that was just made, with the better supported side of each contradiction marked."""
    names = told_apart(models)
    better = [point.better_supported for point in analysis.contradictions]
    favoured = ["" if seat is None else names[seat] for seat in better]
    return list(rows(PublicAnalysis.model_validate(analysis.public(names)), favoured))


def told_apart(models: Sequence[str]) -> tuple[str, ...]:
    """Each seat's model; with the number of its seat where the same model sits on several."""
    if len(set(models)) == len(models):
        return tuple(models)
    return tuple(f"{model} (seat {seat})" for seat, model in enumerate(models, 1))


def rows(analysis: PublicAnalysis, favoured: Sequence[str] = ()) -> Iterator[Row]:
    """The rows of an analysis. `favoured` holds, for each contradiction, who has the better evidence, or nothing."""
    yield from listed("Agreed", analysis.consensus)
    if analysis.contradictions:
        yield Row("Contradicted", strong=True)
    for place, point in enumerate(analysis.contradictions):
        yield from contested(point, favoured[place] if place < len(favoured) else "")
    yield from listed(
        "Covered by some", [f"{one.point} ({', '.join(one.models)})" for one in analysis.partial_coverage]
    )
    yield from listed("Said by one alone", [f"{one.insight} ({one.model})" for one in analysis.unique_insights])
    yield from listed("Left open by all", analysis.blind_spots)


def listed(heading: str, claims: Sequence[str]) -> Iterator[Row]:
    """A heading with its claims, where there are any."""
    if claims:
        yield Row(heading, strong=True)
    for claim in claims:
        yield Row(" ".join(claim.split()), "-", 2)


def contested(point: Contested, favoured: str) -> Iterator[Row]:
    """A contradiction with its sides."""
    yield Row(" ".join(point.topic.split()), "-", 2)
    for side in point.stances:
        better = side.model == favoured
        said = " ".join(side.stance.split())
        yield Row(f"{side.model}: {said}{' (better supported)' if better else ''}", ">" if better else "·", 4, better)
