"""Every format becomes a title and text that is found; DOCX with its headings, lists, tables and notes."""

from pathlib import Path

import pytest

from bench.papers import WORD, docx_of, docx_with, html_of, pdf_of
from fuseline.documents.docx import extract_docx
from fuseline.documents.formats import decoded
from tests.documents.papers import Library, indexed
from tests.requirements import requirement

pytestmark = pytest.mark.anyio

SECTIONS = [("Tenancy of the barn", ["The notice period is three months, to the end of a quarter. " * 4])]


@requirement("ours:documents")
async def test_every_format_is_found_by_its_text_and_called_by_its_title(tmp_path: Path):
    library = await indexed(
        tmp_path,
        {
            "a.md": "---\ntitle: The barn, front\n---\nThe notice period is three months.\n",
            "b.txt": "The notice period is three months.",
            "c.rst": "===========\nBarn in rst\n===========\n\nThe notice period is three months.\n",
            "d.html": html_of(SECTIONS),
            "e.pdf": pdf_of(SECTIONS),
            "f.docx": docx_of(SECTIONS, "Barn in docx"),
            "g.py": '"""The notice period."""\nMONTHS = 3\n',
        },
    )
    found = {hit.url: hit.title for hit in await library.find("notice periods", most=25)}
    assert found == {
        "doc:papers/a.md": "The barn, front",
        "doc:papers/b.txt": "b",
        "doc:papers/c.rst": "Barn in rst",
        "doc:papers/d.html": "Tenancy of the barn",
        "doc:papers/e.pdf": "e",
        "doc:papers/f.docx": "Barn in docx",
        "doc:papers/g.py": "g",
    }
    async with library.opened() as documents:
        for address in found:
            page = await documents.read(address, ("papers",))
            assert "notice period" in page.text, address


@requirement("ours:documents")
async def test_a_docx_keeps_headings_lists_tables_and_notes():
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    row = f"<w:tr>{cell.format('Rent')}{cell.format('900')}</w:tr>"
    body = (
        '<w:p><w:pPr><w:pStyle w:val="berschrift2"/></w:pPr><w:r><w:t>Miete</w:t></w:r></w:p>'
        "<w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>first</w:t></w:r></w:p>"
        f"<w:tbl>{row}</w:tbl>"
        "<w:p><w:r><w:t>kept</w:t><w:delText>struck out</w:delText><w:tab/><w:t>on</w:t></w:r></w:p>"
    )
    style = '<w:style w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>'
    note = "<w:footnote><w:p><w:r><w:t>A note.</w:t></w:r></w:p></w:footnote>"
    made = docx_with(
        {
            "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
            "word/styles.xml": f'<w:styles xmlns:w="{WORD}">{style}</w:styles>',
            "word/footnotes.xml": f'<w:footnotes xmlns:w="{WORD}">{note}</w:footnotes>',
        }
    )
    assert extract_docx(made).text.split("\n") == [
        "## Miete", "", "- first", "Rent | 900", "", "kept\ton", "", "A note.",
    ]  # fmt: skip


@requirement("ours:documents")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_text_is_read_in_the_encodings_that_files_have(encoding: str):
    assert decoded("Größe: 5 €".encode(encoding)) == "Größe: 5 €"


@requirement("ours:documents")
async def test_a_language_with_its_own_letters_is_found_whatever_the_ending(library: Library):
    library.write(
        {
            "de.md": "# Mietvertrag\n\nDie Kündigungsfristen betragen drei Monate. Die Straße ist lang.",
            "ru.md": "# Договор\n\nАрендатор обязуется вносить арендную плату ежемесячно.",
            "zh.md": "# 机器学习\n\n深度学习的应用非常广泛。北京大学的研究人员发表了论文。",
            "ja.md": "# 契約\n\nこの契約はAI機械翻訳サービスの利用について定めます。",
            "th.md": "# สัญญา\n\nผู้เช่าต้องชำระค่าเช่าทุกเดือน",
            "ko.md": "# 계약\n\n임차인은 매월 임대료를 지급하여야 한다.",
        }
    )
    await library.add()
    asked = {
        "de": ("Kündigungsfrist", "kundigungsfristen", "Strasse"),
        "ru": ("арендатора", "АРЕНДНАЯ плата"),
        "zh": ("研究", "北京大学", "人工智能应用"),
        "ja": ("機械翻訳", "サービス", "AI"),
        "th": ("ค่าเช่า",),
        "ko": ("임대료", "임차인이"),
    }
    for language, questions in asked.items():
        for question in questions:
            assert (await library.found(question))[:1] == [f"doc:papers/{language}.md"], question
