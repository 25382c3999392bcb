"""The research of a run: everything once, only what was seen, no secret in a query, and each lookup on record."""

from collections.abc import Awaitable, Callable

import anyio
import pytest

from fuseline.pages.base import Page, PageFailed
from fuseline.search.base import Hit, Query, SearchFailed
from fuseline.tools.research import Research
from fuseline.types.deliberation import Source
from fuseline.types.domains import ANYWHERE, domain_rules
from tests.requirements import requirement
from tests.tools.shelf import OTHER, SEAT, Log, Shelf, both, down, research

pytestmark = pytest.mark.anyio

A = "https://a.example/page"
PAGES = {A: "See https://b.example/x?q=1, and [more](https://c.example/A_(b)).", "https://b.example/x?q=1": "Deep."}
HITS = (Hit("https://h.example/1", "One", "It says https://i.example/2."), Hit("https://h.example/2", "Two"))


async def verdict(look: Callable[[], Awaitable[Page]]) -> str:
    """How a page was refused; its address where it was read."""
    try:
        return (await look()).url
    except PageFailed as failure:
        return failure.verdict


async def read(run: Research, url: str) -> str:
    """How a page was refused; its address where it was read."""
    return await verdict(lambda: run.fetch(SEAT, url, ANYWHERE))


@requirement("ours:looked-up-once")
async def test_a_page_that_two_ask_for_at_once_is_read_once_and_both_lookups_are_on_record():
    shelf, log = Shelf(PAGES, gate=anyio.Event()), Log()
    run = research(shelf, A, log=log)

    async def open_the_gate() -> None:
        await anyio.wait_all_tasks_blocked()
        assert shelf.gate is not None
        shelf.gate.set()

    async def ask_twice() -> None:
        await both(lambda: run.fetch(SEAT, A, ANYWHERE), lambda: run.fetch(OTHER, f"{A}#end", ANYWHERE))

    await both(open_the_gate, ask_twice)
    assert shelf.fetched == [A]
    assert log.counts == {("http", "ok"): 1, ("cache", "ok"): 1}
    assert {one.speaker for one in log.lookups} == {SEAT, OTHER}
    assert sorted(one.size for one in log.lookups) == [0, len(PAGES[A])]
    assert {one.sources for one in log.lookups} == {(Source(A, f"Title of {A}"),)}


@requirement("ours:looked-up-once")
async def test_who_waits_for_a_page_takes_over_from_one_who_is_stopped():
    shelf, log = Shelf(PAGES, gate=anyio.Event()), Log()
    run = research(shelf, A, log=log)
    stopped = anyio.CancelScope()

    async def first() -> None:
        with stopped:
            await run.fetch(SEAT, A, ANYWHERE)

    async def stop_the_first() -> None:
        await anyio.wait_all_tasks_blocked()
        stopped.cancel()
        await anyio.wait_all_tasks_blocked()
        assert shelf.gate is not None
        shelf.gate.set()

    async def others() -> None:
        await both(lambda: run.fetch(OTHER, A, ANYWHERE), stop_the_first)

    await both(first, others)
    assert shelf.fetched == [A, A]
    assert log.verdicts == [("http", "cancelled"), ("http", "ok")]


@requirement("ours:looked-up-once")
async def test_a_search_is_made_once_in_a_run_and_its_repetition_costs_nothing():
    shelf, log = Shelf(hits=HITS), Log()
    run = research(shelf, log=log)
    first = await run.search(SEAT, Query("blue  sky"))
    second = await run.search(OTHER, Query("blue sky"))
    await run.search(SEAT, Query("blue sky"), "exa")
    assert first == second
    assert [query.words for query in shelf.searched] == ["blue sky", "blue sky"]
    assert [(one.engine, one.cost, one.size) for one in log.lookups] == [
        ("exa", 7_000_000, 100), ("cache", 0, 0), ("exa", 7_000_000, 100),
    ]  # fmt: skip
    assert log.lookups[1].sources == (Source("https://h.example/1", "One"), Source("https://h.example/2", "Two"))


