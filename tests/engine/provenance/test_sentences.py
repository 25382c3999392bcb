"""A text falls into pieces that lie in it in order; only those that say enough can be laid to anybody."""

import time

import pytest
from hypothesis import given, settings

from fuseline.engine.provenance.sentences import sentences_of
from tests.engine.provenance.panel import TEXTS

PAGE = """\
# A heading with quite a few sensible words

Dr. Smith et al. measured 3.5 percent, e.g. in rivers near Basel. Next came Berlin! (https://a.example/1). Then
lines that were wrapped, as people wrap theirs.

| Firm | Market |
|:--|--:|
| Nvidia sells graphics chips around the world | Many more sensible words stand here than there |
| Intel | 12 % of processors sold in Europe during 2023 |

**Conclusion:**
1. An item goes on
   over two lines.

> Somebody once quoted these seven rather meaningless words.

```text
x = 1. Not prose at all, but words that look like it
```
东京是日本的首都也是最大的城市。它有一千四百万人口！
"""


def test_each_sentence_item_cell_row_heading_and_block_of_code_is_a_piece():
    spans = sentences_of(PAGE)
    assert [(span.kind, span.block, span.attributable, PAGE[span.start : span.end]) for span in spans] == [
        ("heading", 0, False, "# A heading with quite a few sensible words"),
        ("sentence", 1, True, "Dr. Smith et al. measured 3.5 percent, e.g. in rivers near Basel."),
        ("sentence", 1, False, "Next came Berlin! (https://a.example/1)."),
        ("sentence", 1, True, "Then\nlines that were wrapped, as people wrap theirs."),
        ("heading", 2, False, "| Firm | Market |"),
        ("cell", 3, True, "Nvidia sells graphics chips around the world"),
        ("cell", 3, True, "Many more sensible words stand here than there"),
        ("row", 4, True, "Intel | 12 % of processors sold in Europe during 2023"),
        ("heading", 5, False, "**Conclusion:**"),
        ("item", 6, False, "An item goes on\n   over two lines."),
        ("sentence", 7, True, "Somebody once quoted these seven rather meaningless words."),
        ("code", 8, False, "```text\nx = 1. Not prose at all, but words that look like it\n```"),
        ("sentence", 9, True, "东京是日本的首都也是最大的城市。"),
        ("sentence", 9, False, "它有一千四百万人口！"),
    ]


@pytest.mark.parametrize(
    ("text", "enough"),
    [
        ("Rivers carry sand toward distant seas.", True),
        ("Rivers carry sand to the sea.", False),
        ("The GDP of the EU in 2023 was up 4 % on 2022.", True),
        ("It is as it is and so it has to be.", False),
        ("Реки несут песок через степи далёкому морю.", True),
        ("[Rivers](https://a.example/one/two/three/four/five/six) flow.", False),
    ],
)
def test_a_sentence_needs_six_words_that_say_something(text: str, enough: bool):
    assert [span.attributable for span in sentences_of(text)] == [enough]


@given(TEXTS)
def test_the_pieces_of_any_text_lie_in_it_one_behind_the_other(text: str):
    spans = sentences_of(text)
    ends = [0, *(span.end for span in spans)]
    assert all(before <= span.start <= span.end <= len(text) for before, span in zip(ends, spans, strict=False))
    assert all(text[span.start : span.end].strip() for span in spans)
    assert [span.block for span in spans] == sorted(span.block for span in spans)


@settings(max_examples=50)
@given(TEXTS)
def test_no_word_outside_tables_and_marks_is_lost(text: str):
    kept = set("".join(text[span.start : span.end] for span in sentences_of(text)))
    assert {sign for sign in text if sign.isalpha()} - set("abcdefghijklmnopqrstuvwxyz") <= kept | set(text.upper())


@pytest.mark.parametrize(
    "unit", [".", "[a](/x", "| ", "|-", "[", "**", "- ", ">", "a.b ", "*_", "#", "\n", "1) ", "`", "…」"]
)
def test_any_text_is_divided_in_time_that_grows_with_its_length(unit: str):
    begun = time.process_time()
    sentences_of(unit * 20_000)
    assert time.process_time() - begun < 1, "20,000 repetitions take some tens of milliseconds"
