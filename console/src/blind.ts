/** What a blind comparison needs: two answers in an order that nobody chose, told in one style. */

import type { Run, Side } from "./api";
import { pageOf } from "./parts/citations";
import { namesOf } from "./parts/sign";
import { short } from "./words";

export interface Pair { readonly left: Side; readonly right: Side }

/** The answers of a run that can be judged: the fused one first, then each seat that answered. */
export function sidesOf(run: Run): Side[] {
  const seats = run.seats.filter((one) => one.state !== "failed" && one.content.trim() !== "");
  const fused: Side[] = run.answer.trim() ? [{ run: run.id, seat: null }] : [];
  return [...fused, ...seats.map((one) => ({ run: run.id, seat: one.seat }))];
}

/** The fused answer and that of a seat, or two seats' where nothing was fused, at random; `null` where there are not two. */
export function drawn(run: Run, chance: () => number = Math.random): Pair | null {
  const [first, ...others] = sidesOf(run);
  const fused = first?.seat === null;
  const one = fused ? first : taken([first!, ...others], chance);
  const rest = fused ? others : others.concat(first ?? []).filter((side) => side.seat !== one?.seat);
  const other = taken(rest, chance);
  return one && other ? mixed(one, other, chance) : null;
}

/** Two sides in an order by chance. */
export function mixed(one: Side, other: Side, chance: () => number = Math.random): Pair {
  return chance() < 0.5 ? { left: one, right: other } : { left: other, right: one };
}

const taken = <T>(from: readonly T[], chance: () => number): T | undefined => from[Math.floor(chance() * from.length)];

export function textOf(run: Run, { seat }: Side): string {
  return seat === null ? run.answer : (run.seats[seat]?.content ?? "");
}

export function nameOf(run: Run, { seat }: Side): string {
  if (seat !== null) return namesOf(run.seats.map((one) => one.model))[seat] ?? `seat ${seat + 1}`;
  return run.writer ? `the fused answer, written by ${short(run.writer)}` : "the fused answer";
}

export interface Neutral { readonly text: string; readonly pages: readonly string[] }

const LINK = String.raw`\[(?:[^\[\]\n]|\[[^\[\]\n]*\])*\]\(<?https?:[^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+"[^"\n]*")?\)`;
const STYLE = new RegExp(
  [
    "(?<code>```[\\s\\S]*?(?:```|$)|`[^`\\n]*`)",
    String.raw`(?<definition>^[ \t]*\[[^\]\n]+\]:[ \t]*<?https?:\S+.*$)`,
    String.raw`(?<group>[ \t]*\(\s*${LINK}(?:[,;\s]+${LINK})*\s*\))`,
    `(?<link>!?${LINK})`,
    String.raw`(?<bare><?https?://[^\s<>()\[\]]+[^\s<>()\[\].,;:!?'"]>?)`,
  ].join("|"),
  "gmu",
);

/** An answer whose citations all look the same: a number for each page, whatever the writer made of it. */
export function neutral(markdown: string): Neutral {
  const pages: string[] = [];
  const number = (address: string) => {
    const known = pages.findIndex((one) => pageOf(one) === pageOf(address));
    return `<sup>${known >= 0 ? known + 1 : pages.push(address)}</sup>`;
  };
  const numbers = (piece: string) => addressesIn(piece).map(number).join("<sup>,</sup>");
  const text = markdown.replace(STYLE, (piece: string, ...found: unknown[]) => {
    const { code, definition, group, link } = found.at(-1) as Record<string, string | undefined>;
    if (code !== undefined) return piece;
    if (definition !== undefined) return "";
    if (group !== undefined) return numbers(piece);
    return (link === undefined ? hostWithin(markdown, piece, found) : wordsOfLink(link)) + numbers(piece);
  });
  return { text, pages };
}

/** The host of a bare address that is a word of its sentence; nothing where the address stands behind what it is cited for. */
function hostWithin(markdown: string, address: string, found: readonly unknown[]): string {
  const at = found.findLast((one) => typeof one === "number")!;
  return /^\s+\p{Ll}/u.test(markdown.slice(at + address.length)) ? pageOf(closed(address.replace(/[<>]/gu, ""))).split("/")[0]! : "";
}

const addressesIn = (piece: string) => Array.from(piece.matchAll(/https?:[^\s<>]+/gu), ([found]) => closed(found));

/** An address without the bracket that ends the link around it. */
function closed(address: string): string {
  const ends = address.replace(/[,;]+$/u, "").replace(/\)+$/u, (brackets) => ")".repeat(Math.min(brackets.length, count(address, "("))));
  return ends;
}

const count = (text: string, sign: string) => text.split(sign).length - 1;

/** What a link says, where that is more than a number or the address itself. */
function wordsOfLink(link: string): string {
  const words = /^!?\[([\s\S]*)\]\(/u.exec(link)?.[1] ?? "";
  return /^\[?\d+\]?$|^https?:|^[\w-]+(?:\.[\w-]+)+$/u.test(words.trim()) ? "" : words;
}
