/** Where a claim stands in a text: word for word, or in a sentence that has most of its words, or nowhere. */

import { sentencesOf, visibleWords, type Span, type Word } from "../prose";

export interface Place extends Span { readonly how: "exact" | "matched" }

const LIKE = 0.55;
/** The share of a claim's words, weighed by how rare they are, from which a sentence counts as saying it. */
const FEWEST_WORDS = 3;
const SHORTEST_QUOTE = 12;
const KEPT = 24;
const BLANKS = " \n\t\r\u00a0";

/** The place of a quotation, whatever its white space and emphasis; `null` where it is too short to tell or not there. */
export function verbatim(text: string, quote: string): Place | null {
  const wanted = squeezed(quote).text.replace(/^["“”'…. ]+|["“”'…. ]+$/gu, "");
  if (wanted.length < SHORTEST_QUOTE) return null;
  const literal = text.indexOf(wanted);
  if (literal >= 0) return { start: literal, end: literal + wanted.length, how: "exact" };
  const { text: bare, places } = squeezed(text);
  const at = bare.indexOf(wanted);
  if (at < 0) return null;
  return { start: places[at]!, end: places[at + wanted.length - 1]! + 1, how: "exact" };
}

/** A text with one space for any white space and no marks of emphasis, and where each of its characters stood. */
const squeezed = remembered((text: string) => {
  const places: number[] = [];
  let bare = "";
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at]!;
    const blank = BLANKS.includes(sign);
    if (sign === "*" || sign === "`" || (blank && (bare === "" || bare.endsWith(" ")))) continue;
    bare += blank ? " " : sign;
    places.push(at);
  }
  return { text: bare, places };
});

interface Indexed { readonly sentences: readonly (Span & { stems: ReadonlySet<string> })[]; readonly seen: ReadonlyMap<string, number> }

const indexed = remembered((text: string): Indexed => {
  const words = visibleWords(text);
  let at = 0;
  const sentences = sentencesOf(text).map(({ start, end }) => {
    const stems = new Set<string>();
    while (at < words.length && words[at]!.start < start) at += 1;
    for (; at < words.length && words[at]!.end <= end; at += 1) stems.add(stem(words[at]!));
    return { start, end, stems };
  });
  const seen = new Map<string, number>();
  for (const { stems } of sentences) for (const one of stems) seen.set(one, (seen.get(one) ?? 0) + 1);
  return { sentences, seen };
});

/** The sentence of a text that has most of what is claimed; `null` where none has enough. */
export function likest(text: string, claim: string): Place | null {
  const wanted = new Set(visibleWords(claim).map(stem));
  if (wanted.size < FEWEST_WORDS) return null;
  const { sentences, seen } = indexed(text);
  const weigh = (one: string) => Math.log(1 + sentences.length / (seen.get(one) ?? 0.5));
  const whole = sum(wanted, weigh);
  let best: Place | null = null;
  let most = LIKE;
  for (const { start, end, stems } of sentences) {
    const share = sum([...wanted].filter((one) => stems.has(one)), weigh) / whole;
    if (share < most) continue;
    most = share;
    best = { start, end, how: "matched" };
  }
  return best;
}

/** Where a text has a quotation, or else where it is likest to a claim. */
export function placeOf(text: string, quote: string, claim: string): Place | null {
  return verbatim(text, quote) ?? likest(text, claim) ?? (quote ? likest(text, quote) : null);
}

/** How much of what two sentences say is the same, from 0 to 1. */
export function likeness(one: string, other: string): number {
  const left = new Set(visibleWords(one).map(stem));
  const right = new Set(visibleWords(other).map(stem));
  const both = [...left].filter((word) => right.has(word)).length;
  return both / Math.max(1, left.size + right.size - both);
}

const stem = ({ word }: Word) => (word.length > 6 ? word.slice(0, 6) : word);

function sum(words: Iterable<string>, weigh: (word: string) => number): number {
  let whole = 0;
  for (const word of words) whole += weigh(word);
  return whole;
}

/** The same for the same text; the last few texts are kept, since each is asked of many times. */
function remembered<T>(make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text) ?? make(text);
    known.delete(text);
    known.set(text, found);
    if (known.size > KEPT) known.delete(known.keys().next().value!);
    return found;
  };
}
