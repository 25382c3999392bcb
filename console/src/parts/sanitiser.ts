/** The page's one way from text with tags to nodes: an allowlist of tags, attributes and addresses. */

import DOMPurify, { type Config } from "dompurify";

const LANGUAGE = /^language-[\w+#.-]{1,40}$/;

export interface Allowed { readonly ALLOWED_TAGS: string[]; readonly ALLOWED_ATTR: string[] }

const PROSE: Allowed = {
  ALLOWED_TAGS: [
    "p", "br", "hr", "h3", "h4", "h5", "h6", "strong", "em", "del", "code", "pre", "kbd", "sub", "sup", "blockquote",
    "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "a", "span", "div", "#text",
  ],
  ALLOWED_ATTR: ["href", "class", "start", "align", "data-math"],
};

const ALWAYS: Config = {
  ALLOWED_URI_REGEXP: /^https?:/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
};

DOMPurify.addHook("uponSanitizeAttribute", (element, attribute) => {
  if (attribute.attrName === "class") attribute.keepAttr = element.nodeName === "CODE" && LANGUAGE.test(attribute.attrValue);
});

DOMPurify.addHook("afterSanitizeAttributes", (element) => {
  if (element.nodeName !== "A") return;
  const address = element.getAttribute("href");
  if (!address) return;
  element.setAttribute("target", "_blank");
  element.setAttribute("rel", "noopener noreferrer nofollow");
  element.setAttribute("title", address);
});

/** Nodes that may stand on the page. Nodes, not text: no sink for HTML is ever written to. */
export function sanitised(html: string | Node, allowed: Allowed = PROSE): DocumentFragment {
  const notAddresses = allowed.ALLOWED_ATTR.filter((name) => name !== "href");
  return DOMPurify.sanitize(html, { ...allowed, ...ALWAYS, ADD_URI_SAFE_ATTR: notAddresses }) as unknown as DocumentFragment;
}
