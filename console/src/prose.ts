/** What the page knows of prose: its words and sentences, and how the words of Markdown stand in what is shown of it. */

export interface Span { readonly start: number; readonly end: number }
export interface Word extends Span { readonly word: string }

const DENSE = "\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Thai}";
const WORD = new RegExp(`[${DENSE}]|[^\\P{L}${DENSE}]+|\\p{N}+`, "gu");
// Scripts without spaces are taken sign by sign.
const UNSEEN = new RegExp(
  [
    String.raw`\]\((?:<[^>\n]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+"[^"\n]*")?\)`,
    String.raw`</?(?:br|su[bp]|kbd)\s*/?>`,
    "^[ \\t>]*(?:`{3}|~~~)[^\\n]*$",
    String.raw`&(?:#\d+|#x[\da-f]+|[a-z][a-z\d]*);`,
  ].join("|"),
  "gimu",
);
const BLOCK = /\n[ \t]*\n|\n(?=[ \t>]*(?:[-*+•]\s|\d+[.)]\s|#{1,6}\s|\||```|~~~))/u;
const LEAD = /^[ \t>]*(?:#{1,6}\s+|[-*+•]\s+(?:\[[ x]\]\s+)?|\d+[.)]\s+)?/iu;
const WINDOW = 60;
/** Words that may stand in one text and not in the other before the two are taken to have parted. */

/** Where each character of a Python string begins here, where letters beyond the basic plane take two places. */
export function places(text: string): (index: number) => number {
  if (!/[\u{10000}-\u{10ffff}]/u.test(text)) return (index) => Math.min(index, text.length);
  const starts: number[] = [];
  let at = 0;
  for (const letter of text) {
    starts.push(at);
    at += letter.length;
  }
  return (index) => starts[index] ?? text.length;
}

export function wordsOf(text: string): Word[] {
  return Array.from(text.matchAll(WORD), (found) => ({
    word: found[0].toLowerCase(), start: found.index, end: found.index + found[0].length,
  }));
}

/** The words of Markdown that a reader gets to see, each where it stands in the source. */
export function visibleWords(markdown: string): Word[] {
  return wordsOf(visible(markdown));
}

/** Markdown with space for what a reader does not get to see: addresses of links, languages of code. */
export function visible(markdown: string): string {
  return markdown.replace(UNSEEN, (hidden) => " ".repeat(hidden.length));
}

/** For each word of the first text its place among those of the second, or -1. */
export function aligned(said: readonly Word[], shown: readonly Word[]): Int32Array {
  const found = new Int32Array(said.length).fill(-1);
  const known = triples(shown);
  let at = 0;
  let next = 0;
  while (at < said.length && next < shown.length) {
    if (said[at]!.word === shown[next]!.word) {
      found[at++] = next++;
      continue;
    }
    const ahead = rejoin(said, at, next, known);
    if (!ahead) {
      at += 1;
      continue;
    }
    [at, next] = ahead;
  }
  return found;
}

function rejoin(said: readonly Word[], at: number, next: number, known: Map<string, number[]>): [number, number] | null {
  for (let here = at; here < Math.min(said.length, at + WINDOW); here += 1) {
    const there = known.get(triple(said, here))?.find((one) => one >= next);
    if (there !== undefined && there - next <= WINDOW) return [here, there];
  }
  return null;
}

const triple = (words: readonly Word[], at: number) =>
  `${words[at]?.word ?? ""} ${words[at + 1]?.word ?? ""} ${words[at + 2]?.word ?? ""}`;

function triples(words: readonly Word[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  words.forEach((_, at) => {
    const key = triple(words, at);
    const known = found.get(key);
    if (known) known.push(at);
    else found.set(key, [at]);
  });
  return found;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "sentence" });

/** The sentences of Markdown, its items, rows and headings among them, without the marks in front. */
export function sentencesOf(text: string): Span[] {
  return blocksOf(text).flatMap(({ start, end }) => {
    const block = text.slice(start, end);
    const lead = LEAD.exec(block)?.[0].length ?? 0;
    return Array.from(segmenter.segment(block.slice(lead)), (piece) =>
      trimmed(text, start + lead + piece.index, start + lead + piece.index + piece.segment.length),
    ).filter((one) => wordsOf(text.slice(one.start, one.end)).length > 0);
  });
}

function blocksOf(text: string): Span[] {
  const found: Span[] = [];
  let start = 0;
  for (const piece of text.split(BLOCK)) {
    const at = text.indexOf(piece, start);
    found.push({ start: at, end: at + piece.length });
    start = at + piece.length;
  }
  return found;
}

function trimmed(text: string, start: number, end: number): Span {
  const piece = text.slice(start, end);
  return { start: start + piece.length - piece.trimStart().length, end: start + piece.trimEnd().length };
}

/** Markdown as one line of plain text, for places that show a sentence outside of its answer. */
export function plain(markdown: string): string {
  return markdown
    .replace(/!?\[([^\]\n]*)\]\([^)\s]*(?:\s+"[^"\n]*")?\)/gu, "$1")
    .replace(/\*\*|__|`+|(?<![\p{L}\p{N}*])\*(?=\S)|(?<=\S)\*(?![\p{L}\p{N}*])/gu, "")
    .replace(/^\s*\|\s*|\s*\|\s*$/gu, "")
    .replace(/\s+\|\s+/gu, " · ")
    .replace(/\s+/gu, " ")
    .trim();
}
