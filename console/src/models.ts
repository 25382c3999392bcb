/** The models of the desk, ready to be searched by their thousands, and their figures in words. */

import { computed } from "@preact/signals";
import type { Model } from "./api";
import { desk } from "./session";
import { short } from "./words";

export interface Entry { readonly model: Model; readonly hay: string; readonly name: string }

function entry(model: Model): Entry {
  const can = `${model.tools ? "tools" : ""} ${model.thinks ? "thinks" : ""}`;
  return { model, hay: `${model.slug} ${model.endpoint} ${can}`.toLowerCase(), name: short(model.slug).toLowerCase() };
}

/** Every model at every endpoint. */
export const entries = computed<readonly Entry[]>(() => (desk.value?.models ?? []).map(entry));

/** Every model once, however many endpoints have it. */
export const distinct = computed<readonly Entry[]>(() =>
  [...new Map(entries.value.toReversed().map((one) => [one.model.slug, one])).values()].toReversed());

export const bySlug = computed(() => new Map(distinct.value.map(({ model }) => [model.slug, model])));

/** Those that have every word of a text: first what is called so, then what begins so, then what has it, then the others. */
export function matching(all: readonly Entry[], text: string): readonly Model[] {
  const sought = text.trim().toLowerCase();
  if (!sought) return all.map((one) => one.model);
  const words = sought.split(/\s+/);
  const ranks: [Model[], Model[], Model[], Model[]] = [[], [], [], []];
  for (const one of all) {
    if (!words.every((word) => one.hay.includes(word))) continue;
    ranks[nearness(one, sought)].push(one.model);
  }
  return ranks.flat();
}

function nearness({ model, name, hay }: Entry, sought: string): 0 | 1 | 2 | 3 {
  if (name === sought || model.slug.toLowerCase() === sought) return 0;
  return name.startsWith(sought) ? 1 : hay.includes(sought) ? 2 : 3;
}

/** Tokens in short: 200k, 1M. */
export function tokens(number: number | null): string {
  if (number === null) return "–";
  if (number < 1000) return String(number);
  return number < 999_500 ? `${Math.round(number / 1000)}k` : `${Number((number / 1e6).toFixed(1))}M`;
}

// made once: a table of models asks for hundreds
const WHOLE = new Intl.NumberFormat("en");
const PARTS = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 4 });

/** Dollars for a million tokens. */
export function rate(dollars: string | null): string {
  if (dollars === null) return "–";
  const value = Number(dollars);
  if (value === 0) return "free";
  return `$${(Number.isInteger(value) ? WHOLE : PARTS).format(value)}`;
}

/** Both prices of a model, for what it reads and what it writes. */
export function prices({ price_in, price_out }: Model): string {
  if (price_in === null && price_out === null) return "price unknown";
  return Number(price_in) === 0 && Number(price_out) === 0 ? "free" : `${rate(price_in)} / ${rate(price_out)}`;
}

/** What a model can do beyond writing. */
export function abilities({ tools, thinks }: Model): string {
  return [tools && "tools", thinks && "thinks"].filter(Boolean).join(", ");
}
