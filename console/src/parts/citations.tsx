/** The pages behind an answer as numbered notes: each page once, numbers in the text, titles and excerpts under it. */

import type { Citation } from "../api";
import type { Span } from "../prose";
import "./citations.css";

export interface Note {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly excerpts: readonly string[];
  readonly spans: readonly Span[];
  /** Where the answer rests on the page, as the server counts. */
}

/** Citations as notes; addresses that lead to the same page are one. */
export function notesOf(citations: readonly Citation[]): Note[] {
  const found = new Map<string, Citation[]>();
  for (const one of citations) {
    const page = pageOf(one.url);
    if (page) found.set(page, [...(found.get(page) ?? []), one]);
  }
  return [...found.values()].map((same, at) => ({
    number: at + 1,
    url: same[0]!.url,
    title: same.find((one) => one.title)?.title ?? "",
    excerpts: [...new Set(same.map((one) => one.excerpt.trim()).filter(Boolean))],
    spans: same.filter((one) => one.end > one.start),
  }));
}

/** What tells pages apart: neither scheme nor `www.`, nor a last slash, nor the place on the page. Empty for what is no page. */
export function pageOf(address: string): string {
  if (!URL.canParse(address)) return "";
  const { protocol, host, pathname, search } = new URL(address);
  return /^https?:$/u.test(protocol) ? host.replace(/^www\./u, "") + pathname.replace(/\/+$/u, "") + search : "";
}

const hostOf = (address: string) => new URL(address).host.replace(/^www\./u, "");

/** Put numbers behind the links of a shown answer, and behind the ranges that rest on a page without a link to it. */
export function numbered(container: Element, notes: readonly Note[], ranges: readonly (readonly (Range | null)[])[]): () => void {
  const linked = new Map<string, HTMLAnchorElement[]>();
  for (const link of container.querySelectorAll<HTMLAnchorElement>("a[href]")) {
    const page = pageOf(link.href);
    linked.set(page, [...(linked.get(page) ?? []), link]);
  }
  const made = notes.flatMap((note, at) => {
    const links = linked.get(pageOf(note.url));
    if (links) return links.map((link) => put(note, (mark) => link.after(mark)));
    const range = ranges[at]?.find((one) => one !== null);
    return range ? [put(note, (mark) => behind(range, mark))] : [];
  });
  return () => takeAway(made);
}

function put(note: Note, place: (mark: HTMLElement) => void): HTMLElement {
  const mark = document.createElement("sup");
  mark.dataset.mark = "note";
  const link = document.createElement("a");
  link.href = `#source-${note.number}`;
  link.textContent = String(note.number);
  link.setAttribute("aria-label", `Source ${note.number}: ${note.title || hostOf(note.url)}`);
  mark.append(link);
  place(mark);
  return mark;
}

/** Set a mark behind a range: not into a link or code, and behind the marks that are there already. */
export function behind({ endContainer, endOffset }: Range, mark: HTMLElement): void {
  const whole = endContainer.parentElement?.closest("a, code, math");
  if (whole) lastMark(whole).after(mark);
  else if (endContainer instanceof Text && endOffset < endContainer.length) endContainer.splitText(endOffset).before(mark);
  else lastMark(endContainer as ChildNode).after(mark);
}

function lastMark(node: ChildNode): ChildNode {
  const next = node.nextSibling;
  return next instanceof HTMLElement && next.dataset.mark ? lastMark(next) : node;
}

/** Take marks away. The texts that they parted stay so: joining them would move every range of the page. */
export function takeAway(marks: readonly HTMLElement[]): void {
  for (const mark of marks) mark.remove();
}

export function Notes({ notes, carried }: { notes: readonly Note[]; carried: number }) {
  if (notes.length === 0) return null;
  return (
    <section class="notes" aria-labelledby="notes">
      <h3 id="notes">Sources</h3>
      <ol>{notes.map((note) => <Page key={note.number} {...note} />)}</ol>
      {carried > 0 && (
        <p class="soft">{carried === 1 ? "One citation was" : `${carried} citations were`} put back from the seats’ answers.</p>
      )}
    </section>
  );
}

function Page({ number, url, title, excerpts }: Note) {
  return (
    <li id={`source-${number}`} value={number}>
      <a href={url} target="_blank" rel="noopener noreferrer nofollow" dir="auto">{title || hostOf(url)}</a>
      {title && <span class="soft host"> {hostOf(url)}</span>}
      {excerpts.map((one) => <blockquote key={one} dir="auto">{one}</blockquote>)}
    </li>
  );
}
