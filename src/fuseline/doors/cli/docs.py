"""`fuseline docs`: index folders of private documents, keep the index fresh, and search it as a panel would."""

import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal, TypeAlias

import anyio
from anyio import CancelScope, to_thread

from fuseline.documents.addresses import SCHEME
from fuseline.documents.extraction import CLOCK_S, WORK_S
from fuseline.documents.folders import PARAM, add_folder, meant
from fuseline.documents.index import Folder, Index
from fuseline.documents.opening import Documents, open_documents
from fuseline.documents.reader import is_document
from fuseline.documents.refresh import Refreshed, refresh
from fuseline.documents.survey import Choice, patterns
from fuseline.doors.cli import codes
from fuseline.doors.cli.docs_report import (
    EXCERPT,
    hit_object,
    refreshed_object,
    show_folders,
    show_hits,
    show_refreshed,
    watching,
)
from fuseline.doors.cli.interrupts import stoppable
from fuseline.doors.cli.objects import print_json
from fuseline.doors.cli.terminal import one_line, say
from fuseline.doors.cli.words import count
from fuseline.pages.base import PageFailed
from fuseline.pages.workshop import open_workshop
from fuseline.search.base import Query, SearchFailed
from fuseline.settings.settings import load
from fuseline.types.errors import NotFound, StorageFailed

Verb: TypeAlias = Literal["add", "refresh", "list", "remove", "search", "show"]


def run(
    *,
    verb: Verb,
    config: Path | None,
    as_json: bool,
    folder: Path = Path(),
    collection: str = "",
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    names: Sequence[str] = (),
    anew: bool = False,
    words: str = "",
    collections: Sequence[str] = (),
    most: int = 5,
    address: str = "",
) -> int:
    """Do what the verb says.

    :raises InvalidRequest: when there is no such folder, collection or document.
    :raises BadConfiguration: when the index cannot be used.
    """
    path = load(config).document_index
    match verb:
        case "add":
            choice = Choice(patterns(include), patterns(exclude))
            return anyio.run(add, path, folder, collection, choice, as_json)
        case "refresh":
            return anyio.run(renew, path, names, anew, as_json)
        case "list":
            return list_folders(path, as_json)
        case "remove":
            return remove(path, names, as_json)
        case "search":
            return anyio.run(search, path, words, collections, most, as_json)
        case "show":
            return anyio.run(show, path, address, as_json)


async def add(path: Path, given: Path, collection: str, choice: Choice, as_json: bool) -> int:
    """Remember a folder, and read it."""
    async with opened(path) as index:
        folders = await to_thread.run_sync(add_folder, index, given, collection, choice)
        return await read_folders(index, folders, anew=False, as_json=as_json)


async def renew(path: Path, names: Sequence[str], anew: bool, as_json: bool) -> int:
    """Read again what has changed."""
    async with opened(existing(path)) as index:
        folders = await to_thread.run_sync(meant, index, names)
        return await read_folders(index, folders, anew=anew, as_json=as_json)


@asynccontextmanager
async def opened(path: Path) -> AsyncGenerator[Index]:
    """The index, open to be filled."""
    index = await to_thread.run_sync(Index, path)
    try:
        yield index
    finally:
        with CancelScope(shield=True):
            await to_thread.run_sync(index.close)


async def read_folders(index: Index, folders: Sequence[Folder], *, anew: bool, as_json: bool) -> int:
    """Read folders one after another until a signal comes, and tell what came of each."""
    done: list[Refreshed] = []
    with stoppable() as stop:
        async with open_workshop(WORK_S, CLOCK_S) as workshop:
            for folder in folders:
                with watching(folder) as tell:
                    done.append(await refresh(index, folder, workshop, tell, anew=anew))
                if not as_json:
                    show_refreshed(done[-1])
    if as_json:
        print_json([refreshed_object(one) for one in done])
    if stop.signal:
        say(sys.stderr, "stopped: what was read is kept, and `fuseline docs refresh` goes on from there")
        return stop.exit_code
    return codes.ANSWERED


def list_folders(path: Path, as_json: bool) -> int:
    """List what is remembered."""
    if not path.exists():  # to look at what there is shall not make an index
        show_folders((), {}, as_json=as_json)
        return codes.ANSWERED
    index = Index(path)
    try:
        show_folders(index.folders(), index.figures(), as_json=as_json)
    finally:
        index.close()
    return codes.ANSWERED


def remove(path: Path, names: Sequence[str], as_json: bool) -> int:
    """Take folders out of the index."""
    index = Index(existing(path))
    try:
        folders = meant(index, names)
        figures = index.figures()
        for folder in folders:
            index.forget(folder)
    finally:
        index.close()
    if as_json:
        print_json([{"collection": one.collection, "folder": str(one.path)} for one in folders])
        return codes.ANSWERED
    for one in folders:
        removed = count(figures[one.id].documents if one.id in figures else 0, "document")
        say(sys.stderr, f"{removed} of {one_line(str(one.path))} removed from {one.collection}")
    return codes.ANSWERED


def existing(path: Path) -> Path:
    """Where the index is.

    :raises NotFound: when there is none yet.
    """
    if not path.exists():
        raise NotFound("no folder has been added yet: fuseline docs add FOLDER", PARAM)
    return path


@asynccontextmanager
async def shelf(path: Path) -> AsyncGenerator[Documents]:
    """The index, open to be searched."""
    async with open_documents(existing(path)) as documents:
        assert documents is not None
        yield documents


async def search(path: Path, words: str, collections: Sequence[str], most: int, as_json: bool) -> int:
    """Search, and print what was found."""
    async with shelf(path) as documents:
        chosen = tuple(collections) or await documents.collections()
        try:
            characters = None if as_json else EXCERPT
            found = await documents.engine.search(Query(words, most, characters, collections=chosen))
        except SearchFailed as error:
            raise StorageFailed(str(error)) from error
    for warning in found.warnings:
        say(sys.stderr, one_line(warning))
    if as_json:
        print_json([hit_object(hit) for hit in found.hits])
    else:
        show_hits(found.hits)
    return codes.ANSWERED if found.hits else codes.FAILED


async def show(path: Path, address: str, as_json: bool) -> int:
    """Print a document."""
    async with shelf(path) as documents:
        try:
            whole = address if is_document(address) else f"{SCHEME}{address}"
            page = await documents.read(whole, await documents.collections())
        except PageFailed as error:
            raise NotFound(f"there is no document {one_line(address)[:200]}", PARAM) from error
    if as_json:
        print_json({"url": page.url, "title": page.title, "media_type": page.media_type, "text": page.text})
    else:
        say(sys.stdout, page.text)
    return codes.ANSWERED
