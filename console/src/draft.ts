/** The question that is being composed. This tab of the browser keeps it, so that a reload loses nothing. */

import { computed, effect, signal, type Signal } from "@preact/signals";
import type { Preset, Wish } from "./api";
import { desk } from "./session";

export interface Attachment { readonly name: string; readonly text: string; readonly size: number }
export interface Lineup { readonly panel: readonly string[]; readonly analyst: string; readonly writer: string }

export const CUSTOM = "";
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
export const maxCost = kept("max-cost", "");
export const system = kept("system", "");

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
  ...(Number(maxCost.value) > 0 ? { max_cost: Number(maxCost.value) } : {}),
  ...(repair.value ? { repair: true } : {}),
  ...(system.value.trim() ? { system: system.value.trim() } : {}),
}));

function seats({ panel, analyst, writer }: Lineup): Pick<Wish, "panel" | "analyst" | "writer"> {
  return { panel: [...panel], ...(analyst ? { analyst } : {}), ...(writer ? { writer } : {}) };
}

/** The question was sent: the next one begins empty, with the same panel. */
export function sent(): void {
  prompt.value = "";
  files.value = [];
}
