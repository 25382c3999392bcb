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
      <div ref={list} id={id} class="menu" popover="auto" onClick={() => list.current?.hidePopover()}>{children}</div>
    </>
  );
}
