/** A question before something that cannot be taken back. */

import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import "./confirm.css";

interface Told {
  readonly title: string;
  readonly does: string;
  readonly onYes: () => void;
  readonly onEnd: () => void;
  readonly children: ComponentChildren;
}

/** Asks as soon as it is on the page; `onEnd` follows either answer, and takes it off again. */
export function Confirm({ title, does, onYes, onEnd, children }: Told) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => { // before the next key is heard
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  const yes = () => {
    dialog.current?.close();
    onYes();
  };
  return (
    <dialog ref={dialog} class="confirm" aria-labelledby={heading} onClose={onEnd}>
      <h2 id={heading}>{title}</h2>
      {children}
      <div class="row">
        <button type="button" onClick={() => dialog.current?.close()}>Not now</button>
        <button type="button" class="fatal" onClick={yes}>{does}</button>
      </div>
    </dialog>
  );
}
