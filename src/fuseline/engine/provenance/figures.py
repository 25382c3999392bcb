"""The numbers and dates in a text, by what they mean: one value however its digits are parted, rounded or named."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fuseline.engine.provenance.dates import Date, dates_of
from fuseline.engine.provenance.words import DENSE

SPACES = " \u00a0\u2009\u202f"
DIGITS = rf"\d{{1,3}}(?:[{SPACES}]\d{{3}})+(?:[.,]\d+)?(?![\d{DENSE}])|\d+(?:[.,'’]\d+)*"
NUMBER = re.compile(rf"(?<![^\W{DENSE}])(?<![^\W\d_{DENSE}][-‐‑./])(?<!\d[.,:'’])((?>{DIGITS}))(?![^\W\d_{DENSE}]+\d)")
LOOSE = re.compile(rf"(?<!\d)(?<!\d[.,])((?>{DIGITS}))")
"""As a source has numbers: what `mid-2024` and `FY24` name is known, too."""
AFTER = re.compile(rf"[-{SPACES}]?(%|‰|[^\W\d_{DENSE}]+\.?|[{DENSE}]{{1,2}})")
PARTS = re.compile(rf"[{SPACES}'’]")
POWERS = {
    power: frozenset(names.split())
    for power, names in {
        2: "hundred hundert cien cent 百",
        3: "k thousand thousands tsd tausend mil mille тыс тысяч тысячи тысяча 千",
        4: "万 萬 만",
        5: "lakh lakhs",
        6: "m mm mn mln mio million millions millionen millón millones milhão milhões miljoen milioni milione "
        "млн миллион миллиона миллионов 百万 百萬",
        7: "crore crores 千万 千萬",
        8: "億 亿 억",
        9: "b bn billion billions mrd milliarde milliarden milliard milliards miliardi miliardo miljard млрд миллиард "
        "миллиарда миллиардов 十億 十亿",
        12: "t tn trillion trillions billionen bio трлн триллион триллиона триллионов 兆 조",
    }.items()
}
SIZES = {name: float(10**power) for power, names in POWERS.items() for name in names}
WRITTEN_OUT = {
    10: "ten zehn dix diez десять",
    11: "eleven elf onze once одиннадцать",
    12: "twelve dozen zwölf douze doce двенадцать",
    13: "thirteen dreizehn treize trece",
    14: "fourteen vierzehn quatorze catorce",
    15: "fifteen fünfzehn quinze",
    16: "sixteen sechzehn seize",
    17: "seventeen siebzehn",
    18: "eighteen achtzehn",
    19: "nineteen neunzehn",
    20: "twenty zwanzig vingt veinte двадцать",
    30: "thirty dreißig trente treinta тридцать",
    40: "forty vierzig quarante cuarenta сорок",
    50: "fifty half fünfzig hälfte cinquante moitié cincuenta mitad пятьдесят половина",
    60: "sixty sechzig soixante sesenta",
    70: "seventy siebzig setenta",
    80: "eighty achtzig ochenta",
    90: "ninety neunzig noventa",
    100: "hundred hundert cent cien сто",
    1000: "thousand tausend mille mil тысяча",
}
SIGNS = ("%", "‰")
SMALL = 10
"""Whole numbers below this, alone, count what the text itself lists as often as they tell a fact."""
CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that a number can mean, and how far from it the number may have been rounded."""

    value: float
    within: float


@dataclass(frozen=True, slots=True)
class Number:
    """A number where it stands; `1.234` has two readings."""

    start: int
    end: int
    readings: tuple[Reading, ...]
    percent: bool = False

    @property
    def telling(self) -> bool:
        """Whether it is more than a count of a few."""
        return self.percent or any(reading.value >= SMALL or reading.value % 1 for reading in self.readings)


@dataclass(frozen=True, slots=True)
class Written:
    """A number as it is written, and the word or sign behind it in small letters."""

    start: int
    end: int
    """Behind the unit, where that belongs to the number."""
    digits: str
    unit: str


