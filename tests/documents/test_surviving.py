"""Two processes and a sudden end: an index is searched while it is filled, and is whole wherever filling stopped."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

import anyio.lowlevel
import pytest
from anyio import fail_after

from tests.documents.papers import Library
from tests.requirements import requirement

pytestmark = pytest.mark.anyio

FILES = 1_000
FILLS = """
import sys
from contextlib import closing
from pathlib import Path
import anyio
from fuseline.documents import reading
from fuseline.documents.folders import add_folder
from fuseline.documents.index import Index
from fuseline.documents.refresh import refresh
from fuseline.documents.survey import Choice
from fuseline.pages.workshop import open_workshop
reading.COMPANY_S = 0.001
async def main():
    with closing(Index(Path(sys.argv[1]))) as index:
        (folder,) = add_folder(index, Path(sys.argv[2]), "", Choice())
        async with open_workshop() as workshop:
            await refresh(index, folder, workshop, lambda done, total: print(done, flush=True))
anyio.run(main)
"""


@contextmanager
def filling(library: Library) -> Generator["subprocess.Popen[str]"]:
    """A process that fills the index from the folder, and prints how far it is."""
    command = [sys.executable, "-c", FILLS, str(library.index), str(library.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def filled(library: Library) -> Library:
    library.write({f"{number}.md": f"# Apple {number}\n\nThe harvest of {number}." for number in range(FILES)})
    return library


@requirement("ours:documents-survive")
async def test_an_index_is_searched_while_another_process_fills_it(filled: Library):
    with filling(filled) as process:
        assert process.stdout is not None and process.stdout.readline()
        searches = 0
        with fail_after(20):
            async with filled.opened() as documents:
                while process.poll() is None:
                    assert await filled.find("harvest", most=3)
                    searches += 1
                    await anyio.lowlevel.checkpoint()
                assert await documents.collections() == ("papers",)
        assert (process.returncode, searches > 0) == (0, True)
    assert await filled.found(f"apple {FILES - 1}") != []


@requirement("ours:documents-survive")
async def test_an_index_is_whole_after_a_kill_and_the_next_look_goes_on(filled: Library):
    reached = 0
    for lines in (1, 2):
        with filling(filled) as process:
            assert process.stdout is not None
            heard = [process.stdout.readline() for _ in range(lines)]
            process.send_signal(signal.SIGKILL)
        assert heard[-1].strip()
        assert sound(filled.index)
        assert reached < written(filled.index) < FILES
        reached = written(filled.index)
    done = await filled.add()
    assert (done.new + done.unchanged, done.unchanged >= reached) == (FILES, True)
    assert sound(filled.index)
    assert await filled.found(f'"apple {FILES - 1}"') != []


def sound(index: Path) -> bool:
    """Whether the file is in order, and the table of words is in step with the passages."""
    with closing(sqlite3.connect(index)) as connection:
        connection.execute("INSERT INTO passages (passages) VALUES ('integrity-check')")
        kept = connection.execute("SELECT sum(passages) FROM documents").fetchone()
        there = connection.execute("SELECT count(*) FROM passages").fetchone()
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",) and kept == there


def written(index: Path) -> int:
    """How many documents are in the index."""
    with closing(sqlite3.connect(index)) as connection:
        return connection.execute("SELECT count(*) FROM documents").fetchone()[0]
