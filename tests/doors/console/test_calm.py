"""Markdown of strangers, taken home: what becomes of its HTML and its images, and what its code keeps."""

from collections.abc import Iterator

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from fuseline.doors.console.exports.calm import LONGEST_LINE, MOST, OPEN_READER, calm, is_alive
from tests.browser.payloads import ALL, PAYLOADS
from tests.doors.http.players import open_door
from tests.requirements import requirement

pytestmark = [pytest.mark.anyio, requirement("ours:export")]
BEHIND = "What somebody else said."
DEEP_READER = MarkdownIt("commonmark", {"maxNesting": 200})
KEPT = (
    "a < b, 1<2, <3, and <https://a.test/b>",
    "```html\n<b>x</b> ![a](b)\n```",
    "- x\n\n      <i>in code</i>",
    "use `<b>` and ``a ` <i>`` here",
    "**bold** [a link](https://a.test) \\<b\\>",
)
CHANGED = {
    "<b>x</b>": "&lt;b>x&lt;/b>",
    "![a](https://a.test/b.png)": "&#33;[a](https://a.test/b.png)",
    "| `a | <b>` |\n|---|---|\n": "| `a | &lt;b>` |\n|---|---|\n",
    "```\nnever <b>ended": "```\nnever <b>ended\n```",
    "~~~~\nx\n~~~": "~~~~\nx\n~~~\n~~~~",
    "` a\n<b> `": "` a\n&lt;b> `",
}


def test_what_is_no_html_stays_as_it_was_written():
    assert {text: calm(text) for text in KEPT} == {text: text for text in KEPT}


def test_html_and_images_are_spelt_out_and_code_is_ended():
    assert {text: calm(text) for text in CHANGED} == CHANGED


@pytest.mark.parametrize("text", [*PAYLOADS, ALL, "`" * LONGEST_LINE + "` <b> " * 99, "[" * MOST + "<b>![x](y)"])
def test_nothing_comes_alive_and_nobody_swallows_what_stands_behind(text: str):
    safe = calm(text)
    assert not is_alive(OPEN_READER.parse(safe))
    read = DEEP_READER.parse(f"{safe}\n\n# {BEHIND}")
    assert [token.content for token in flat(read) if token.content == BEHIND] == [BEHIND]


def flat(tokens: list[Token]) -> Iterator[Token]:
    """Texts of blocks that stand in no other block."""
    return (token for token in tokens if token.type == "inline" and token.level == 1)


async def test_browsers_ask_for_no_name_that_a_page_only_shows():
    async with open_door() as door:
        assert (await door.get("/")).headers["x-dns-prefetch-control"] == "off"
