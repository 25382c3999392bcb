/** Which piece of a source stands in which element, so that a place in a long text is looked for in its own paragraph. */

import type { Span } from "../prose";

export interface Part { readonly start: number; readonly raw: string; readonly element: HTMLElement }

const known = new WeakMap<Element, readonly Part[]>();

/** Tell what an element shows; the list may grow with it. */
export function placed(box: Element, parts: readonly Part[]): void {
  known.set(box, parts);
}

/** The part of a shown source in which a span lies as a whole; `null` where none is known. */
export function partOf(container: Element, source: string, { start, end }: Span): Part | null {
  const box = container.matches(".prose") ? container : container.querySelector(".prose");
  const found = (box && known.get(box))?.find((one) => one.start <= start && end <= one.start + one.raw.length);
  return found && source.startsWith(found.raw, found.start) ? found : null;
}
