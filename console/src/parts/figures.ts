/** What a speaker of a run took: seconds, tokens and money, summed over its calls. */

import type { Call } from "../api";
import type { LiveSeat, RunView } from "../run";
import { count, money } from "../words";

export type Role = Call["role"];

/** Who speaks, as one row of every chart: a seat of the panel, or one of the others. */
export interface Voice { readonly key: string; readonly role: Role; readonly seat: number | null; readonly name: string; readonly calls: readonly Call[] }

const ORDER: readonly Role[] = ["outer", "panel", "analyst", "writer"];
const NAMES: Record<Role, string> = { outer: "Outer model", panel: "Panel", analyst: "Analyst", writer: "Writer" };

/** The calls of a run by who made them, in the order in which they come. */
export function voices(calls: readonly Call[]): Voice[] {
  const found = new Map<string, Call[]>();
  for (const call of calls) {
    const key = `${call.role} ${call.seat ?? ""} ${call.model}`;
    found.set(key, [...(found.get(key) ?? []), call]);
  }
  return [...found].map(([key, made]) => ({ key, role: made[0]!.role, seat: made[0]!.seat, name: made[0]!.model, calls: made }))
    .sort((one, other) => ORDER.indexOf(one.role) - ORDER.indexOf(other.role) || (one.seat ?? 0) - (other.seat ?? 0));
}

export function roleName(role: Role): string {
  return NAMES[role];
}

/** The money of some calls in words; "at least" where one of them did not say. */
export function price(calls: readonly Call[]): string {
  if (calls.length === 0) return "–";
  const known = calls.filter((call) => call.cost !== null);
  if (known.length === 0) return "cost unknown";
  const sum = money(String(known.reduce((total, call) => total + Number(call.cost), 0)));
  return known.length < calls.length ? `at least ${sum}` : sum;
}

export function callsOf(view: RunView, seat: LiveSeat): Call[] {
  return view.calls.value.filter((call) => call.role === "panel" && call.seat === seat.seat);
}

/** Seconds that a seat took so far; `null` where that is not known. */
export function taken(view: RunView, seat: LiveSeat, calls: readonly Call[]): number | null {
  const ends = calls.map((call) => call.started_at + (call.duration_s ?? 0));
  const began = seat.joinedAt.value || Math.min(...calls.map((call) => call.started_at));
  const ended = seat.endedAt.value || (seat.final.value ? Math.max(...ends) : view.now());
  return Number.isFinite(began) && Number.isFinite(ended) ? Math.max(0, ended - began) : null;
}

/** Tokens that were written; about how many, from the length of the text, while nobody has counted them. */
export function written(seat: LiveSeat, calls: readonly Call[]): string {
  const told = calls.reduce((sum, call) => sum + (call.tokens_out ?? 0), 0);
  if (told > 0 && seat.final.value) return count(told, "token");
  const guess = Math.round((seat.content.peek().length + seat.reasoning.peek().length) / 4);
  return guess > 0 ? `~${count(guess, "token")}` : "";
}
