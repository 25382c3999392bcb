"""Private documents as the gateway has them: an engine that searches them, and a reader that opens them."""

from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread

from fuseline.documents.engine import LocalEngine
from fuseline.documents.reader import DocumentReader
from fuseline.documents.shelf import Shelf
from fuseline.pages.base import Page


@dataclass(frozen=True, slots=True)
class Documents:
    """The index, open to be searched."""

    engine: LocalEngine
    reader: DocumentReader
    shelf: Shelf

    async def read(self, address: str, collections: Collection[str]) -> Page:
        """Read a document of these collections in full, by its address.

        :raises PageFailed: when there is none.
        """
        return await self.reader.read(address, collections)

    async def collections(self) -> tuple[str, ...]:
        """The names of all collections.

        :raises FuselineError: when the index cannot be read.
        """
        return await self.shelf.collections()


@asynccontextmanager
async def open_documents(path: Path) -> AsyncGenerator[Documents | None]:
    """Open the index at a path; it closes with the block. `None` where there is none: nobody has added a folder.

    :raises BadConfiguration: when there is something else at the path.
    """
    if not await to_thread.run_sync(path.exists):
        yield None
        return
    shelf = await to_thread.run_sync(Shelf, path)
    try:
        yield Documents(LocalEngine(shelf), DocumentReader(shelf), shelf)
    finally:
        await to_thread.run_sync(shelf.close)
