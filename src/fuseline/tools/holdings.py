"""Where runs look things up: what all of them share, and the research of each."""

from dataclasses import dataclass

from fuseline.pages.base import Fetcher
from fuseline.search.desk import Desk
from fuseline.tools.research import Reader


@dataclass(frozen=True, slots=True)
class Library:
    """The engines, the way to pages, and private documents where there are any."""

    search: Desk
    fetcher: Fetcher
    reader: Reader | None = None
