"""A folder of documents and its index, as tests fill and search them."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from fuseline.documents.folders import add_folder
from fuseline.documents.index import Index
from fuseline.documents.opening import Documents, open_documents
from fuseline.documents.refresh import Refreshed, refresh
from fuseline.documents.survey import Choice
from fuseline.pages.workshop import open_workshop
from fuseline.search.base import Hit, Query

CLOCK_S = 20.0


@dataclass(frozen=True, slots=True)
class Library:
    """A place for folders, with one index."""

    home: Path

    @property
    def index(self) -> Path:
        """Where the index is."""
        return self.home / "documents.db"

    @property
    def folder(self) -> Path:
        """The folder that tests fill."""
        return self.home / "papers"

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Put files into the folder."""
        for name, content in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)

    def raw(self) -> bytes:
        """All that is in the files of the index."""
        return b"".join(path.read_bytes() for path in self.home.glob("documents.db*"))

    async def add(
        self, choice: Choice | None = None, folder: Path | None = None, collection: str = "", *, anew: bool = False
    ) -> Refreshed:
        """Index a folder, this one unless told."""
        with closing(Index(self.index)) as index:
            (remembered, *_) = add_folder(index, folder or self.folder, collection, choice or Choice())
            async with open_workshop(5, CLOCK_S) as workshop:
                return await refresh(index, remembered, workshop, lambda done, total: None, anew=anew)

    async def find(self, words: str, *collections: str, most: int = 5) -> list[Hit]:
        """What a search finds, in all collections unless told."""
        async with self.opened() as documents:
            query = Query(words, most, collections=collections or await documents.collections())
            return list((await documents.engine.search(query)).hits)

    async def found(self, words: str) -> list[str]:
        """The addresses of what a search finds."""
        return [hit.url for hit in await self.find(words)]

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[Documents]:
        """The index, open to be searched."""
        async with open_documents(self.index) as documents:
            assert documents is not None
            yield documents


async def indexed(home: Path, files: Mapping[str, str | bytes]) -> Library:
    """A library with these files in its folder, and in its index."""
    library = Library(home)
    library.write(files)
    await library.add()
    return library
