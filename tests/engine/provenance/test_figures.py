"""Numbers and dates are the same however they are written, and other ones are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuseline.engine.provenance.dates import dates_of
from fuseline.engine.provenance.figures import Figures, numbers_of
from tests.engine.provenance.panel import TEXTS
from tests.requirements import requirement

pytestmark = requirement("ours:number-guard")


def known(answer: str, source: str) -> bool:
    """Whether a source has every number and date of an answer."""
    figures = Figures(source)
    found = [*dates_of(answer)] or [*numbers_of(answer)]
    assert found, answer
    return all(figures.has(figure) for figure in found)


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("1,234", "1234"),
        ("1.234", "1,234"),
        ("1 234 567", "1,234,567"),
        ("1'234", "1234"),
        ("12,34,567", "1234567"),
        ("1.234,56 €", "1,234.56"),
        ("1.2 million", "1,200,000"),
        ("1,2 Mio.", "$1.2M"),
        ("1.2 million", "1,234,567"),
        ("$2.5bn", "2.5 Milliarden"),
        ("3 млн", "3 million"),
        ("3億円", "300 million"),
        ("1.5万", "15,000"),
        ("25k", "25 thousand"),
        ("15%", "15 percent"),
        ("15 %", "0.15"),
        ("0.15", "15%"),
        ("3.1", "3.14"),
        ("2024", "FY2024"),
        ("2024", "in mid-2024"),
        ("2024", "05.03.2024"),
        ("３４５", "345"),
        ("12 people", "there were 12"),
        ("200 items", "table 3 200 items"),
        ("5 March 2024", "2024-03-05"),
        ("March 5, 2024", "05.03.2024"),
        ("5. März 2024", "3/5/24"),
        ("2024年3月5日", "5 марта 2024"),
        ("le 5 mars 2024", "5 de marzo de 2024"),
        ("March 2024", "on March 5th, 2024"),
        ("March 5", "on the 5th of March 2024"),
        ("March 5, 2024", "in 2024, on March 5"),
        ("March 5, 2024", "this 5th day of March 2024"),
    ],
)
def test_a_figure_is_known_in_whatever_notation(answer: str, source: str):
    assert known(answer, source)


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        ("1,235", "1234"),
        ("1.3 million", "1,234,567"),
        ("1,234,567", "1.2 million"),
        ("2.5 billion", "2.5 million"),
        ("3.15", "3.14"),
        ("16%", "15 percent"),
        ("2023", "2024"),
        ("5 March 2024", "March 2024"),
        ("7 March 2024", "5 March 2024"),
        ("5 March 2023", "5 March 2024"),
        ("5 March 2023", "5 March, and 2024"),
        ("April 5", "March 5"),
    ],
)
def test_another_figure_is_not_known(answer: str, source: str):
    assert not known(answer, source)


@pytest.mark.parametrize("name", ["H100", "GPT-4", "v3.11.2", "B2B", "x86", "sha1f3a"])
def test_what_is_part_of_a_name_is_no_number(name: str):
    assert list(numbers_of(name)) == []


@given(st.integers(0, 10**15))
def test_a_whole_number_is_known_with_and_without_parted_thousands(number: int):
    assert known(f"{number:,}", f"it was {number} then")
    assert known(str(number), f"it was {number:,} then")


@given(TEXTS)
def test_any_text_has_its_own_numbers_and_dates(text: str):
    figures = Figures(text)
    for figure in [*numbers_of(text), *dates_of(text)]:
        assert 0 <= figure.start < figure.end <= len(text)
        assert figures.has(figure)
