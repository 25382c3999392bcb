/** Formulas: TeX to MathML by temml, which is loaded when the first formula turns up and never before. */

import type Temml from "temml";
import { sanitised, type Allowed } from "./sanitiser";

const ALLOWED: Allowed = {
  ALLOWED_TAGS: [
    "math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "mpadded", "mphantom",
    "menclose", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mprescripts", "mtable", "mtr",
    "mtd", "merror", "#text",
  ],
  ALLOWED_ATTR: [
    "display", "displaystyle", "scriptlevel", "mathvariant", "stretchy", "symmetric", "fence", "separator", "lspace", "rspace",
    "minsize", "maxsize", "largeop", "movablelimits", "accent", "accentunder", "width", "height", "depth", "voffset",
    "linethickness", "columnalign", "rowspacing", "columnspacing", "columnlines", "rowlines", "notation", "form",
  ],
};
const LONGEST = 4000;
const REMEMBERED = 300;

let temml: typeof Temml | null = null;
let coming: Promise<void> | null = null;
const known = new Map<string, DocumentFragment>();

/** Replace the TeX in these nodes by formulas: now, where the means are at hand, else as soon as they have come. */
export function fill(nodes: DocumentFragment): void {
  const formulas = [...nodes.querySelectorAll<HTMLElement>("[data-math]")];
  if (formulas.length === 0) return;
  if (temml) formulas.forEach(draw);
  else void load().then(() => formulas.forEach(draw));
}

function load(): Promise<void> {
  coming ??= import("temml").then(
    (found) => { temml = found.default; },
    () => { coming = null; },
  );
  return coming;
}

function draw(place: HTMLElement): void {
  const tex = place.textContent;
  if (!temml || tex.length > LONGEST) return;
  const key = `${place.dataset.math}${tex}`;
  let formula = known.get(key);
  if (!formula) {
    formula = sanitised(written(temml, tex, place.dataset.math === "block"), ALLOWED);
    if (known.size >= REMEMBERED) known.clear();
    known.set(key, formula);
  }
  if (!formula.firstElementChild) return;
  place.replaceChildren(formula.cloneNode(true));
  place.className = "drawn";
}

/** A formula as temml makes it; nothing where it is none, so that its TeX stays to be read. As nodes, since text with styles in it is refused by the page's policy. */
function written(by: typeof Temml, tex: string, displayMode: boolean): Node {
  const place = document.createElement("span");
  try {
    by.render(tex, place, { displayMode, throwOnError: true, trust: false, maxExpand: 200, maxSize: [20, 500] });
  } catch {
    place.replaceChildren();
  }
  return place;
}
