"""The engine `local`: private documents, searched as the web is."""

from fuseline.documents.excerpts import CHARACTERS, SIZES, excerpt
from fuseline.documents.shelf import Shelf
from fuseline.search.base import Found, Hit, Query, SearchFailed
from fuseline.types.errors import FuselineError

NAME = "local"


class LocalEngine:
    """Searches the collections that a query names, and no other; one that names none finds nothing."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    @property
    def name(self) -> str:
        """The name by which requests and settings choose it."""
        return NAME

    async def search(self, query: Query) -> Found:
        """Search. Each document is one hit, however many of its passages were found.

        :raises SearchFailed: when the index cannot be read.
        """
        try:
            there = await self._shelf.collections()
            matches = await self._shelf.search(query.words, query.collections, query.max_results)
        except FuselineError as error:
            raise SearchFailed(NAME, "unavailable", error.message) from error
        most = query.max_characters or SIZES.get(query.context_size, CHARACTERS)
        hits = (Hit(one.address, one.title, excerpt(one.passages, query.words, most)) for one in matches)
        missing = [name for name in query.collections if name not in there]
        return Found(NAME, tuple(hits), warnings=tuple(f"there is no collection {name}" for name in missing))
