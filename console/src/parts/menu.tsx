/** A button that opens a short list of things to do, closed by Escape, by a press elsewhere, and by a choice. */

import type { ComponentChildren } from "preact";
import { useId, useRef } from "preact/hooks";
import "./menu.css";

interface Told {
  readonly label: ComponentChildren;
  readonly name?: string;
  readonly quiet?: boolean;
  readonly disabled?: boolean;
  readonly children: ComponentChildren;
}

/** `name` says what the button is for where its label is only a sign. */
export function Menu({ label, name, quiet = false, disabled = false, children }: Told) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  return (
    <>
      <button type="button" class={quiet ? "quiet" : ""} popovertarget={id} disabled={disabled} {...(name ? { "aria-label": name } : {})}>
        {label}
      </button>
      <div ref={list} id={id} class="menu" popover="auto" onToggle={(event) => event.newState === "open" && first(list.current)?.focus()} onClick={() => list.current?.hidePopover()}>
        {children}
      </div>
    </>
  );
}

/** What the focus goes to, since the list may stand far from its button in the order of the page. */
function first(list: HTMLElement | null): HTMLElement | null | undefined {
  return list?.querySelector<HTMLElement>("a, button:not(:disabled)");
}
