"""Folders that are remembered: which collection a new one belongs to, and which of them somebody means."""

from collections.abc import Iterator, Sequence
from itertools import chain, count
from pathlib import Path

from fuseline.documents.addresses import COLLECTION, collection_for
from fuseline.documents.index import Folder, Index
from fuseline.documents.survey import Choice
from fuseline.types.errors import InvalidRequest, NotFound

PARAM = "documents"
"""What refusals are about."""


def add_folder(index: Index, given: Path, collection: str, choice: Choice) -> list[Folder]:
    """Remember a folder, and return it; without a collection, in all that it is in, or in one that is named after it.

    Where nothing is said of what is wanted of a folder that is known, what was said before holds.

    :raises InvalidRequest: when there is no such folder, or the collection has its documents already.
    """
    path = resolved(given)
    folders = index.folders()
    there = [one.collection for one in folders if one.path == path]
    names = [collection] if collection else there or [collection_for(path.name)]
    return [remembered(index, folders, path, name, choice) for name in names]


def resolved(given: Path) -> Path:
    """Where a folder really is."""
    path = given.expanduser().resolve()
    if not path.is_dir():
        raise InvalidRequest(f"there is no folder {given}", PARAM)
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise InvalidRequest("the name of this folder is no text", PARAM) from None
    return path


def remembered(index: Index, folders: Sequence[Folder], path: Path, collection: str, choice: Choice) -> Folder:
    """A folder as it is kept in a collection."""
    if not COLLECTION.fullmatch(collection):
        raise InvalidRequest(
            f"a collection cannot be called {collection[:80]}: its name has letters, digits, dots, dashes, 64 at most",
            PARAM,
        )
    beside = [one for one in folders if one.collection == collection]
    same = next((one for one in beside if one.path == path), None)
    for one in beside:
        if one is not same and (one.path in path.parents or path in one.path.parents):
            raise InvalidRequest(f"{collection} has the documents of {one.path} already", PARAM)
    if same is not None:
        return index.remember(collection, path, same.label, choice if choice != Choice() else same.choice)
    return index.remember(collection, path, free_label(path, collection, {one.label for one in beside}), choice)


def free_label(path: Path, collection: str, taken: set[str]) -> str:
    """What the paths of a folder's documents begin with: nothing where the collection is named after it."""
    return next(label for label in labels(path, collection) if label not in taken)


def labels(path: Path, collection: str) -> Iterator[str]:
    """What a folder may be called in its collection, the best first."""
    own = [""] if collection_for(path.name) == collection else []
    name = path.name or "root"
    return chain(own, [name], (f"{name}-{number}" for number in count(2)))


def meant(index: Index, names: Sequence[str]) -> list[Folder]:
    """The folders that are meant: all of a collection, or one by its path; every one where nothing is named.

    :raises NotFound: when there is none of a name.
    """
    folders = index.folders()
    found: list[Folder] = []
    for name in names:
        path = Path(name).expanduser().resolve()
        fitting = [one for one in folders if one.collection == name] or [one for one in folders if one.path == path]
        if not fitting:
            raise NotFound(f"there is no collection and no folder {name[:160]} among the documents", PARAM)
        found += (one for one in fitting if one not in found)
    return found if names else folders
