/** The points of an analysis as rows: what kind each is, how every seat stands to it, and where it is said. */

import type { Analysis, Claim, Contradiction, SeatState } from "../api";
import { likest, placeOf, type Place } from "./whereabouts";
import type { Highlighted } from "./highlight";

export type Kind = "consensus" | "contradiction" | "partial" | "unique" | "blind";
export type Filter = "all" | "agreed" | "contested" | "some" | "alone" | "blind";

export const KINDS: Record<Kind, { readonly sign: string; readonly name: string }> = {
  consensus: { sign: "●", name: "agreed" },
  contradiction: { sign: "≠", name: "contested" },
  partial: { sign: "◐", name: "some say it" },
  unique: { sign: "★", name: "only one" },
  blind: { sign: "∅", name: "nobody covers it" },
};
export const SHOWN: Record<Filter, { readonly name: string; readonly kinds: readonly Kind[] }> = {
  all: { name: "All", kinds: ["consensus", "contradiction", "partial", "unique", "blind"] },
  agreed: { name: "Agreed", kinds: ["consensus"] },
  contested: { name: "Contested", kinds: ["contradiction"] },
  some: { name: "Some", kinds: ["partial"] },
  alone: { name: "Only one", kinds: ["unique"] },
  blind: { name: "Blind", kinds: ["blind"] },
};

export interface Stand {
  readonly sign: string;
  readonly words: string;
  readonly tone: "says" | "alone" | "side" | "silent" | "gone";
}

export interface Point {
  readonly id: string;
  readonly kind: Kind;
  readonly text: string;
  readonly claim: Claim | null;
  readonly contradiction: Contradiction | null;
}

/** A seat as far as the matrix needs it. */
export interface Voice { readonly seat: number; readonly name: string; readonly sign: string; readonly state: SeatState; readonly text: string }

/** All points of an analysis: what most agree on first, then what is contested. */
export function pointsOf({ claims, contradictions, blind_spots }: Analysis): Point[] {
  const of = (kind: Claim["kind"]) => claims.filter((claim) => claim.kind === kind).map((claim): Point => (
    { id: claim.id, kind, text: claim.text, claim, contradiction: null }
  ));
  const contested = contradictions.map((contradiction): Point => (
    { id: contradiction.id, kind: "contradiction", text: contradiction.topic, claim: null, contradiction }
  ));
  const blind = blind_spots.map((text, at): Point => ({ id: `blind-${at}`, kind: "blind", text, claim: null, contradiction: null }));
  return [...of("consensus"), ...contested, ...of("partial"), ...of("unique"), ...blind];
}

/** How a seat stands to a point. */
export function standOf(point: Point, { seat, state }: Voice): Stand {
  if (state === "failed") return { sign: "–", words: "did not answer", tone: "gone" };
  if (point.contradiction) return sideOf(point.contradiction, seat);
  if (!point.claim?.seats.includes(seat)) return { sign: "○", words: "does not say it", tone: "silent" };
  if (point.kind === "unique") return { sign: "★", words: "alone says it", tone: "alone" };
  return { sign: "●", words: "says it", tone: "says" };
}

/** The sides of a contradiction, each once, with the seats on it. */
export function sidesOf({ stances }: Contradiction): { letter: string; text: string; seats: number[]; evidence: string[] }[] {
  const texts = [...new Set(stances.map((one) => one.text))];
  return texts.map((text, at) => {
    const said = stances.filter((one) => one.text === text);
    const evidence = [...new Set(said.map((one) => one.evidence).filter(Boolean))];
    return { letter: String.fromCharCode(65 + at), text, seats: said.map((one) => one.seat), evidence };
  });
}

function sideOf(contradiction: Contradiction, seat: number): Stand {
  const side = sidesOf(contradiction).find((one) => one.seats.includes(seat));
  if (!side) return { sign: "○", words: "takes no side", tone: "silent" };
  const better = contradiction.better_supported !== null && side.seats.includes(contradiction.better_supported);
  const words = `side ${side.letter}${better ? ", better supported" : ""}: ${side.text}`;
  return { sign: better ? `${side.letter}✓` : side.letter, words, tone: "side" };
}

/** Where a point is said, in the seats that say it and in the answer. */
export function whereabouts(point: Point, voices: readonly Voice[], answer: string, seek: number | null): Highlighted {
  const seats = new Map<number, readonly Place[]>();
  for (const voice of voices) {
    const found = sayings(point, voice.seat).map(([quote, text]) => placeOf(voice.text, quote, text));
    const places = found.filter((one) => one !== null);
    if (places.length > 0) seats.set(voice.seat, places);
  }
  return { id: point.id, seats, answer: inAnswer(point, answer), seek };
}

/** What a seat says of a point: a quotation, where there is one, and the claim. */
function sayings({ claim, contradiction }: Point, seat: number): [quote: string, text: string][] {
  if (claim) return claim.seats.includes(seat) ? [[claim.quote, claim.text]] : [];
  return (contradiction?.stances ?? []).filter((one) => one.seat === seat).map((one) => [one.evidence, one.text]);
}

function inAnswer({ claim, contradiction }: Point, answer: string): Place[] {
  if (claim) return [placeOf(answer, claim.quote, claim.text)].filter((one) => one !== null);
  if (!contradiction) return [];
  const found = contradiction.stances.map((one) => placeOf(answer, one.evidence, one.text)).filter((one) => one !== null);
  const places = found.filter((one, at) => found.findIndex((other) => other.start === one.start) === at);
  const topic = places.length === 0 ? likest(answer, contradiction.topic) : null;
  return topic ? [topic] : places;
}
