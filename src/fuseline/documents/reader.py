"""Opens documents by their address: the whole text, as the index has it. No file is touched."""

from collections.abc import Collection

from fuseline.documents.addresses import SCHEME
from fuseline.documents.shelf import Shelf
from fuseline.pages.base import Page, PageFailed
from fuseline.types.errors import FuselineError


class DocumentReader:
    """Reads documents that were found."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def read(self, address: str, collections: Collection[str]) -> Page:
        """Read a document of these collections. An address may come from anybody, so it opens nothing by itself.

        :raises PageFailed: when there is none at this address in these collections.
        """
        try:
            found = await self._shelf.whole(address)
        except FuselineError as error:
            raise PageFailed("failed:index", "unavailable") from error
        if found is None or found.collection not in collections:
            raise PageFailed("failed:not_found", "not_found")
        cut = "limit:size" if found.problem else ""
        return Page(found.address, found.title, found.text, found.media_type, truncated=cut)


def is_document(address: str) -> bool:
    """Whether an address is that of a private document."""
    return address.strip().lower().startswith(SCHEME)