@requirement("fault:F52")
async def test_a_search_that_failed_may_be_made_again():
    shelf, log = Shelf(failure=down("rate_limited")), Log()
    run = research(shelf, log=log)
    with pytest.raises(SearchFailed):
        await run.search(SEAT, Query("sky"))
    shelf.failure = None
    assert (await run.search(SEAT, Query("sky"))).engine == "exa"
    assert log.verdicts == [("exa", "failed:rate_limited"), ("exa", "ok")]
    assert run.degraded


@requirement("ours:seen-addresses")
async def test_only_addresses_that_were_seen_in_this_run_can_be_read():
    shelf, log = Shelf(PAGES, HITS), Log()
    run = research(shelf, f"Read {A}, please.", log=log)
    b, c, i = "https://b.example/x?q=1", "https://c.example/A_(b)", "https://i.example/2"
    assert await read(run, b) == "blocked:not_in_context"
    assert await read(run, A) == A
    assert (await read(run, b), await read(run, c)) == (b, "failed:http")
    assert await read(run, i) == "blocked:not_in_context"
    await run.search(SEAT, Query("more"))
    assert await read(run, i) == "failed:http"
    assert shelf.fetched == [A, b, c, i]
    assert log.lookups[0].asked == b


SPELT = [
    ("https://a.example/page", "HTTP://A.example:80/page#part", "https://a.example/page"),
    ("http://a.example/page", "https://a.example/page", "http://a.example/page"),
    ("https://a.example/page?utm_source=x&id=7", "https://a.example/page?id=7", "https://a.example/page?utm_source=x&id=7"),
    ("https://a.example/page", "https://a.example/page?utm_source=the-secret-is-9", "https://a.example/page"),
    ("https://a.example/caf%c3%a9", "https://a.example/café", "https://a.example/caf%c3%a9"),
    ("https://bücher.example/", "https://xn--bcher-kva.example", "https://bücher.example/"),
    ("see a.example/page.", "https://a.example/page", "https://a.example/page"),
    ("(https://a.example/x_(y))", "https://a.example/x_(y)", "https://a.example/x_(y)"),
    ("'https://a.example/1','https://a.example/2'", "https://a.example/2", "https://a.example/2"),
    ("[https://a.example/1](https://a.example/2)", "https://a.example/2", "https://a.example/2"),
    ("日本語https://a.example/ページ。次", "https://a.example/%E3%83%9A%E3%83%BC%E3%82%B8", "https://a.example/ページ"),
]  # fmt: skip


@requirement("ours:seen-addresses")
@pytest.mark.parametrize(("said", "asked", "sent"), SPELT)
async def test_an_address_goes_out_as_it_was_seen_however_a_model_spells_it(said: str, asked: str, sent: str):
    shelf = Shelf()
    assert await read(research(shelf, said), asked) == "failed:http"
    assert shelf.fetched == [sent]


UNSEEN = [
    "https://a.example/page?id=8",
    "https://a.example/page?id=7&d=secret",
    "https://a.example/page/",
    "https://a.example:8443/page?id=7",
    "https://x.a.example/page?id=7",
    "https://user@a.example/page?id=7",
    "ftp://a.example/page?id=7",
    "doc:notes/a.md",
    "file:///etc/passwd",
    "https://",
    "nonsense",
]


@requirement("ours:seen-addresses", "fault:F54")
@pytest.mark.parametrize("asked", UNSEEN)
async def test_an_address_that_differs_in_what_its_server_sees_is_refused(asked: str):
    shelf = Shelf()
    run = research(shelf, "me@mail.example wrote https://a.example/page?id=7 and e.g. 3.14")
    assert await read(run, asked) == "blocked:not_in_context"
    assert shelf.fetched == []


@requirement("ours:seen-addresses")
async def test_an_address_longer_than_two_kibibytes_is_refused_though_it_was_seen():
    shelf, long = Shelf(), "https://a.example/" + "x" * 2048
    assert await read(research(shelf, long), long) == "blocked:length"
    assert shelf.fetched == []


