/** A box over the page: Escape or its button closes it, and the focus goes back to where it was. */

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import "./dialog.css";

interface Told { readonly title: string; readonly onEnd: () => void; readonly children: ComponentChildren }

export function Dialog({ title, onEnd, children }: Told) {
  const box = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => { // before the next key is heard
    const shown = box.current;
    const before = document.activeElement;
    shown?.showModal();
    return () => {
      shown?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={box} class="box" aria-labelledby={heading} onClose={onEnd}>
      <div class="box-head">
        <h2 id={heading}>{title}</h2>
        <button type="button" class="quiet" onClick={() => box.current?.close()}>Close</button>
      </div>
      {children}
    </dialog>
  );
}
