/** What a model wrote, as a document: Markdown through marked, then through the one sanitiser of the page. */

import { Lexer, Marked, type Token, type TokensList, type TokenizerAndRendererExtension, type Tokens } from "marked";
import { useLayoutEffect, useRef } from "preact/hooks";
import { copied } from "./clipboard";
import { fill } from "./mathematics";
import { sanitised } from "./sanitiser";
import "./markdown.css";

/** Tags that a model may write itself, bare; every other tag is shown as the text that it is. */
const BARE = /^<\/?(?:br|sub|sup|kbd)\s*\/?>/i;
/** Characters that turn the direction of all that follows them: `moc.elpmaxe` could pose as an address. */
const OVERRIDES = /[\u202D\u202E]/g;

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

function formula(name: string, level: "block" | "inline", starts: RegExp, rule: RegExp, mode: "block" | "inline"): TokenizerAndRendererExtension {
  const tag = mode === "block" ? "div" : "span";
  return {
    name, level,
    start: (source) => starts.exec(source)?.index,
    tokenizer(source) {
      const found = rule.exec(source);
      return found ? { type: name, raw: found[0], text: found[1]!.trim() } : undefined;
    },
    renderer: (token) => `<${tag} data-math="${mode}">${escaped(String(token.text))}</${tag}>`,
  };
}

const marked = new Marked({
  gfm: true,
  extensions: [
    formula("displayed", "block", /^ {0,3}\$\$/m, /^ {0,3}\$\$([^$]+?)\$\$[ \t]*(?:\n|$)/, "block"),
    formula("bracketed", "block", /^ {0,3}\\\[/m, /^ {0,3}\\\[([\s\S]+?)\\\][ \t]*(?:\n|$)/, "block"),
    formula("displayed inline", "inline", /\$\$/, /^\$\$([^$\n]+?)\$\$/, "inline"),
    formula("parenthesised", "inline", /\\\(/, /^\\\(([^\n]+?)\\\)/, "inline"),
    formula("dollars", "inline", /\$/, /^\$(?![\s$])((?:\\.|[^\\$\n])*?[^\s\\$])\$(?![\d$])/, "inline"),
  ],
  tokenizer: {
    html: () => undefined,
    tag(source) {
      const found = BARE.exec(source)?.[0];
      return found ? { type: "html", raw: found, text: found, block: false, inLink: false, inRawBlock: false } : undefined;
    },
  },
  renderer: {
    heading({ tokens, depth }) {
      const level = Math.min(depth + 2, 6);
      return `<h${level}>${this.parser.parseInline(tokens)}</h${level}>`;
    },
    image({ href, text }) {
      const words = `[image: ${escaped(text || "no description")}]`;
      return `<a href="${escaped(href)}">${words}</a>`;
    },
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

/** The blocks of a text, without a look at what is in them. */
export function blocks(text: string): TokensList {
  const lexer = new Lexer(marked.defaults);
  lexer.blockTokens(text, lexer.tokens);
  return lexer.tokens;
}

export type { Token, Tokens };

/** A text as nodes that can go on the page as they are. `links` are definitions that stand elsewhere in it. */
export function rendered(text: string, links = ""): DocumentFragment {
  const safe = text.replace(OVERRIDES, "");
  const fragment = sanitised(marked.parse(links ? `${safe}\n\n${links}` : safe, { async: false }));
  dress(fragment);
  return fragment;
}

/** A text without any form, where it is too long to look for one. */
export function plain(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const block = document.createElement("p");
  block.className = "plain";
  block.append(text.replace(OVERRIDES, ""));
  fragment.append(block);
  return fragment;
}

/** What a page adds to a document: boxes in which wide things scroll, a button at each code block, formulas. */
function dress(fragment: DocumentFragment): void {
  for (const table of fragment.querySelectorAll("table")) enclose(table, "scroll", "Table");
  for (const code of fragment.querySelectorAll("pre")) enclose(code, "listing", "Code").append(copyButton());
  fill(fragment);
}

function enclose(element: HTMLElement, name: string, label: string): HTMLElement {
  const box = document.createElement("div");
  const scrolls = name === "listing" ? element : box;
  box.className = name;
  element.replaceWith(box);
  box.append(element);
  scrolls.tabIndex = 0;
  scrolls.setAttribute("role", "group");
  scrolls.setAttribute("aria-label", label);
  return box;
}

function copyButton(): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  return button;
}

/** A text that stands, all at once; what grows or is long belongs into a `Stream`. */
export function Markdown({ text }: { text: string }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => box.current?.replaceChildren(rendered(text)), [text]);
  return <div ref={box} class="prose" dir="auto" onClick={copyCode} />;
}

/** A press on the button of a code block. */
export function copyCode(event: MouseEvent): void {
  const button = (event.target as Element).closest<HTMLButtonElement>("button.copy");
  const code = button?.parentElement?.querySelector("pre")?.textContent;
  if (button && code != null) void copied(code, "the code");
}
