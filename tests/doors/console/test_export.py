"""A run as a file: what it tells, and what it can never do to whoever opens it."""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from inline_snapshot import snapshot

from fuseline.doors.console.exports.links import footnoted, is_link
from fuseline.doors.console.exports.markdown import plain, write_markdown
from fuseline.doors.console.exports.page import write_page
from fuseline.doors.console.exports.prose import LONGEST, MOST_BRACKETS, write_prose
from fuseline.doors.console.exports.sheet import UNKEPT, sheet_of
from fuseline.doors.console.views import Shown
from fuseline.storage.base import Marks
from fuseline.types.deliberation import Analysis, Claim, Contradiction, PanelAnswer, Report, Source, Stance
from fuseline.types.replies import Citation, Reply, Usage
from fuseline.types.runs import Call, Lookup, Run, Speaker
from tests.doors.console.page import open_page
from tests.requirements import requirement
from tests.storage.fusions import Fusion
from tests.storage.records import BORN

pytestmark = [pytest.mark.anyio, requirement("ours:export")]
HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</title></style></textarea><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>",
    "<math><mtext></p><img src=x onerror=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<details open ontoggle=alert(1)>",
    "<style>@import 'http://evil.test/x'</style>",
    "<meta http-equiv=refresh content='0;url=http://evil.test'>",
    "<base href=http://evil.test/><form action=//evil.test><input autofocus onfocus=alert(1)>",
    "<!--><script>alert(1)</script>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<p/onclick=alert(1)>x",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox)",
    "[x](file:///etc/passwd)",
    "[x](//evil.test)",
    '[x](http://evil.test/"onmouseover=alert(1))',
    "[x](<http://evil.test/' onmouseover=alert(1)>)",
    '[x](http://evil.test "t\\" onmouseover=alert(1)")',
    "![x](http://evil.test/beacon.png)",
    "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
    "![<img src=x onerror=alert(1)>](http://evil.test/a.png)",
    "[![x](http://evil.test/a.png)](javascript:alert(1))",
    "<javascript:alert(1)>",
    "<http://evil.test/?<script>>",
    "[x]: javascript:alert(1)\n\n[x]",
    '```"><script>alert(1)</script>\nx\n```',
    '```x" onload=alert(1)\nx\n```',
    "`<img src=x onerror=alert(1)>`",
    "\n\n| <img src=x onerror=alert(1)> | [x](javascript:alert(1)) |\n|:-:|-:|\n| <script> | x |",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "\ue0001\ue001\ue000<script>\ue001\ue000999\ue001",
    "$policy ${style} $title $$ $",
    "\x00<scr\x00ipt>alert(1)</script>",
    "\u202e<script>\u2066alert(1)",
    "\ud800<script>alert(1)</script>",
)
PLACES = (
    "id", "title", "prompt", "preset", "parent", "seat", "analyst", "writer", "error", "degraded", "reply", "cited",
    "excerpt", "claim", "quote", "partial", "unique", "topic", "stance", "evidence", "blind", "warning", "said",
    "refusal", "seat_error", "reason", "source", "asked", "engine", "verdict", "found", "served", "call_error",
    "finish",
)  # fmt: skip


