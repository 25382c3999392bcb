/** What is said of the sentence under the pointer or of the mark that has the focus, in a small box beside it. */

import { useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { paint } from "./paint";
import type { Cast, Remark } from "./provenance";
import { Sign } from "./sign";

export interface Placed { readonly remark: Remark; readonly range: Range }

const PATIENCE = 180;
/** Milliseconds that a pointer rests on a sentence, or is away from it, before the box comes or goes. */
const GAP = 6;

/** Follow pointer and focus over the text of an answer; the signal holds what is to be shown. */
export function useTip(box: RefObject<HTMLElement | null>, placed: ReadonlySignal<readonly Placed[]>): Signal<Placed | null> {
  const shown = useSignal<Placed | null>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const ends = new AbortController();
    let waiting = 0;
    const want = (next: Placed | null, patience = PATIENCE) => {
      window.clearTimeout(waiting);
      if (next !== shown.value) waiting = window.setTimeout(() => (shown.value = next), patience);
    };
    const hear = <K extends keyof HTMLElementEventMap>(type: K, does: (event: HTMLElementEventMap[K]) => void) =>
      element.addEventListener(type, does, { signal: ends.signal });
    hear("pointermove", (event) => {
      if (event.pointerType === "touch") return;
      const target = event.target as Element;
      if (target.closest(".tip")) window.clearTimeout(waiting);
      else want(remarkAt(target, event, placed.value));
    });
    hear("pointerleave", () => want(null));
    hear("focusin", (event) => want(ofMark(event.target as Element, placed.value), 0));
    hear("focusout", () => want(null));
    hear("keydown", (event) => wander(event, element));
    const leave = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || !shown.value) return;
      event.stopPropagation(); // it closes the box, and nothing else
      want(null, 0);
    };
    document.addEventListener("keydown", leave, { capture: true, signal: ends.signal }); // the focus may be elsewhere than the pointer
    return () => {
      window.clearTimeout(waiting);
      ends.abort();
    };
  }, [box, placed]);
  return shown;
}

function remarkAt(target: Element, { clientX, clientY }: PointerEvent, placed: readonly Placed[]): Placed | null {
  const mark = ofMark(target, placed);
  if (mark) return mark;
  const caret = document.caretPositionFromPoint(clientX, clientY);
  if (!caret) return null;
  const under = placed.filter(({ range }) => range.isPointInRange(caret.offsetNode, caret.offset)).filter(({ range }) => covers(range, clientX, clientY));
  return under.find(({ remark }) => remark.kind === "flag") ?? under[0] ?? null;
}

function covers(range: Range, x: number, y: number): boolean {
  return [...range.getClientRects()].some(({ left, right, top, bottom }) => x >= left && x <= right && y >= top - 2 && y <= bottom + 2);
}

function ofMark(target: Element, placed: readonly Placed[]): Placed | null {
  const key = target.closest<HTMLElement>("button[data-mark]")?.dataset.mark;
  return (key && placed.find(({ remark }) => remark.key === key)) || null;
}

/** The arrows go from mark to mark. */
function wander(event: KeyboardEvent, element: HTMLElement): void {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const here = (event.target as Element).closest<HTMLElement>("button[data-mark]");
  if (!step || !here) return;
  const marks = [...element.querySelectorAll<HTMLElement>("button[data-mark]")];
  const next = marks[marks.indexOf(here) + step];
  event.preventDefault();
  if (!next) return;
  here.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

export function Tip({ shown, box, cast }: { shown: Signal<Placed | null>; box: RefObject<HTMLElement | null>; cast: Cast }) {
  const tip = useRef<HTMLDivElement>(null);
  const now = shown.value;
  useLayoutEffect(() => {
    if (!now || !tip.current || !box.current) return;
    place(tip.current, box.current, now.range);
    return "highlights" in CSS ? paint("sentence", [now.range]) : undefined;
  }, [now]);
  if (!now) return null;
  const { title, words, seats, kind, seek } = now.remark;
  return (
    <div ref={tip} class={`tip ${kind}`} aria-hidden="true">
      <p class="title">{seats.map((seat) => <Sign key={seat} seat={seat} sign={cast.signs[seat] ?? "?"} />)}{title}</p>
      <p>{words}</p>
      {seek && <p class="soft">Press the mark to see where.</p>}
    </div>
  );
}

/** Under the last line of a range, or over its first where there is no room below; inside of the box. */
function place(tip: HTMLElement, box: HTMLElement, range: Range): void {
  const lines = range.getClientRects();
  const [first, last] = [lines[0], lines[lines.length - 1]];
  if (!first || !last) return;
  const around = box.getBoundingClientRect();
  const below = last.bottom + GAP + tip.offsetHeight <= window.innerHeight;
  const left = Math.min(Math.max(last.left - around.left, 0), Math.max(0, around.width - tip.offsetWidth));
  tip.style.setProperty("left", `${left}px`);
  tip.style.setProperty("top", `${below ? last.bottom - around.top + GAP : first.top - around.top - GAP - tip.offsetHeight}px`);
}
