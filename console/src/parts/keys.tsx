/** Shortcuts: a table of single keys, heard outside of fields and switched off where the reader wants that; and the key that sends. */

import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { shortcuts } from "../session";

export interface Shortcut {
  readonly key: string;
  readonly does: string;
  readonly run: () => void;
  readonly leaves?: string;
  /** A selector of what keeps this key for itself while it has the focus. */
}

const active = signal<readonly Shortcut[]>([]);

/** Have these keys work while the component that calls this is on the page. */
export function useKeys(keys: readonly Shortcut[]): void {
  useLayoutEffect(() => { // before the next paint: whoever sees the component may press them
    active.value = [...active.value, ...keys];
    return () => { active.value = active.value.filter((one) => !keys.includes(one)); };
  }, [keys]);
}

/** Have Ctrl or Cmd with Enter send what is on the page, wherever on it the focus is. */
export function useSendKey(send: () => void): void {
  useLayoutEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing || event.repeat) return;
      if (document.querySelector("dialog:modal")) return;
      event.preventDefault();
      send();
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, [send]);
}

export function Keys() {
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (event.key.length === 1 && shortcuts.value === "off") return; // Escape and the arrows are no characters
      const target = event.target as HTMLElement | null;
      if (target?.closest("input, textarea, select, [contenteditable=true]")) return;
      if (document.querySelector("dialog:modal")) return; // what lies behind an open box is not to be moved
      const found = active.value.findLast((one) => one.key === event.key);
      if (!found || (found.leaves && target?.closest(found.leaves))) return;
      event.preventDefault();
      found.run();
    };
    document.addEventListener("keydown", hear);
    return () => document.removeEventListener("keydown", hear);
  }, []);
  return null;
}

/** All shortcuts that work at the moment, for the help. */
export const shortcutsNow = active;