def shown(text: str, url: str = "") -> Shown:
    """A run all of whose texts hold this one, each behind the name of its place."""
    at = {place: f"at-{place} {text}" for place in PLACES}
    url = url or text
    source, seats = Source(url, at["source"]), (at["seat"],) * 3
    analysis = Analysis(
        consensus=(Claim("C1", at["claim"], (0, 1), at["quote"], (url,)),),
        contradictions=(Contradiction("X1", at["topic"], (Stance(0, at["stance"], at["evidence"]),), 9),),
        partial_coverage=(Claim("P1", at["partial"], (0,)),),
        unique_insights=(Claim("U1", at["unique"], (7,)),),
        blind_spots=(at["blind"],),
        warnings=(at["warning"],),
    )
    answers = (
        PanelAnswer(0, at["seat"], at["said"], truncated=True, sources=(source,)),
        PanelAnswer(1, at["seat"], refusal=at["refusal"], error=at["seat_error"], reason=at["reason"]),
    )
    panelist, writer = Speaker("panel", at["seat"], 1), Speaker("writer", at["writer"])
    calls = (
        Call("c1", "r", panelist, "lab", at["served"], BORN + 1, duration_s=1.0, error=at["call_error"]),
        Call(
            "c2", "r", writer, "lab", "m", BORN + 2,
            usage=Usage(10, 20), cost=7_000, cost_source="computed", duration_s=2.0, finish_reason=at["finish"],
        ),
    )  # fmt: skip
    lookup = Lookup(
        "search", panelist, at["asked"], BORN + 1, 0.5, at["engine"], at["verdict"], (Source(url, at["found"]),), cost=9
    )
    cited = (Citation(url, at["cited"], 2, 4, at["excerpt"]), Citation(url, "again", 4, 9))
    run = Run(
        at["id"], "r", "m", "Lab", BORN, "completed",
        convened=True,
        reply=Reply("m", at["reply"], citations=cited),
        report=Report("f", "q", answers, analysis, at["analyst"]),
        calls=calls,
        lookups=(lookup,),
        finished_at=BORN + 9.5,
        error=at["error"],
        degraded=at["degraded"],
    )  # fmt: skip
    return Shown(run, at["prompt"], seats, Marks(at["title"], parent=at["parent"], preset=at["preset"]))


class Reader(HTMLParser):
    """Reads a page as a browser does, and notes what is in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.styles = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")

    @property
    def links(self) -> Iterator[str]:
        """Where its links lead outside of itself."""
        return (value for _, name, value in self.attributes if name == "href" and not value.startswith("#source-"))


OURS = {
    "html", "head", "meta", "title", "style", "body", "main", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "p", "div",
    "ul", "ol", "li", "a", "sup", "table", "thead", "tbody", "tr", "th", "td", "pre", "code", "em", "strong", "s", "br",
    "hr", "blockquote",
}  # fmt: skip
CARRIED = {"lang", "charset", "http-equiv", "content", "name", "dir", "class", "id", "href", "rel", "scope", "start"}


@requirement("ours:export")
@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_page_does_nothing_whatever_stands_in_the_run(text: str):
    pages = [write_page(sheet_of(shown(text, url), True)) for url in (text, "http://[evil", "http://ok.test/a?b=c&d")]
    for page in pages:
        found = Reader(page)
        assert set(found.tags) <= OURS and found.tags.count("style") == 1
        assert {name for _, name, _ in found.attributes} <= CARRIED
        assert [tag for tag, name, _ in found.attributes if name == "http-equiv"] == ["meta"]
        assert all(link.startswith(("http://", "https://")) for link in found.links)
        said = " ".join(found.words)
        assert [place for place in PLACES if f"at-{place}" not in said] == []
        assert page.encode("utf-8", "replace").count(b"default-src 'none'") == 1
    assert "http://ok.test/a?b=c&d" in list(Reader(pages[2]).links)


def test_the_policy_of_a_page_allows_its_own_style_and_nothing_else():
    page = write_page(sheet_of(shown("x"), True))
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert f'content="{policy}"' in page
    assert "url(" not in style and "@import" not in style and "prefers-color-scheme: dark" in style


ADDRESSES = {
    "http://a.test": True,
    "https://a.test/b?c=d#e": True,
    "HTTPS://a.test/": True,
    "http://user@a.test:80/%22": True,
    "http://": False,
    "//a.test": False,
    "a.test": False,
    "javascript:alert(1)": False,
    "http://a.test/\n": False,
    "http://a.test/ b": False,
    "http://a.test/<b>": False,
    'http://a.test/"': False,
    "http://[::1": False,
    "data:text/html,x": False,
    "http://a.test/" + "x" * 4000: False,
}


def test_only_whole_addresses_of_the_web_are_links():
    assert {address: is_link(address) for address in ADDRESSES} == ADDRESSES


def test_footnotes_stand_behind_the_word_in_which_a_citation_ends():
    text = "Blue light [scatters](http://a.test/x) more. So \u2603 it is"
    citations = [
        Citation("http://a.test", "A", 0, 12),
        Citation("http://b.test", "B", 5, 46),
        Citation("http://a.test", "A", 0, 999),
    ]
    marked = footnoted(text, citations, lambda number: f"<{number}>")
    assert marked == "Blue light [scatters](http://a.test/x)<1> more. So<2> \u2603 it is<1>"


def test_markdown_of_an_answer_is_rendered_and_its_tags_are_shown():
    table = "| a | b |\n|:-:|---|\n| 1 | [two](https://a.test) |"
    text = f"# Head\n\n**bold** ~~old~~ `code` <b>no</b>\n\n{table}\n\n```py\n1 < 2\n```"
    assert write_prose(text) == snapshot("""\
