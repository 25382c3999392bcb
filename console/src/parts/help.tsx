/** The shortcuts that work everywhere, and the list of those that work at the moment. */

import { signal } from "@preact/signals";
import { eager } from "../draft";
import { go } from "../router";
import { shortcuts } from "../session";
import { Dialog } from "./dialog";
import { shortcutsNow, useKeys, type Shortcut } from "./keys";
import "./help.css";

const TITLE = "Keyboard shortcuts";
const open = signal(false);

function compose(): void {
  eager.value = true;
  go("/");
}

function look(): void {
  go("/runs");
  requestAnimationFrame(() => document.getElementById("search")?.focus());
}

const EVERYWHERE: readonly Shortcut[] = [
  { key: "n", does: "Ask something new", run: compose },
  { key: "/", does: "Look through the history", run: look },
  { key: "?", does: "List the shortcuts", run: () => (open.value = true) },
];

const IN_FIELDS: readonly (readonly [keys: string, does: string])[] = [
  [`${/Mac|iP/.test(navigator.platform) ? "⌘" : "Ctrl"} + Enter`, "Send the question, or fuse the answers"],
  ["Esc", "Leave the field, close a list or a box, stop the run"],
];

/** A button for those who do not know the key yet, and the box it opens. */
export function Help() {
  useKeys(EVERYWHERE);
  return (
    <>
      <button type="button" class="quiet help" aria-label={TITLE} title={TITLE} onClick={() => (open.value = true)}>?</button>
      {open.value ? (
        <Dialog title={TITLE} onEnd={() => (open.value = false)}>
          {shortcuts.value === "off" ? <p class="soft">Single keys are switched off in the settings.</p> : null}
          <ShortcutList />
        </Dialog>
      ) : null}
    </>
  );
}

/** What each key does, here and now. The page's own keys win over those that work everywhere. */
export function ShortcutList() {
  const now = new Map(shortcutsNow.value.map((one) => [one.key, one.does]));
  return (
    <dl class="shortcuts">
      {[...now, ...IN_FIELDS].map(([key, does]) => (
        <div key={key}><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div>
      ))}
    </dl>
  );
}
