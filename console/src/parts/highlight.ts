/** What is highlighted on the page, and how a place in a Markdown source becomes a mark in what is shown of it. */

import { signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { aligned, visible, wordsOf, type Span, type Word } from "../prose";
import { paint } from "./paint";
import { partOf } from "./places";
import type { Place } from "./whereabouts";

export interface Highlighted {
  readonly id: string;
  /** Of the claim or sentence that was chosen. */
  readonly seats: ReadonlyMap<number, readonly Place[]>;
  /** For each seat its places, as indices into the text that the seat shows (`LiveSeat.content`). */
  readonly answer: readonly Place[];
  readonly seek: number | null;
  /** The seat to bring into view, where one is. */
}

export const highlighted = signal<Highlighted | null>(null);

const BLOCKS = "tr, p, li, h1, h2, h3, h4, h5, h6, pre, blockquote, dd, dt, figure";
const APART = "button, script, style, annotation, .unseen, [data-mark]";
const MARKUP = /[\s*_`~|#>[\]]+/gu;
const QUIET = 120;
/** Milliseconds without a change after which a text counts as drawn. */
const ENOUGH = 0.6;
/** The share of a span's words that must be found again; mathematics and addresses are shown otherwise than written. */

interface ShownWord extends Word { readonly node: Text }

/** For each span of a Markdown source its range in what is shown of it; `null` where that is not sure. */
export function rangesOf(container: Element, source: string, spans: readonly Span[]): (Range | null)[] {
  const parts = spans.map((span) => partOf(container, source, span));
  const found: (Range | null)[] = spans.map(() => null);
  for (const part of new Set(parts)) {
    const own = spans.map((_, at) => at).filter((at) => parts[at] === part);
    const ahead = part?.start ?? 0;
    const inside = own.map((at) => ({ start: spans[at]!.start - ahead, end: spans[at]!.end - ahead }));
    rangesIn(part?.element ?? container, part?.raw ?? source, inside).forEach((range, nth) => { found[own[nth]!] = range; });
  }
  return found;
}

function rangesIn(container: Element, source: string, spans: readonly Span[]): (Range | null)[] {
  const text = visible(source);
  const said = wordsOf(text);
  const shown = shownWords(container);
  const found = aligned(said, shown);
  return spans.map((span) => rangeOf(span, text, said, shown, found));
}

function rangeOf(
  span: Span, text: string, said: readonly Word[], shown: readonly ShownWord[], found: Int32Array,
): Range | null {
  const inside: number[] = [];
  let at = firstFrom(said, span.start);
  const begun = at;
  for (; at < said.length && said[at]!.start < span.end; at += 1) if (found[at]! >= 0) inside.push(at);
  const [first, last] = [inside[0], inside.at(-1)];
  if (first === undefined || last === undefined || inside.length < (at - begun) * ENOUGH) return null;
  if (found[last]! - found[first]! >= inside.length * 2 + 4) return null;
  const range = document.createRange();
  range.setStart(...before(shown[found[first]!]!, text.slice(span.start, said[first]!.start)));
  range.setEnd(...after(shown[found[last]!]!, text.slice(said[last]!.end, span.end)));
  return range;
}

/** In front of a word and of the signs before it that the source has, too. */
function before({ node, start }: ShownWord, signs: string): [Text, number] {
  const wanted = signs.replace(MARKUP, "");
  return [node, node.data.slice(0, start).endsWith(wanted) ? start - wanted.length : start];
}

/** Behind a word and as many of the signs after it as the source has; they may stand outside of the word's link. */
function after({ node, end }: ShownWord, signs: string): [Text, number] {
  const walker = document.createTreeWalker(block(node) ?? node, NodeFilter.SHOW_TEXT);
  walker.currentNode = node;
  const wanted = signs.replace(MARKUP, "");
  let place: [Text, number] = [node, end];
  let [text, at, met] = [node, end, 0];
  while (met < wanted.length) {
    const sign = text.data[at];
    if (sign === wanted[met]) {
      place = [text, ++at];
      met += 1;
    } else if (sign !== undefined && /\s/u.test(sign)) at += 1;
    else if (sign === undefined && walker.nextNode()) [text, at] = [walker.currentNode as Text, 0];
    else break;
  }
  return place;
}

function firstFrom(words: readonly Word[], start: number): number {
  let low = 0;
  let high = words.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (words[middle]!.start < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

function shownWords(container: Element): ShownWord[] {
  const walker = document.createTreeWalker(container, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) => {
    if (node instanceof Text) return NodeFilter.FILTER_ACCEPT;
    return (node as Element).matches(APART) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP;
  });
  const found: ShownWord[] = [];
  while (walker.nextNode()) {
    const node = walker.currentNode as Text;
    for (const word of wordsOf(node.data)) found.push({ ...word, node });
  }
  return found;
}

/** Whether a range stays inside one paragraph, item or row. */
export function inOneBlock(range: Range): boolean {
  return block(range.startContainer) === block(range.endContainer);
}

function block(node: Node): Element | null {
  return node.parentElement?.closest(BLOCKS) ?? null;
}

/** Mark places of a source in what is shown of it, until what is returned is called. */
export function mark(container: Element, source: string, places: readonly Place[]): () => void {
  const ranges = rangesOf(container, source, places);
  const of = (how: Place["how"]) => ranges.filter((one, at): one is Range => one !== null && places[at]!.how === how);
  const undo = [paint("exact", of("exact")), paint("matched", of("matched"))];
  return () => undo.forEach((one) => one());
}

/** Keep the places of the chosen claim marked in the shown text of a seat, and come into view where that is asked for. */
export function useHighlight(at: RefObject<HTMLElement | null>, source: string, seat: number): void {
  const chosen = highlighted.value;
  useLayoutEffect(() => {
    if (!at.current || !chosen) return;
    const [element, places] = [at.current, chosen.seats.get(seat) ?? []];
    return inTurn(() => upheld(element, () => mark(element, source, places)));
  }, [chosen, source, seat]);
  useLayoutEffect(() => {
    if (at.current && chosen?.seek === seat) show(at.current, source, chosen.seats.get(seat)?.[0]);
  }, [chosen, seat]);
}

const inLine: (() => void)[] = [];

/** Make something in a task of its own, behind those that came before: eight long texts at once hold the page up. What is returned undoes it. */
function inTurn(make: () => () => void): () => void {
  let undo = () => { inLine.splice(inLine.indexOf(job), 1); };
  const job = () => { undo = make(); };
  if (inLine.push(job) === 1) window.setTimeout(takeTurn);
  return () => undo();
}

function takeTurn(): void {
  const job = inLine.shift();
  if (inLine.length > 0) window.setTimeout(takeTurn); // before it is done: one that fails holds nobody up
  job?.();
}

/** Do something with what an element shows, and again once others have changed that; `make` returns how it is undone. */
export function upheld(element: Element, make: () => () => void): () => void {
  let waiting = 0;
  const again = () => {
    undo();
    undo = make();
    changes.takeRecords();
  };
  const changes = new MutationObserver(() => {
    window.clearTimeout(waiting);
    waiting = window.setTimeout(again, QUIET);
  });
  let undo = make();
  changes.observe(element, { childList: true, subtree: true, characterData: true });
  return () => {
    window.clearTimeout(waiting);
    changes.disconnect();
    undo();
  };
}

/** Bring a place of a shown text into view, or the text itself where the place is not known. */
export function show(element: Element, source: string, place: Place | undefined): void {
  const range = place && rangesOf(element, source, [place])[0];
  const target = (range ? block(range.startContainer) : null) ?? element;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  target.scrollIntoView({ block: "nearest", inline: "nearest", behavior: still ? "auto" : "smooth" });
}