<h1>Head</h1>
<p><strong>bold</strong> <s>old</s> <code>code</code> &lt;b&gt;no&lt;/b&gt;</p>
<table>
<thead>
<tr>
<th class="center">a</th>
<th>b</th>
</tr>
</thead>
<tbody>
<tr>
<td class="center">1</td>
<td><a href="https://a.test" rel="noopener noreferrer nofollow">two</a></td>
</tr>
</tbody>
</table>
<pre><code class="language-py">1 &lt; 2
</code></pre>
""")


def test_a_text_that_takes_too_long_to_read_is_shown_as_it_was_written():
    for text in ("a*" * LONGEST, "![" * (MOST_BRACKETS + 1) + "<b>"):
        assert write_prose(text) == f"<pre>{text.replace('<b>', '&lt;b&gt;')}</pre>\n"


def test_deep_nesting_breaks_nothing():
    for text in ("> " * 5000 + "end", "\n".join("  " * depth + "- a" for depth in range(300)), "*_" * 3000):
        assert write_prose(text)


def test_the_whole_of_a_run_is_told_in_markdown():
    run = replace(shown("x", "https://a.test/x").run, id="gen-1", created_at=BORN)
    text = write_markdown(sheet_of(replace(shown("x", "https://a.test/x"), run=run), True))
    assert re.sub(r"(?m)^\| Asked \| .*", "| Asked | then |", text) == snapshot("""\
# at-title x

|  |  |
| --- | --- |
| Run | gen-1 |
| Asked | then |
| Took | 9.5 s |
| Status | completed, at-degraded x |
| Error | at-error x |
| Preset | at-preset x |
| Panel | at-seat x, at-seat x, at-seat x |
| Analyst | at-analyst x |
| Writer | at-writer x |
| Cost | at least \\$0.000007009 |
| Parent | at-parent x |

## Question

at-prompt x

## Answer

at-reply[^1] x[^1]

