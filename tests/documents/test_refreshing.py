"""Keeping an index fresh: only what has changed is read, and what is gone is forgotten."""

import os
import stat
from contextlib import closing
from pathlib import Path

import pytest

from fuseline.documents.folders import add_folder, meant
from fuseline.documents.index import Index
from fuseline.documents.refresh import Refreshed
from fuseline.documents.survey import Choice
from fuseline.types.errors import InvalidRequest, NotFound
from tests.documents.papers import Library, indexed
from tests.requirements import requirement

pytestmark = pytest.mark.anyio


def counted(done: Refreshed) -> tuple[int, int, int, int]:
    """New, changed, unchanged, gone."""
    return done.new, done.changed, done.unchanged, done.gone


@requirement("ours:documents-fresh")
async def test_a_second_look_reads_what_has_changed_and_forgets_what_is_gone(library: Library):
    library.write({"a.md": "An apple.", "b.md": "A banana.", "c.md": "A cherry."})
    assert counted(await library.add()) == (3, 0, 0, 0)
    assert counted(await library.add()) == (0, 0, 3, 0)
    library.write({"a.md": "An apricot.", "d.md": "A date."})
    (library.folder / "b.md").unlink()
    os.utime(library.folder / "c.md", (1, 1))
    assert counted(await library.add()) == (1, 1, 1, 1)
    assert [await library.found(word) for word in ("apple", "apricot", "banana", "cherry", "date")] == [
        [], ["doc:papers/a.md"], [], ["doc:papers/c.md"], ["doc:papers/d.md"],
    ]  # fmt: skip
    assert counted(await library.add(anew=True)) == (0, 3, 0, 0)


@requirement("ours:documents-fresh")
async def test_a_file_whose_size_and_time_are_as_they_were_is_not_opened(library: Library):
    library.write({"a.md": "An apple."})
    os.utime(library.folder / "a.md", (1, 1))
    await library.add()
    library.write({"a.md": "A grape.."})
    os.utime(library.folder / "a.md", (1, 1))
    await library.add()
    assert await library.found("apple") == ["doc:papers/a.md"]


@requirement("ours:documents-fresh")
async def test_a_file_that_was_written_just_now_is_looked_at_again(library: Library):
    library.write({"a.md": "An apple."})
    await library.add()
    status = (library.folder / "a.md").stat()
    library.write({"a.md": "A grape.."})
    os.utime(library.folder / "a.md", ns=(status.st_atime_ns, status.st_mtime_ns))
    await library.add()
    assert await library.found("grape") == ["doc:papers/a.md"]


@requirement("ours:documents-fresh")
async def test_a_folder_that_is_out_of_reach_keeps_its_documents(library: Library):
    library.write({"a.md": "An apple."})
    await library.add()
    with closing(Index(library.index)) as index:
        (folder,) = index.folders()
    library.folder.rename(library.home / "elsewhere")
    with closing(Index(library.index)) as index:
        from fuseline.documents.refresh import refresh
        from fuseline.pages.workshop import open_workshop

        async with open_workshop() as workshop:
            done = await refresh(index, folder, workshop, lambda done, total: None)
    assert (counted(done), [problem.reason for problem in done.problems]) == (
        (0, 0, 0, 0), ["this folder cannot be read"],
    )  # fmt: skip
    assert await library.found("apple") == ["doc:papers/a.md"]


@requirement("ours:documents-fresh")
async def test_only_what_is_wanted_is_read_and_the_wish_is_remembered(library: Library):
    library.write(
        {"a.md": "one", "b.txt": "two", "drafts/c.md": "three", "keep/drafts.md": "four", "keep/d.md": "five"}
    )
    done = await library.add(Choice(("*.md",), ("drafts", "keep/d*.md")))
    assert (done.new, dict(done.skipped)) == (1, {"not included": 1, "excluded": 3})
    assert counted(await library.add()) == (0, 0, 1, 0)
    assert counted(await library.add(Choice(("*.txt",)))) == (1, 0, 0, 1)


@requirement("ours:documents-fresh")
async def test_folders_of_one_collection_do_not_mix_up_their_documents(library: Library):
    for place in ("one/notes", "two/notes", "notes"):
        library.write({f"{place}/a.md": f"A thing of {place.replace('/', ' and ')}."})
        await library.add(folder=library.folder / place, collection="notes")
    assert sorted(await library.found("thing")) == [
        "doc:notes/a.md", "doc:notes/notes-2/a.md", "doc:notes/notes/a.md",
    ]  # fmt: skip


@requirement("ours:documents-fresh")
async def test_what_cannot_be_added_is_refused_in_a_sentence(library: Library):
    library.write({"sub/a.md": "one"})
    with closing(Index(library.index)) as index:
        add_folder(index, library.folder, "all", Choice())
        for folder, collection, sentence in (
            (library.folder / "sub", "all", "has the documents of"),
            (library.folder / "none", "", "there is no folder"),
            (library.folder / "sub" / "a.md", "", "there is no folder"),
            (library.folder, "a/b", "cannot be called"),
        ):
            with pytest.raises(InvalidRequest, match=sentence):
                add_folder(index, folder, collection, Choice())
        with pytest.raises(NotFound):
            meant(index, ["nobody"])
        assert [one.collection for one in meant(index, [str(library.folder)])] == ["all"]


@requirement("ours:documents-fresh")
async def test_nothing_of_a_removed_collection_stays_in_the_file(tmp_path: Path):
    library = await indexed(tmp_path, {"a.md": "The password is xyzzyplugh. " * 50, "b.md": "Another xyzzyplugh."})
    with closing(Index(library.index)) as index:
        index.forget(index.folders()[0])
        assert (index.folders(), index.figures()) == ([], {})
    assert b"xyzzyplugh" not in library.raw()


@requirement("ours:documents-fresh")
async def test_nothing_of_a_file_that_is_gone_stays_in_the_index(tmp_path: Path):
    library = await indexed(tmp_path, {"a.md": "The password is xyzzyplugh. " * 50, "b.md": "Another thing."})
    (library.folder / "a.md").unlink()
    await library.add()
    assert b"xyzzyplugh" not in library.raw()


@requirement("ours:documents-fresh")
async def test_the_index_is_for_its_owner_alone(tmp_path: Path):
    library = await indexed(tmp_path / "home", {"a.md": "one"})
    async with library.opened():
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in library.home.glob("documents.db*")}
    assert set(modes.values()) == {0o600}
