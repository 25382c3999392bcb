"""Searching: whatever the words, in the collections that are named and no other, and each document once."""

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inline_snapshot import snapshot

from fuseline.documents.connections import open_to_read
from fuseline.documents.index import Index
from fuseline.documents.opening import open_documents
from fuseline.documents.shelf import expression, search
from fuseline.documents.words import MOST, terms_of
from fuseline.pages.base import PageFailed
from fuseline.search.base import Found, Hit, Query, SearchFailed
from fuseline.types.errors import BadConfiguration
from tests.documents.papers import Library, indexed
from tests.requirements import requirement

pytestmark = pytest.mark.anyio

FILES = {
    "barn.md": "# Barn\n\nThe notice period is three months.\n",
    "house (new).md": "# House\n\nRent is due on the first day of a month.\n",
}
HOSTILE = (
    '"', '""', "'", "*", "a*", "NOT", "AND OR NOT", "NEAR(a b)", "title:barn", "{title}:barn", "^barn", "(", "a) OR (b",
    "barn\0rent", "-barn", "+barn", "col : x", "'; DROP TABLE documents; --", "\ud800", "%", "_", "[]", "🙂",
    '"unclosed phrase', "x" * 10_000, "a " * 5_000, "北" * 2_000, "barn" + "\u0301" * 500,
)  # fmt: skip


@requirement("ours:documents-engine")
async def test_a_hit_is_a_document_with_its_address_title_and_passage(tmp_path: Path):
    library = await indexed(tmp_path, FILES)
    async with library.opened() as documents:
        found = await documents.engine.search(Query("When is the rent due?", collections=("papers", "none")))
        page = await documents.read(found.hits[0].url, ("papers",))
    assert found == snapshot(
        Found(
            engine="local",
            hits=(
                Hit(
                    url="doc:papers/house%20%28new%29.md",
                    title="House",
                    excerpt="""\
# House

Rent is due on the first day of a month.\
""",
                ),
                Hit(
                    url="doc:papers/barn.md",
                    title="Barn",
                    excerpt="""\
# Barn

The notice period is three months.\
""",
                ),
            ),
            warnings=("there is no collection none",),
        )
    )
    assert (page.title, page.media_type, page.text) == ("House", "text/markdown", found.hits[0].excerpt)


@requirement("ours:documents-any-words")
async def test_no_words_are_an_error(tmp_path: Path):
    library = await indexed(tmp_path, FILES)
    for words in HOSTILE:
        assert len(await library.find(words)) <= 2, words[:40]
    assert await library.found("barn") == ["doc:papers/barn.md"]


@requirement("ours:documents-any-words")
@given(words=st.text(max_size=200) | st.lists(st.sampled_from(HOSTILE[:-4]), max_size=8).map(" ".join))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
def test_any_text_is_a_search(words: str, empty_index: Path):
    terms = terms_of(words)
    assert len(terms) <= MOST
    connection = open_to_read(empty_index)
    try:
        if terms:
            assert expression(connection, terms)
            search(connection, terms, ("papers",), 5)
    finally:
        connection.close()


@pytest.fixture(scope="module")
def empty_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("index") / "documents.db"
    with closing(Index(path)):
        return path


@requirement("ours:documents-engine")
async def test_only_the_collections_that_are_named_are_searched_and_opened(library: Library):
    library.write({"mine/secret.md": "The treasure lies here.", "ours/plain.md": "The treasure lies there."})
    await library.add(folder=library.folder / "mine")
    await library.add(folder=library.folder / "ours", collection="team")
    async with library.opened() as documents:
        assert await documents.collections() == ("mine", "team")
        for named in ((), ("none",)):
            assert (await documents.engine.search(Query("treasure", collections=named))).hits == ()
        (hit,) = (await documents.engine.search(Query("treasure", collections=("team",)))).hits
        assert hit.url == "doc:team/ours/plain.md"
        with pytest.raises(PageFailed) as refused:
            await documents.read("doc:mine/secret.md", ("team",))
    assert refused.value.shown == "not_found"


@requirement("ours:documents-engine")
async def test_an_address_is_understood_however_it_is_escaped(library: Library):
    name = "Verträge/наём №1 (alt) [x] 100%.md"
    library.write({name: "The treasure."})
    await library.add()
    (hit,) = await library.find("treasure")
    assert hit.url == "doc:papers/Verträge/наём%20%E2%84%961%20%28alt%29%20%5Bx%5D%20100%25.md"
    async with library.opened() as documents:
        for address in (hit.url, f" DOC:papers/{name.replace('%', '%25')} "):
            assert (await documents.read(address, ("papers",))).url == hit.url
        for address in ("doc:papers/nothing.md", "doc:papers", "doc:", "https://papers/a", "doc:../../etc/passwd"):
            with pytest.raises(PageFailed):
                await documents.read(address, ("papers",))


@requirement("ours:documents-engine")
async def test_the_best_comes_first_and_a_long_document_does_not_crowd_out_others(library: Library):
    many = "\n\n".join(f"## Part {number}\n\nThe harvest was {'good ' * 80}" for number in range(60))
    library.write({"long.md": f"# Harvest\n\n{many}", "short.md": "# Other\n\nOn the harvest.", "none.md": "Rain."})
    await library.add()
    hits = await library.find("harvest", most=2)
    assert {hit.url for hit in hits} == {"doc:papers/long.md", "doc:papers/short.md"}
    (long,) = (hit for hit in hits if hit.url == "doc:papers/long.md")
    assert len(long.excerpt) <= 1_600


@requirement("ours:documents-engine")
async def test_an_excerpt_shows_the_words_that_were_looked_for(library: Library):
    library.write({"a.txt": f"{'Much ado. ' * 120} The treasure lies here. {'And more. ' * 10}"})
    await library.add()
    async with library.opened() as documents:
        query = Query("treasures", max_characters=120, collections=("papers",))
        (hit,) = (await documents.engine.search(query)).hits
    assert "treasure lies" in hit.excerpt and len(hit.excerpt) <= 120


@requirement("ours:documents-engine")
async def test_words_that_are_everywhere_do_not_hide_the_one_that_tells(library: Library):
    library.write({f"{number}.md": f"The rent of the house {number}" for number in range(30)})
    library.write({"x.md": "the zebra"})
    await library.add()
    assert (await library.found("the of zebra"))[0] == "doc:papers/x.md"


@requirement("ours:documents-engine")
async def test_where_there_is_no_index_there_are_no_documents(tmp_path: Path):
    async with open_documents(tmp_path / "documents.db") as documents:
        assert documents is None


@requirement("ours:documents-engine")
@pytest.mark.parametrize("content", [b"", b"not a database, but long enough to be looked at" * 40])
async def test_another_file_in_the_place_of_the_index_is_refused(content: bytes, tmp_path: Path):
    (tmp_path / "documents.db").write_bytes(content)
    with pytest.raises(BadConfiguration, match=r"documents\.db .*documents\.path"):
        async with open_documents(tmp_path / "documents.db"):
            pass


@requirement("ours:documents-engine")
async def test_an_index_that_breaks_while_it_is_open_is_a_search_that_failed(tmp_path: Path):
    library = await indexed(tmp_path, FILES)
    async with library.opened() as documents:
        library.index.write_bytes(b"x" * library.index.stat().st_size)
        with pytest.raises(SearchFailed) as failed:
            await documents.engine.search(Query("barn", collections=("papers",)))
        with pytest.raises(PageFailed):
            await documents.read("doc:papers/barn.md", ("papers",))
    assert failed.value.reason == "unavailable"