[^1]: [at-cited x](<https://a.test/x>): at-excerpt x

## Analysis

### Agreed

- at-claim x “at-quote x” (1 at-seat x, 2 at-seat x)
- [https://a.test/x](<https://a.test/x>)

### Said by some

- at-partial x (1 at-seat x)

### Said by one

- at-unique x (8)

### Contradiction: at-topic x

- 1 at-seat x: at-stance x (evidence: at-evidence x)
- Better supported: 10

### Nobody speaks of

- at-blind x

### Warnings

- at-warning x

## Panel

### 1 at-seat x

at-said x

*The answer stops short.*

- [at-source x](<https://a.test/x>)

### 2 at-seat x

*It failed: at-seat\\_error x (at-reason x)*

at-refusal x

### 3 at-seat x

*It failed: it has not answered*

## Research

| At | Who | What | Asked | By | Outcome | Found | Cost |
| --- | --- | --- | --- | --- | --- | --- | --- |
| 1.0 s | panel 2 | search | at-asked x | at-engine x | at-verdict x | 1 | \\$0.000000009 |

### Pages found

- [at-found x](<https://a.test/x>)

## Costs

| Call | Model | Tokens in | Tokens out | Seconds | Cost | Outcome |
| --- | --- | --- | --- | --- | --- | --- |
| panel 2 | at-served x | unknown | unknown | 1.0 | unknown | at-call\\_error x |
| writer | m | 10 | 20 | 2.0 | \\$0.000007 | at-finish x |
| Searches and pages |  |  |  |  | \\$0.000000009 |  |
| Together |  |  |  |  | at least \\$0.000007009 |  |
""")


def test_in_markdown_no_sign_of_a_name_means_more_than_itself():
    assert [plain(text) for text in ("a_b*c*|[x](javascript:y)<i>\n# z", "1. one", "1.5", "- x", "a-b")] == snapshot(
        ["a\\_b\\*c\\*\\|\\[x\\](javascript:y)\\<i\\> \\# z", "1\\. one", "1.5", "\\- x", "a-b"]
    )


def test_no_control_of_a_terminal_gets_into_a_file():
    text = "a\x1b[31mred\x07\x9b2J\r\nb"
    for written in (write_markdown(sheet_of(shown(text), True)), write_page(sheet_of(shown(text), True))):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", written)


RUN = Fusion(
    "gen-1-00c0ffee", "Why *is* the sky\u2026 blue/..\\ \u00e4\u00df \u96ea?\nShort.", "Because **light** scatters."
)


async def test_a_file_is_saved_under_a_safe_name_and_never_shown_by_the_server():
    async with open_page() as page:
        await page.door.house.store.write(*RUN.records)
        heard = [await page.get(f"/runs/{RUN.id}/export?format={form}") for form in ("md", "json", "html")]
        bare = await page.get(f"/runs/{RUN.id}/export")
    assert [one.status for one in heard] == [200, 200, 200]
    assert [one.headers["content-disposition"] for one in heard] == snapshot(
        [
            'attachment; filename="fuseline-why-is-the-sky-blue-a-00c0ffee.md"',
            'attachment; filename="fuseline-why-is-the-sky-blue-a-00c0ffee.json"',
            'attachment; filename="fuseline-why-is-the-sky-blue-a-00c0ffee.html"',
        ]
    )
    assert [one.headers["content-type"] for one in heard] == snapshot(
        ["text/markdown; charset=utf-8", "application/json", "text/html; charset=utf-8"]
    )
    assert {one.headers["x-content-type-options"] for one in heard} == {"nosniff"}
    assert all("sandbox" in one.headers["content-security-policy"] for one in heard)
    assert {one.headers["cache-control"] for one in heard} == {"no-store"}
    assert bare.raw == heard[0].raw and b"Because **light** scatters." in bare.raw
    assert b"Because <strong>light</strong> scatters." in heard[2].raw


async def test_the_json_file_holds_the_run_as_it_is_shown_and_as_it_was_kept():
    async with open_page() as page:
        run = await page.ask("Why?", preset="general-high")
        told = await page.finished(run)
        whole = (await page.get(f"/runs/{run}/export?format=json")).body
        kept = await page.door.house.store.run(run)
    assert kept is not None
    assert whole["run"]["answer"] == told["answer"] and whole["run"]["analysis"] == told["analysis"]
    assert [seat["content"] for seat in whole["run"]["seats"]] == [seat["content"] for seat in told["seats"]]
    assert (whole["shape"], whole["texts_kept"]) == ("fuseline.run/1", True)
    assert [event["kind"] for event in whole["events"]] == [event.kind for event in kept.events] != []
    assert whole["request"]["messages"] == [{"role": "user", "content": "Why?"}]


async def test_where_texts_are_not_kept_every_file_says_so():
    async with open_page(store={"content": False}) as page:
        run = await page.ask("A secret question")
        await page.hear(run)
        md, whole, html = [(await page.get(f"/runs/{run}/export?format={form}")).raw for form in ("md", "json", "html")]
    assert plain(UNKEPT).encode() in md and UNKEPT.encode() in html and json.loads(whole)["texts_kept"] is False
    assert all(b"secret" not in one for one in (md, whole, html))
    assert b"lab/writer" in html and b"## Costs" in md


async def test_a_format_that_is_none_is_named():
    async with open_page() as page:
        await page.door.house.store.write(*RUN.records)
        heard = await page.get(f"/runs/{RUN.id}/export?format=pdf")
        strange = await page.get("/runs/last/export")
    assert (heard.status, heard.error["param"], strange.status) == (400, "format", 404)
