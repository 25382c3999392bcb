/** A text that grows, drawn block by block: what is finished is parsed once, what is at work again, and never more than a frame allows. */

import { effect, type ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { streaming } from "../session";
import { blocks, copyCode, plain, rendered, type Token, type Tokens } from "./markdown";
import { placed, type Part } from "./places";

/** Milliseconds of one frame that all texts on the page may take together. */
const FRAME = 8;
/** The same where all of them stand, and are only to be shown. */
const FRAME_AT_REST = 6;
/** Texts that one frame draws at the most: what each of them moves is laid out and painted in the same frame. */
const TOGETHER = 1;
/** Milliseconds between two drawings of the same text, at the least. */
const PAUSE = 160;
/** Characters that are looked at in one go. */
const WINDOW = 2000;
/** Characters of one paragraph from which on it is shown without form while it grows, and ever. */
const LONG = 6000;
const TOO_LONG = 20_000;
/** Blocks, and characters, after which a new leaf is begun: what is added to one does not move what is in another. */
const LEAF = 8;
const LEAF_LENGTH = 4000;

const waiting = new Set<Flow>();
let frame = 0;

function arrange(flow: Flow): void {
  waiting.add(flow);
  if (!frame) frame = requestAnimationFrame(draw);
}

/** One frame: each text whose turn it is moves on, until the time is up; who had no turn is first in the next. */
function draw(now: number): void {
  const until = performance.now() + ([...waiting].some((flow) => !flow.ended) ? FRAME : FRAME_AT_REST);
  const drawn: Flow[] = [];
  for (const flow of [...waiting]) {
    if (drawn.length === TOGETHER || performance.now() >= until) break;
    if (now < flow.due) continue;
    waiting.delete(flow); // and to the end of the line, if there is more to do
    if (flow.draw(until)) waiting.add(flow);
    drawn.push(flow);
  }
  for (const flow of drawn) flow.keepEnd();
  frame = waiting.size > 0 ? requestAnimationFrame(draw) : 0;
}

/** A text on its way into an element. */
class Flow {
  /** When it may be drawn again. */
  due = 0;
  private coming = "";
  private text = "";
  ended = false;
  /** Characters whose blocks stand. */
  private stood = 0;
  private readonly parts: Part[] = [];
  private readonly links = new Map<string, string>();
  private tail: HTMLElement | null = null;
  private leaf: HTMLElement | null = null;
  private leafLength = 0;
  /** The kind of the block that is not finished. */
  private open = "";
  /** Whether it was seen to grow. */
  private grown = false;
  /** Whether the reader is at the end of what scrolls, and wants to stay there. */
  private pinned = false;

  constructor(private readonly box: HTMLElement, private readonly scroller: HTMLElement | null) {
    scroller?.addEventListener("scroll", this.look, { passive: true });
    placed(box, this.parts);
  }

  end(): void {
    waiting.delete(this);
    this.scroller?.removeEventListener("scroll", this.look);
  }

  /** Take what it is by now; nothing is done with it before its turn, since words come faster than frames. */
  show(text: string, ended: boolean): void {
    this.coming = text;
    this.ended = ended;
    this.due = ended ? 0 : this.due;
    arrange(this);
  }

  /** Move on until that time; whether there is more to do. */
  draw(until: number): boolean {
    const began = performance.now();
    this.receive();
    let more = this.advance();
    while (more && performance.now() < until) more = this.advance();
    if (!more) this.finish();
    this.due = more ? 0 : began + Math.max(PAUSE, 12 * (performance.now() - began));
    return more;
  }

  private receive(): void {
    const text = this.coming.includes("\r") ? this.coming.replace(/\r\n?/g, "\n") : this.coming;
    if (!text.startsWith(this.text)) this.clear();
    if (this.text === "" && !this.ended) this.pinned = this.grown = true;
    this.text = text;
  }

  keepEnd(): void {
    if (this.pinned && this.scroller) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  private readonly look = () => {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller!;
    this.pinned = !this.ended && scrollHeight - scrollTop - clientHeight < 32;
  };

  private clear(): void {
    this.stood = 0;
    this.parts.length = 0;
    this.links.clear();
    this.tail = null;
    this.leaf = null;
    this.box.replaceChildren();
  }

  /** Set the next finished blocks; whether there may be more of them. */
  private advance(): boolean {
    for (let size = WINDOW; ; size *= 2) {
      const rest = this.text.slice(this.stood, this.stood + size);
      const whole = this.stood + rest.length >= this.text.length;
      const tokens = blocks(rest);
      const long = tokens[0]?.type === "paragraph" && tokens[0].raw.length > TOO_LONG;
      const length = long && (tokens.length > 1 || !whole) ? tokens[0]!.raw.length : whole && this.ended ? rest.length : finished(tokens);
      this.open = tokens.at(-1)?.type ?? "";
      for (const [tag, { href }] of Object.entries(tokens.links)) if (href) this.links.set(tag, href);
      if (length > 0) this.stand(rest.slice(0, length), long ? plain : rendered);
      if (length > 0 || whole) return length > 0 && !whole;
    }
  }

  /** Blocks that stay: what was drawn of the first of them while it grew is what becomes of it. */
  private stand(raw: string, form: (text: string) => DocumentFragment): void {
    const start = this.stood;
    this.stood += raw.length;
    if (raw.trim() === "") return;
    const element = this.tail ?? this.append();
    settle(element, form(raw));
    element.classList.remove("tail");
    this.tail = null;
    this.leafLength += raw.length;
    this.parts.push({ start, raw, element });
  }

  private append(): HTMLElement {
    if (!this.leaf || this.leaf.childElementCount >= LEAF || this.leafLength > LEAF_LENGTH) {
      this.leaveAlone(this.leaf?.previousElementSibling);
      this.leaf = this.box.appendChild(block("leaf"));
      this.leafLength = 0;
    }
    return this.leaf.appendChild(Object.assign(block("part"), { dir: "auto" }));
  }

  /** Of a text that was all there the browser may leave a leaf out that is not in sight, as the first one is. To tell it so while a text grows costs more than it saves. */
  private leaveAlone(leaf: Element | null | undefined): void {
    if (!this.grown && leaf?.previousElementSibling) leaf.classList.add("full");
  }

  /** Draw what is not finished; at the very end, links whose address came later than they. */
  private finish(): void {
    const rest = this.text.slice(this.stood);
    if (rest.trim() === "") {
      this.tail?.remove();
      this.tail = null;
    } else {
      this.tail ??= this.append();
      this.tail.classList.add("tail");
      settle(this.tail, rest.length > LONG && this.open === "paragraph" ? plain(rest) : rendered(rest));
    }
    if (this.ended && this.links.size > 0) this.resolve();
  }

  private resolve(): void {
    const links = [...this.links].map(([tag, href]) => `[${tag}]: <${href}>`).join("\n");
    for (const { raw, element } of this.parts) {
      const text = raw.toLowerCase();
      if ([...this.links.keys()].some((tag) => text.includes(`[${tag}]`))) element.replaceChildren(rendered(raw, links));
    }
    this.links.clear();
  }
}

function block(name: string): HTMLElement {
  return Object.assign(document.createElement("div"), { className: name });
}

/** How many characters at the front will stay as they are, whatever follows: all blocks but the last, all items but the last two. */
function finished(tokens: readonly Token[]): number {
  const last = tokens.findLastIndex((token) => token.type !== "space");
  const before = tokens.slice(0, Math.max(last, 0)).reduce((sum, token) => sum + token.raw.length, 0);
  const list = tokens[last];
  if (before > 0 || list?.type !== "list" || list.raw.length < WINDOW / 4) return before;
  return (list as Tokens.List).items.slice(0, -2).reduce((sum, item) => sum + item.raw.length, 0);
}

/** Make what is shown like what is wanted with the fewest changes: words are appended, so that what is selected stays selected. */
function settle(shown: Node, wanted: Node): void {
  let old = shown.firstChild;
  for (let fresh = wanted.firstChild; fresh; ) {
    const next: ChildNode | null = fresh.nextSibling;
    const after: ChildNode | null = old?.nextSibling ?? null;
    if (!old) shown.appendChild(fresh);
    else if (!alike(old, fresh)) shown.replaceChild(fresh, old);
    else if (old instanceof Text) say(old, (fresh as Text).data);
    else settle(old, fresh);
    old = after;
    fresh = next;
  }
  while (old) {
    const after: ChildNode | null = old.nextSibling;
    old.remove();
    old = after;
  }
}

function alike(one: Node, other: Node): boolean {
  if (one.nodeName !== other.nodeName) return false;
  if (!(one instanceof Element && other instanceof Element)) return true;
  const names = one.getAttributeNames();
  return names.length === other.getAttributeNames().length
    && names.every((name) => one.getAttribute(name) === other.getAttribute(name));
}

function say(text: Text, words: string): void {
  if (words.startsWith(text.data)) text.appendData(words.slice(text.data.length));
  else text.data = words;
}

interface Told {
  readonly text: ReadonlySignal<string>;
  readonly busy: ReadonlySignal<boolean>;
  /** Names the element around it that scrolls, and is kept at its end while the reader is there. */
  readonly follows?: string;
}

/** A text that may still be growing. */
export function Stream({ text, busy, follows = "" }: Told) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const flow = new Flow(box.current!, follows ? box.current!.closest<HTMLElement>(follows) : null);
    const stop = effect(() => {
      if (!busy.value || streaming.value === "live") flow.show(text.value, !busy.value);
    });
    return () => {
      stop();
      flow.end();
    };
  }, [text, busy, follows]);
  return <div ref={box} class="prose" aria-busy={busy.value} onClick={copyCode} />;
}
