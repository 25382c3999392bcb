"""Markdown of strangers as HTML that can do nothing: no tag of theirs, no image, no link but to the web.

Its library takes a while to import: whoever needs it reaches for it when the first page is written.
"""

import re
from collections.abc import Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from fuseline.doors.console.exports.links import is_link

NESTED = 100
"""Blocks within blocks, and marks within marks: what is deeper is not shown."""
LONGEST, MOST_BRACKETS = 300_000, 5_000
"""Characters, and beginnings of links: a text with more is shown as it was written, since to read it takes too long."""
LANGUAGE = re.compile(r"[\w+#.-]{1,40}", re.ASCII)
"""What a listing may say that it is in: it becomes the name of a class."""
SIDES = ("left", "center", "right")


def show_image(
    renderer: RendererHTML, tokens: Sequence[Token], number: int, options: OptionsDict, environment: EnvType
) -> str:
    """A link to an image in its place, where it can be followed: nothing is fetched by a page that is opened."""
    token = tokens[number]
    words = escape(token.content or "image")
    address = str(token.attrs.get("src", ""))
    return f'<a href="{escape(address)}" rel="noopener noreferrer nofollow">{words}</a>' if is_link(address) else words


def open_link(
    renderer: RendererHTML, tokens: Sequence[Token], number: int, options: OptionsDict, environment: EnvType
) -> str:
    """The beginning of a link that tells its target nothing of where it stands."""
    address = str(tokens[number].attrs.get("href", ""))
    return f'<a href="{escape(address)}" rel="noopener noreferrer nofollow">'


def open_cell(
    renderer: RendererHTML, tokens: Sequence[Token], number: int, options: OptionsDict, environment: EnvType
) -> str:
    """The beginning of a cell, set as the table says: by a class, since the page's policy forbids styles in a tag."""
    token = tokens[number]
    side = str(token.attrs.get("style", "")).removeprefix("text-align:")
    return f'<{token.tag} class="{side}">' if side in SIDES else f"<{token.tag}>"


def name_languages(state: StateCore) -> None:
    """Forget what listings say that they are in where that is no name."""
    for token in state.tokens:
        if token.type == "fence" and not LANGUAGE.fullmatch(token.info.strip()):
            token.info = ""


def new_reader() -> MarkdownIt:
    """The reader of Markdown: CommonMark with tables and strikethrough, without HTML."""
    reader = MarkdownIt("commonmark", {"html": False, "maxNesting": NESTED}).enable(["table", "strikethrough"])
    reader.validateLink = is_link
    reader.core.ruler.push("languages", name_languages)
    reader.add_render_rule("image", show_image)
    reader.add_render_rule("link_open", open_link)
    reader.add_render_rule("th_open", open_cell)
    reader.add_render_rule("td_open", open_cell)
    return reader


READER = new_reader()


def write_prose(text: str) -> str:
    """A text as HTML."""
    if len(text) > LONGEST or text.count("[") > MOST_BRACKETS:
        return f"<pre>{escape(text)}</pre>\n"
    return READER.render(text)
