"""Wikipedia by the API that MediaWiki documents: no key, nothing to configure, and nothing but an encyclopaedia."""

import unicodedata
from collections.abc import Mapping, Sequence

from fuseline.search.base import Hit, Query, SearchFailed
from fuseline.search.dialect import Ask, Dialect, country_of, most_characters, objects_in, text_in
from fuseline.types.json import JsonObject, object_of

MOST_CHARACTERS = 1_200
"""What the API gives of each article's beginning."""
SCRIPTS: Mapping[str, str] = {
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
    "CYRILLIC": "ru",
    "ARABIC": "ar",
    "HEBREW": "he",
    "GREEK": "el",
    "DEVANAGARI": "hi",
    "THAI": "th",
}
"""The language that each script is most often written in, as the names of its characters begin; the first counts."""
COUNTRIES: Mapping[str, str] = {
    "AR": "es",
    "AT": "de",
    "BR": "pt",
    "CL": "es",
    "CO": "es",
    "CZ": "cs",
    "DE": "de",
    "DK": "da",
    "ES": "es",
    "FI": "fi",
    "FR": "fr",
    "HU": "hu",
    "ID": "id",
    "IT": "it",
    "MX": "es",
    "NL": "nl",
    "NO": "no",
    "PE": "es",
    "PL": "pl",
    "PT": "pt",
    "RO": "ro",
    "SE": "sv",
    "TR": "tr",
    "VN": "vi",
}
"""The language of countries that write it in Latin letters and have one above all others."""


def write(query: Query) -> Ask:
    """The query, as a search whose results come with their addresses and their first sentences."""
    return Ask(
        "/w/api.php",
        {
            "action": "query",
            "format": "json",
            "formatversion": "2",
            "generator": "search",
            "gsrsearch": query.words,
            "gsrlimit": str(query.max_results),
            "prop": "info|extracts",
            "inprop": "url",
            "exintro": "1",
            "explaintext": "1",
            "exlimit": "max",
            "exchars": str(min(most_characters(query), MOST_CHARACTERS)),
        },
        language=language_of(query),
    )


def language_of(query: Query) -> str:
    """The language to search in: that of the words' script, or that of the country, or English."""
    names = [unicodedata.name(letter, "") for letter in query.words if letter.isalpha()]
    written = next((code for script, code in SCRIPTS.items() if any(name.startswith(script) for name in names)), "")
    return written or COUNTRIES.get(country_of(query), "en")


def read(answer: JsonObject) -> Sequence[Hit]:
    """The articles, in the order of the search, which is not that of the list."""
    if "error" in answer:
        code = text_in(object_of(answer["error"]), "code")
        raise SearchFailed("wikipedia", "rate_limited" if code == "ratelimited" else "unavailable")
    pages = sorted(objects_in(answer, "query", "pages"), key=place)
    return [Hit(text_in(page, "fullurl"), text_in(page, "title"), text_in(page, "extract")) for page in pages]


def place(page: JsonObject) -> float:
    """Where an article stands among the results; one that does not say so comes last."""
    index = page.get("index")
    return index if isinstance(index, int | float) else float("inf")


WIKIPEDIA = Dialect(write, read)