async def test_a_run_reads_so_many_pages_and_no_more():
    shelf, log = Shelf(), Log()
    run = research(
        shelf, "https://a.example/1 https://a.example/2 https://a.example/3", log=log, settings={"per_run": 2}
    )
    for number in (1, 2, 1, 3):
        await read(run, f"https://a.example/{number}")
    assert shelf.fetched == ["https://a.example/1", "https://a.example/2"]
    assert log.verdicts[-2:] == [("cache", "failed:http"), ("http", "limit:pages")]


async def test_a_page_is_read_anew_under_other_rules():
    shelf = Shelf(PAGES)
    run = research(shelf, A)
    await run.fetch(SEAT, A, ANYWHERE)
    await run.fetch(SEAT, A, domain_rules(excluded=["z.example"]))
    assert shelf.fetched == [A, A]


@requirement("ours:seen-addresses")
async def test_private_documents_are_read_by_their_reader_once_a_search_has_found_them():
    address = "doc:notes/über%20uns.md"
    shelf = Shelf({address: "Ours."}, (Hit(address, "Us"),), cost=0)
    log = Log()
    run = research(shelf, "doc:notes/other.md", log=log, collections=("notes",), reader=shelf)
    assert await read(run, address) == "blocked:not_in_context"
    await run.search(SEAT, Query("us", collections=("secret",)))
    assert shelf.searched[0].collections == ("notes",)
    assert await read(run, "doc:notes/%C3%BCber%20uns.md") == address
    assert log.verdicts[-1] == ("local", "ok")
    assert await read(run, "doc:notes/other.md") == "blocked:not_in_context"


async def test_all_searches_of_a_run_bring_so_many_results_and_no_more():
    shelf, log = Shelf(hits=HITS), Log()
    run = research(shelf, log=log)
    counts: list[object] = []
    for words in ("one", "two", "three", "one"):
        try:
            counts.append(len((await run.search(SEAT, Query(words), most_in_all=3)).hits))
        except SearchFailed as failure:
            counts.append(failure.reason)
    assert counts == [2, 1, "max_total_results_reached", 2]
    assert [query.max_results for query in shelf.searched] == [3, 1]
    assert log.verdicts[2:] == [("auto", "limit:results"), ("cache", "ok")]


@requirement("fault:F57")
async def test_a_search_that_the_run_cannot_afford_is_not_made():
    shelf, log, left = Shelf(hits=HITS), Log(), [10_000_000]

    def affords(fee: int) -> bool:
        return fee <= left[0]

    run = research(shelf, log=log, affords=affords)
    await run.search(SEAT, Query("one"))
    left[0] = 3_000_000
    with pytest.raises(SearchFailed, match="tool_budget_exhausted"):
        await run.search(SEAT, Query("two"))
    assert len(shelf.searched) == 1
    assert (await run.search(SEAT, Query("one"))).hits
    assert log.verdicts[1] == ("auto", "limit:budget")


def ten_million(fee: int) -> bool:
    """Whether so much is left."""
    return fee <= 10_000_000


@requirement("fault:F57")
async def test_searches_at_the_same_time_are_afforded_together():
    shelf = Shelf(gate=anyio.Event())
    run = research(shelf, affords=ten_million)
    reasons: list[str] = []

    async def search(words: str) -> None:
        try:
            await run.search(SEAT, Query(words))
        except SearchFailed as failure:
            reasons.append(failure.reason)
            assert shelf.gate is not None
            shelf.gate.set()

    await both(lambda: search("one"), lambda: search("two"))
    assert (len(shelf.searched), reasons) == (1, ["tool_budget_exhausted"])


@requirement("ours:looked-up-once")
async def test_a_lookup_that_breaks_is_on_record_and_may_be_tried_again():
    shelf, log = Shelf({A: RuntimeError("ours")}), Log()
    run = research(shelf, A, log=log)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await run.fetch(SEAT, A, ANYWHERE)
    assert (shelf.fetched, log.verdicts) == ([A, A], [("http", "tool_error")] * 2)


async def test_a_long_conversation_is_looked_through_beside_the_loop():
    shelf = Shelf()
    run = research(shelf, "word " * 60_000 + A)
    assert await read(run, A) == "failed:http"
