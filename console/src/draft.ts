/** The question that is being composed. This tab of the browser keeps it, so that a reload loses nothing. */

import { computed, effect, signal, type Signal } from "@preact/signals";
import type { Brought } from "./again";
import type { Preset, Wish } from "./api";
import { figureOf, NAMES, NONE, type Limit } from "./limits";
import { desk } from "./session";

export interface Attachment { readonly name: string; readonly text: string; readonly size: number }
export interface Lineup { readonly panel: readonly string[]; readonly analyst: string; readonly writer: string }

export const CUSTOM = "";
/** Where a run leaves its wish for the next one. */
const BROUGHT = "fuseline.draft";
/** Bytes that all files of a question may have together. */
export const ROOM = 1_000_000;

/** What this browser has no room to keep over a reload. */
export const unkept = signal<readonly string[]>([]);

function kept<T>(name: string, usual: T): Signal<T> {
  const found = signal<T>(stored(`fuseline.ask.${name}`, usual));
  effect(() => keep(name, JSON.stringify(found.value)));
  return found;
}

function stored<T>(name: string, usual: T): T {
  const text = sessionStorage.getItem(name);
  if (text === null) return usual;
  try {
    return JSON.parse(text) as T;
  } catch {
    return usual; // somebody else wrote there
  }
}

function keep(name: string, text: string): void {
  const others = unkept.peek().filter((one) => one !== name);
  try {
    sessionStorage.setItem(`fuseline.ask.${name}`, text);
    if (others.length < unkept.peek().length) unkept.value = others;
  } catch {
    sessionStorage.removeItem(`fuseline.ask.${name}`);
    unkept.value = [...others, name];
  }
}

export const prompt = kept("prompt", "");
export const files = kept<readonly Attachment[]>("files", []);
/** A preset's name, CUSTOM, or null where nobody has chosen yet. */
export const preset = kept<string | null>("preset", null);
const own = kept<Lineup>("lineup", { panel: [], analyst: "", writer: "" });
export const tools = kept("tools", true);
export const repair = kept("repair", false);
export const collections = kept<readonly string[]>("collections", []);
export const limits = kept<Readonly<Record<Limit, string>>>("limits", NONE);
export const system = kept("system", "");

/** The run whose conversation and settings go along, and what these are. */
export const like = kept<{ readonly run: string; readonly carried: readonly string[] } | null>("like", null);

/** Whether the composer shall take the focus as soon as it is there. */
export const eager = signal(false);

/** The preset that is chosen, or null where the panel is the reader's own. */
export const chosen = computed<Preset | null>(() => {
  const presets = desk.value?.presets ?? [];
  if (preset.value === CUSTOM) return null;
  return presets.find((one) => one.name === preset.value) ?? presets.find((one) => one.default) ?? presets[0] ?? null;
});

/** Who would sit, compare and write. */
export const lineup = computed<Lineup>(() => chosen.value ?? own.value);

/** Change the panel; from then on it is the reader's own and no preset's. */
export function seat(part: Partial<Lineup>): void {
  const { panel, analyst, writer } = lineup.value;
  own.value = { panel, analyst, writer, ...part };
  preset.value = CUSTOM;
}

/** Begin a panel of one's own with that of the preset, unless there was one before. */
export function customise(): void {
  if (own.value.panel.length === 0) seat({});
  else preset.value = CUSTOM;
}

/** The question with its files, each under its name in a fence that nothing in it can close. */
export const question = computed(() =>
  [prompt.value.trim(), ...files.value.map(fenced)].filter(Boolean).join("\n\n"));

function fenced({ name, text }: Attachment): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`{3,}/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${name.replace(/[`\r\n]/g, " ")}\n${text.trimEnd()}\n${fence}`;
}

/** What is wished for, as it stands. */
export const wish = computed<Wish>(() => ({
  prompt: question.value,
  ...(chosen.value ? { preset: chosen.value.name } : seats(own.value)),
  tools: tools.value ? "on" : "off",
  ...(collections.value.length ? { collections: [...collections.value] } : {}),
  ...figures(limits.value),
  ...(repair.value ? { repair: true } : {}),
  ...(system.value.trim() ? { system: system.value.trim() } : {}),
  ...(like.value ? { like: like.value.run } : {}),
}));

function seats({ panel, analyst, writer }: Lineup): Pick<Wish, "panel" | "analyst" | "writer"> {
  return { panel: [...panel], ...(analyst ? { analyst } : {}), ...(writer ? { writer } : {}) };
}

function figures(texts: Readonly<Record<Limit, string>>): Partial<Record<Limit, number>> {
  const found = NAMES.map((one) => [one, figureOf(one, texts[one])] as const);
  return Object.fromEntries(found.filter((one): one is [Limit, number] => one[1] !== null));
}

/** Begin with the question of another run and with who answered it, where one was brought along. */
export function takeUp(): void {
  const brought = stored<Brought | null>(BROUGHT, null);
  if (!brought) return;
  sessionStorage.removeItem(BROUGHT);
  prompt.value = brought.prompt;
  files.value = [];
  tools.value = brought.tools !== "off";
  repair.value = brought.repair ?? false;
  collections.value = brought.collections ?? [];
  system.value = brought.system ?? "";
  limits.value = { ...NONE, ...Object.fromEntries(NAMES.map((one) => [one, String(brought[one] ?? "")])) };
  like.value = brought.like ? { run: brought.like, carried: brought.carried } : null;
  seatAs(brought);
}

/** Seat whom a wish names: a preset, or its own where it names others. */
function seatAs({ preset: name = "", panel, analyst, writer }: Wish): void {
  const found = desk.peek()?.presets.find((one) => one.name === name);
  const usual = { panel: found?.panel ?? [], analyst: found?.analyst ?? "", writer: found?.writer ?? "" };
  const wished = { panel: panel ?? usual.panel, analyst: analyst || usual.analyst, writer: writer || usual.writer };
  if (found && JSON.stringify(wished) === JSON.stringify(usual)) preset.value = name;
  else if (wished.panel.length > 0) seat(wished);
}

/** The question was sent: the next one begins empty, with the same panel. */
export function sent(): void {
  prompt.value = "";
  like.value = null;
  files.value = [];
}