class Figures:
    """Every value and every date that a text has."""

    def __init__(self, text: str) -> None:
        dates = dates_of(text)
        self._dates = {meaning for date in dates for meaning in date.meanings}
        parts = {float(part) for year, _, day in self._dates for part in (year, day)}
        written = {(found.digits, found.unit) for found in written_in(text, LOOSE)}
        self._values = sorted(parts.union(*(values_of(digits, unit) for digits, unit in written)))

    def has(self, figure: Number | Date) -> bool:
        """Whether the text has this number, or another that is rounded to it, or this date."""
        if isinstance(figure, Date):
            return any(self._has_date(meaning) for meaning in figure.meanings)
        return any(self._has_value(reading, figure.percent) for reading in figure.readings)

    def _has_date(self, asked: tuple[int, int, int]) -> bool:
        year, month, day = asked
        return any(
            month == other[1]
            and day in (0, other[2])
            and (year in (0, other[0]) or (other[0] == 0 and self._holds(Reading(year, 0))))
            for other in self._dates
        )

    def _has_value(self, reading: Reading, percent: bool) -> bool:
        if self._holds(reading):
            return True
        if percent:
            return self._holds(Reading(reading.value / 100, reading.within / 100))
        return 0 < reading.value < 1 and self._holds(Reading(reading.value * 100, reading.within * 100))

    def _holds(self, reading: Reading) -> bool:
        slack = reading.within + CLOSE * max(1.0, reading.value)
        at = bisect_left(self._values, reading.value - slack)
        return at < len(self._values) and self._values[at] <= reading.value + slack


def values_of(digits: str, unit: str) -> Iterator[float]:
    """What a number of a source can mean; where spaces part its digits it may be several numbers."""
    for reading in readings_of(digits, unit):
        yield reading.value
    if not digits.isdecimal():
        for part in PARTS.split(digits)[1:]:
            if part.isdecimal():
                yield float(part)


def written_out(number: Number, texts: Iterable[str]) -> bool:
    """Whether one of the texts has a number in words."""
    names = [name for reading in number.readings for name in WRITTEN_OUT.get(whole(reading), "").split()]
    if not names:
        return False
    wanted = re.compile(rf"(?<!\w)(?:{'|'.join(names)})(?!\w)", re.IGNORECASE)
    return any(wanted.search(text) for text in texts)


def whole(reading: Reading) -> int:
    """The value of a reading where it is a whole number that may be written out; else 0."""
    return int(reading.value) if reading.value <= max(WRITTEN_OUT) and not reading.value % 1 else 0


def numbers_of(text: str) -> Iterator[Number]:
    """The numbers of a text, in order; those that are part of a name, such as `H100`, are none."""
    for found in written_in(text, NUMBER):
        yield Number(found.start, found.end, readings_of(found.digits, found.unit), is_percent(found.unit))


def written_in(text: str, pattern: re.Pattern[str]) -> Iterator[Written]:
    """The numbers of a text as they are written."""
    for found in pattern.finditer(text):
        after = AFTER.match(text, found.end())
        unit = after[1].lower().rstrip(".") if after else ""
        end = after.end() if after and (unit in SIGNS or size_of(unit)) else found.end()
        yield Written(found.start(), end, found[1], unit)


def readings_of(digits: str, unit: str) -> tuple[Reading, ...]:
    """What a number can mean with the word behind it."""
    bare = tuple(bare_readings(digits))
    size = size_of(unit)
    if not size:
        return bare
    larger = tuple(Reading(one.value * size, one.within * size) for one in bare)
    # one letter may be a unit of its own: 5 m are metres, too
    return (*larger, *bare) if len(unit) == 1 and unit.isascii() else larger


def size_of(unit: str) -> float:
    """By how much the word behind a number multiplies it; 0 where it does not."""
    return SIZES.get(unit) or SIZES.get(unit[:1] if unit[:1] in "百千万萬億亿兆만억조" else "", 0.0)


def is_percent(unit: str) -> bool:
    """Whether the word behind a number makes it a share."""
    return unit == "%" or unit.startswith(("percent", "prozent", "pour", "процент", "per"))


def bare_readings(digits: str) -> Iterator[Reading]:
    """What digits can mean: whether a point or comma parts thousands or decimals, only more of them can tell."""
    digits = PARTS.sub("", digits)
    marks = [sign for sign in digits if sign in ".,"]
    if not marks:
        yield Reading(float(digits), 0.5)
        return
    head, mark, tail = digits.rpartition(marks[-1])
    whole = head.replace(",", "").replace(".", "")
    if marks.count(mark) == 1:
        yield Reading(float(f"{whole}.{tail}"), 0.5 / 10 ** min(len(tail), 300))
    if len(tail) == 3 and len(set(marks)) == 1 and whole != "0":
        yield Reading(float(whole + tail), 0.5)
    elif marks.count(mark) > 1:
        yield Reading(float(whole + tail), 0.0)
