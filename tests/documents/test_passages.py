"""Cutting: along headings and paragraphs, nothing lost, nothing too long."""

import time

from hypothesis import given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from fuseline.documents.formats import Form
from fuseline.documents.passages import MOST, cut
from tests.requirements import requirement

LONG = "A sentence about nothing in particular, to fill a page. " * 8
PAGE = f"""# Barn

{LONG}

## Rent

{LONG}

```sh
# no heading
```

Old style
---------

{LONG}

## Notice
"""
RST = f"""====
Barn
====

{LONG}

Rent
====

{LONG}

Increase
--------

{LONG}
"""


@requirement("ours:documents")
def test_a_passage_stands_under_its_headings():
    texts: dict[Form, str] = {"markdown": PAGE, "rst": RST, "text": PAGE}
    of = {form: [passage.heading for passage in cut(text, form)] for form, text in texts.items()}
    assert of == snapshot(
        {
            "markdown": ["Barn", "Barn > Rent", "Barn > Old style", "Barn > Notice"],
            "rst": ["Barn", "Barn > Rent", "Barn > Rent > Increase"],
            "text": ["", ""],
        }
    )


@requirement("ours:documents")
@given(st.text(st.sampled_from("ab #-=\n\t`~|.。 "), max_size=4000), st.sampled_from(["markdown", "rst", "text"]))
def test_every_word_is_in_a_passage_and_no_passage_is_too_long(text: str, form: Form):
    passages = cut(text * 3, form)
    assert "".join("".join(passage.text for passage in passages).split()) == "".join((text * 3).split())
    assert all(0 < len(passage.text) <= MOST for passage in passages)


@requirement("ours:documents-any-file")
def test_no_text_takes_long_to_cut():
    began = time.process_time()
    for piece in ("#", "# a\n", "a\n---\n", "x", " ", "\n", "```\n", "a "):
        for form in ("markdown", "rst"):
            cut(piece * (50_000 // len(piece)), form)
    assert time.process_time() - began < 3
