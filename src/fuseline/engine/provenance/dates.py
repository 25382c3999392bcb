"""The dates in a text, as year, month and day, in the notations of several languages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner janvier enero gennaio janeiro januari января январь",
            "february feb februar février febrero febbraio fevereiro februari февраля февраль",
            "march mar märz maerz mars marzo março maart марта март",
            "april apr avril abril aprile апреля апрель",
            "may mai mayo maggio maio mei мая май",
            "june jun juni juin junio giugno junho июня июнь",
            "july jul juli juillet julio luglio julho июля июль",
            "august aug août agosto augustus августа август",
            "september sep sept septembre septiembre settembre setembro сентября сентябрь",
            "october oct oktober okt octobre octubre ottobre outubro октября октябрь",
            "november nov novembre noviembre novembro ноября ноябрь",
            "december dec dezember dez décembre diciembre dicembre dezembro декабря декабрь",
        ),
        1,
    )
    for name in names.split()
}
GAP = r"[ \u00a0\u202f]"
MONTH = r"([^\W\d_]{3,10})\.?"
YEAR = rf"(?:,?{GAP}(?:de{GAP}|del{GAP})?(\d{{4}})(?!\d))?"
DAY = r"(\d{1,2})(?:st|nd|rd|th|\.|er|º|-?го)?"
YEAR_FIRST = re.compile(r"(?<![\w./-])(\d{4})([-/.])(\d{1,2})(?:\2(\d{1,2}))?(?![\d]|[-/.]\d)")
YEAR_LAST = re.compile(r"(?<![\w./-])(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?![\d]|[-/.]\d)")
SIGNS = re.compile(r"(?:(\d{4})\s?[年년]\s?)?(\d{1,2})\s?[月월]\s?(?:(\d{1,2})\s?[日일])?")
DAY_FIRST = re.compile(rf"(?<![\w.,]){DAY}{GAP}(?:(?:day{GAP})?of{GAP}|de{GAP}|d['’])?{MONTH}(?!\w){YEAR}")
MONTH_FIRST = re.compile(
    rf"(?<!\w){MONTH},?{GAP}(?:of{GAP}|de{GAP})?(?:(\d{{4}})(?!\d|[.,]\d)|{DAY}(?![\w%]|[.,]\d){YEAR})"
)
CENTURY_TURN = 70


@dataclass(frozen=True, slots=True)
class Date:
    """A date where it stands; a part that is not named is 0. `3/4/2024` has two meanings."""

    start: int
    end: int
    meanings: tuple[tuple[int, int, int], ...]


def dates_of(text: str) -> list[Date]:
    """The dates of a text that name a month, in order."""
    found = [*by_figures(text), *by_signs(text), *by_names(text)]
    return sorted(found, key=lambda date: date.start)


def by_figures(text: str) -> Iterator[Date]:
    """Those such as 2024-03-05, 05.03.2024 and 3/5/24."""
    for match in YEAR_FIRST.finditer(text):
        if 1 <= int(match[3]) <= 12 and 1000 <= int(match[1]) <= 2999 and (match[4] or match[2] != "."):
            yield from dated(match, [(int(match[1]), int(match[3]), int(match[4] or 0))])
    for match in YEAR_LAST.finditer(text):
        one, other, year = int(match[1]), int(match[3]), full(int(match[4]))
        yield from dated(match, [(year, other, one), (year, one, other)])


def by_signs(text: str) -> Iterator[Date]:
    """Those such as 2024年3月5日."""
    if not ("月" in text or "월" in text):
        return
    for match in SIGNS.finditer(text):
        if match[1] or match[3]:
            yield from dated(match, [(int(match[1] or 0), int(match[2]), int(match[3] or 0))])


def by_names(text: str) -> Iterator[Date]:
    """Those such as 5 March 2024 and March 5."""
    taken: set[int] = set()
    for match in DAY_FIRST.finditer(text):
        if month := MONTHS.get(match[2].lower()):
            taken.add(match.start(2))
            yield from dated(match, [(int(match[3] or 0), month, int(match[1]))])
    for match in MONTH_FIRST.finditer(text):
        month = MONTHS.get(match[1].lower())
        if month and match.start(1) not in taken:
            yield from dated(match, [(int(match[2] or match[4] or 0), month, int(match[3] or 0))])


def dated(match: re.Match[str], meanings: list[tuple[int, int, int]]) -> Iterator[Date]:
    """A date of those meanings that are days of the calendar, if there are any."""
    kept = tuple(dict.fromkeys(one for one in meanings if 1 <= one[1] <= 12 and one[2] <= 31))
    if kept:
        yield Date(*match.span(), kept)


def full(year: int) -> int:
    """A year of two figures with its century."""
    return year if year > 99 else year + (2000 if year < CENTURY_TURN else 1900)
