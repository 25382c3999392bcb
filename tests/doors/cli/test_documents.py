"""`fuseline docs` as a process: a folder goes in, is found, kept fresh, and comes out again."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.doors.cli.shell import Shell
from tests.requirements import requirement


@pytest.fixture
def papers(shell: Shell) -> Path:
    """A folder with two documents, and one file that cannot be read."""
    folder = shell.folder / "papers"
    folder.mkdir()
    (folder / "barn.md").write_text("# The barn\n\nThe notice period is three months.\n")
    (folder / "house.txt").write_text("The rent of the house is due monthly.\n")
    (folder / "broken.docx").write_bytes(b"PK nothing")
    (folder / ".hidden").write_text("x")
    return folder


@requirement("ours:cli-docs")
def test_a_folder_is_added_found_shown_refreshed_and_removed(shell: Shell, papers: Path):
    added = shell.run("docs", "add", "papers")
    assert (added.returncode, added.stdout) == (0, "")
    assert added.stderr == (
        f"papers: 2 documents of {papers}: 2 new, 0 changed, 0 unchanged, 0 gone\n"
        "passed over: 1 hidden\n"
        "problem: broken.docx: it is damaged, encrypted or no DOCX at all\n"
    )
    found = shell.run("docs", "search", "notice", "periods")
    assert found.stdout.startswith("1. The barn\n   doc:papers/barn.md\n   # The barn The notice period is")
    assert shell.run("docs", "show", "doc:papers/barn.md").stdout == (papers / "barn.md").read_text()
    (papers / "house.txt").unlink()
    (papers / "barn.md").write_text("# The barn\n\nThe notice period is a year.\n")
    assert "0 new, 1 changed, 0 unchanged, 1 gone" in shell.run("docs", "refresh").stderr
    removed = shell.run("docs", "remove", "papers")
    assert (removed.returncode, removed.stderr) == (0, f"1 document of {papers} removed from papers\n")
    assert (papers / "barn.md").exists()
    gone = shell.run("docs", "search", "notice")
    assert (gone.returncode, gone.stdout, gone.stderr) == (1, "", "nothing was found\n")


@requirement("ours:cli-docs")
def test_scripts_get_json(shell: Shell, papers: Path):
    added = shell.run("docs", "add", "papers", "--collection", "farm", "--include", "*.md", "--json")
    assert json.loads(added.stdout) == [
        {
            "collection": "farm", "folder": str(papers), "documents": 1, "new": 1, "changed": 0, "unchanged": 0,
            "gone": 0, "skipped": {"hidden": 1, "not included": 2}, "problems": [],
        }
    ]  # fmt: skip
    (listed,) = json.loads(shell.run("docs", "list", "--json").stdout)
    assert (listed["collection"], listed["documents"], listed["include"]) == ("farm", 1, ["*.md"])
    (hit,) = json.loads(shell.run("docs", "search", "notice", "--collection", "farm", "--json").stdout)
    assert (hit["url"], hit["title"]) == ("doc:farm/papers/barn.md", "The barn")
    shown = json.loads(shell.run("docs", "show", "farm/papers/barn.md", "--json").stdout)
    assert shown["text"] == (papers / "barn.md").read_text().strip()
    assert "COLLECTION" in shell.run("docs", "list").stdout
    index = Path(os.environ["FUSELINE_HOME"]) / "documents.db"
    assert stat.S_IMODE(index.stat().st_mode) == 0o600


@requirement("ours:cli-docs")
@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("add", "nowhere"), 2, "there is no folder nowhere"),
        (("refresh",), 1, "no folder has been added yet: fuseline docs add FOLDER"),
        (("search", "x"), 1, "no folder has been added yet: fuseline docs add FOLDER"),
        (("remove", "x"), 1, "no folder has been added yet: fuseline docs add FOLDER"),
    ],
)
def test_what_cannot_be_done_is_said_with_what_to_do_next(
    shell: Shell, arguments: tuple[str, ...], code: int, sentence: str
):
    done = shell.run("docs", *arguments)
    assert (done.returncode, done.stderr) == (code, f"fuseline: {sentence}\nnext: fuseline docs list\n")
    assert shell.run("docs", "list").stderr == "no folder has been added yet: fuseline docs add FOLDER\n"


@requirement("ours:cli-docs")
def test_names_that_nobody_added_are_refused(shell: Shell, papers: Path):
    shell.run("docs", "add", "papers")
    for arguments, sentence in (
        (("remove", "nobody"), "there is no collection and no folder nobody among the documents"),
        (("show", "papers/none.md"), "there is no document papers/none.md"),
    ):
        done = shell.run("docs", *arguments)
        assert (done.returncode, done.stderr.splitlines()[0]) == (1, f"fuseline: {sentence}")


@requirement("ours:cli-docs")
def test_an_interrupt_keeps_what_was_read(shell: Shell, papers: Path):
    for number in range(3_000):
        (papers / f"{number}.md").write_text(f"Apple {number}")
    with shell.start("docs", "add", "papers") as process:
        index = Path(os.environ["FUSELINE_HOME"]) / "documents.db-wal"
        while not index.exists() or index.stat().st_size < 200_000:
            assert process.poll() is None
        process.terminate()
        _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (
        143, "stopped: what was read is kept, and `fuseline docs refresh` goes on from there\n",
    )  # fmt: skip
    (listed,) = json.loads(shell.run("docs", "list", "--json").stdout)
    assert 0 < listed["documents"] < 3_000


@requirement("ours:cli-docs")
def test_on_a_terminal_progress_is_drawn_and_gone_at_the_end(shell: Shell, papers: Path):
    code, drawn = shell.on_terminal("docs", "add", "papers")
    assert code == 0
    assert "3/3" in drawn and "2 new" in drawn
