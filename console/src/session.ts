/** What the whole page knows: who is signed in, what can be called, and what the reader prefers. */

import { effect, signal } from "@preact/signals";
import { api, type Desk, type Session } from "./api";

export const session = signal<Session | null>(null);
export const desk = signal<Desk | null>(null);
export const trouble = signal("");

/** Ask the server who we are and what there is to call. */
export async function begin(): Promise<void> {
  try {
    session.value = await api.session();
    if (session.value.signed_in) desk.value = await api.desk();
    trouble.value = "";
  } catch (error) {
    trouble.value = error instanceof Error ? error.message : String(error);
  }
}

export type Theme = "system" | "light" | "dark";
export type Layout = "columns" | "tabs" | "stack";

/** A preference that this browser keeps. */
function kept<T extends string>(name: string, usual: T) {
  const found = signal<T>((localStorage.getItem(`fuseline.${name}`) as T | null) ?? usual);
  effect(() => localStorage.setItem(`fuseline.${name}`, found.value));
  return found;
}

export const theme = kept<Theme>("theme", "system");
export const layout = kept<Layout>("layout", "columns");
export const shortcuts = kept<"on" | "off">("shortcuts", "on");
export const marks = kept<"on" | "off">("marks", "on");
export const streaming = kept<"live" | "whole">("streaming", "live");

effect(() => {
  if (theme.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
});
