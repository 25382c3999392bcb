"""Hostile folders: bombs, links, pipes and broken files are named, and the rest of the folder is read."""

import os
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.papers import WORD, assembled, docx_of, docx_with
from fuseline.documents import docx, survey
from fuseline.documents.docx import NotDocx, extract_docx
from tests.documents.papers import Library
from tests.requirements import requirement

pytestmark = pytest.mark.anyio

TEXT = f'<w:document xmlns:w="{WORD}"><w:body><w:p><w:r><w:t>{{}}</w:t></w:r></w:p></w:body></w:document>'
ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "boom"}">' for n in range(9))
HOSTILE: dict[str, Callable[[], bytes]] = {
    "bomb.docx": lambda: docx_with({"word/document.xml": f"{TEXT.format('')}{' ' * (5 << 20)}"}),
    "endless.docx": lambda: docx_with({"word/document.xml": TEXT.format("a" * 1_100_000)}),
    "entities.docx": lambda: docx_with({"word/document.xml": f"<!DOCTYPE x [{ENTITIES}]>{TEXT.format('&e8;')}"}),
    "outside.docx": lambda: docx_with(
        {"word/document.xml": f'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>{TEXT.format("&e;")}'}
    ),
    "unclosed.docx": lambda: docx_with({"word/document.xml": "<w:document" * 100}),
    "partless.docx": lambda: docx_with({"other.xml": ""}),
    "nozip.docx": lambda: b"PK\x03\x04 nothing else",
    "deep.html": lambda: b"<div>" * 20_000,
    "bomb.pdf": lambda: bomb_pdf(),
    "broken.pdf": lambda: b"%PDF-1.7\n" + b"1 0 obj <<" * 1000,
}


def bomb_pdf() -> bytes:
    """A page whose content unpacks to much more than anybody reads."""
    packed = zlib.compress(bytes(80 << 20), 1)
    head = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream"
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>",
            head % (len(packed), packed),
        ]
    )


@requirement("ours:documents-any-file")
async def test_a_hostile_file_is_named_and_the_others_are_read(library: Library, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(docx, "PART_BYTES", 4 << 20)
    monkeypatch.setattr(docx, "TEXT_CHARACTERS", 1_000_000)
    library.write({name: make() for name, make in HOSTILE.items()})
    library.write({"good.md": "The treasure lies here.", "good.docx": docx_of([("Treasure", ["It lies there."])])})
    done = await library.add()
    assert (done.new, {problem.path for problem in done.problems}) == (2, set(HOSTILE))
    assert all("\n" not in problem.reason and "passwd" not in problem.reason for problem in done.problems)
    assert sorted(await library.found("treasure")) == ["doc:papers/good.docx", "doc:papers/good.md"]
    assert await library.found("root daemon boom") == []
    again = await library.add()
    assert (again.unchanged, len(again.problems)) == (2, len(HOSTILE))


@requirement("ours:documents-any-file")
async def test_what_is_no_document_is_passed_over_with_its_reason(library: Library, tmp_path: Path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.md").write_text("The treasure lies here.")
    library.write(
        {"good.md": "one", ".hidden.md": "two", ".git/config": "x", "photo.jpg": b"\xff\xd8\0\0", "empty.md": ""}
    )
    library.write({"large.txt": b"a " * (3 << 20), os.fsdecode(b"na\xffme.md"): "three"})
    (library.folder / "folder").symlink_to(tmp_path / "outside")
    (library.folder / "file.md").symlink_to(tmp_path / "outside" / "secret.md")
    (library.folder / "loop").symlink_to(library.folder)
    os.mkfifo(library.folder / "pipe.md")
    done = await library.add()
    assert (done.new, done.problems) == (1, ())
    assert dict(done.skipped) == {
        "hidden": 2, "binary": 1, "empty": 1, "too large": 1, "links": 3, "neither files nor folders": 1,
        "names that are no text": 1,
    }  # fmt: skip
    assert await library.found("treasure") == []
    assert (await library.add()).skipped == done.skipped


@requirement("ours:documents-any-file")
@given(st.binary(max_size=300), st.integers(0, 400))
def test_a_damaged_docx_is_refused_or_read_and_nothing_else(noise: bytes, place: int):
    whole = docx_of([("A", ["b c"])])
    try:
        assert isinstance(extract_docx(whole[:place] + noise + whole[place + len(noise) :]).text, str)
    except NotDocx:
        pass


@requirement("ours:documents-any-file")
def test_a_docx_of_too_many_parts_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(docx, "ENTRIES", 3)
    with pytest.raises(NotDocx, match="parts"):
        extract_docx(docx_of([("A", ["b"])]))


@requirement("ours:documents-any-file")
async def test_a_file_that_cannot_be_opened_is_read_once_it_can(library: Library, monkeypatch: pytest.MonkeyPatch):
    library.write({"a.md": "An apple."})
    with monkeypatch.context() as shut:
        shut.setattr(survey, "OPEN_FLAGS", survey.OPEN_FLAGS | os.O_DIRECTORY)
        done = await library.add()
    assert [problem.path for problem in done.problems] == ["a.md"]
    assert (await library.add()).new == 1
