/** Paint over ranges of text without touching what it is made of, where the browser can; else by wrapping their text. */

import "./paint.css";

export type Paint = "exact" | "matched" | "sentence" | "flag";

/** Paint ranges, until what is returned is called. */
export function paint(name: Paint, ranges: readonly Range[]): () => void {
  if (ranges.length === 0) return () => undefined;
  return "highlights" in CSS ? registered(name, ranges) : wrapped(name, ranges);
}

function registered(name: Paint, ranges: readonly Range[]): () => void {
  const known = CSS.highlights.get(name) ?? new Highlight();
  if (name === "sentence") known.priority = 1;
  CSS.highlights.set(name, known);
  for (const range of ranges) known.add(range);
  return () => { for (const range of ranges) known.delete(range); };
}

function wrapped(name: Paint, ranges: readonly Range[]): () => void {
  const wraps = ranges.flatMap(textsIn).map((text) => {
    const wrap = document.createElement("span");
    wrap.className = `paint ${name}`;
    text.replaceWith(wrap);
    wrap.append(text);
    return wrap;
  });
  return () => {
    for (const wrap of wraps) {
      const parent = wrap.parentNode;
      wrap.replaceWith(...wrap.childNodes);
      parent?.normalize();
    }
  };
}

/** The text nodes of a range, cut at its ends. */
function textsIn(range: Range): Text[] {
  const root = range.commonAncestorContainer;
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const nodes: Text[] = root instanceof Text ? [root] : [];
  while (walker.nextNode()) if (range.intersectsNode(walker.currentNode)) nodes.push(walker.currentNode as Text);
  const { startContainer, startOffset, endContainer, endOffset } = range;
  return nodes.map((node) => {
    if (node === endContainer) node.splitText(endOffset);
    return node === startContainer ? node.splitText(startOffset) : node;
  }).filter((node) => node.data.trim() !== "");
}
