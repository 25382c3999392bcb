/** Where the question is typed: it grows with its text, takes files that are dropped on it, and lets go at Escape. */

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { eager, prompt } from "../draft";
import { AddFiles, Attachments, attach } from "./attachments";
import { Wrong, tie } from "./field";
import "./composer.css";

const grows = CSS.supports("field-sizing", "content");

export function Composer({ error }: { error: string | undefined }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const over = useSignal(false);
  const refused = useSignal("");
  const wrong = error ?? (refused.value || undefined);
  useLayoutEffect(() => {
    if (!grows && area.current) fit(area.current);
  }, [prompt.value]);
  useEffect(() => {
    if (!eager.value) return;
    area.current?.focus();
    eager.value = false;
  }, [eager.value]);
  const drop = async (event: DragEvent) => {
    event.preventDefault();
    over.value = false;
    refused.value = await attach([...(event.dataTransfer?.files ?? [])]);
  };
  const lift = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    over.value = true;
  };
  return (
    <div
      class={`composer${over.value ? " over" : ""}`}
      onDragOver={lift} onDragLeave={() => (over.value = false)} onDrop={(event) => void drop(event)}
    >
      <label for="ask-prompt">Your question</label>
      <textarea
        {...tie("ask-prompt", true, wrong)} ref={area} rows={7} dir="auto" value={prompt.value}
        onInput={(event) => { prompt.value = event.currentTarget.value; refused.value = ""; }}
        onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
      />
      <Wrong id="ask-prompt" error={wrong} />
      <Attachments />
      <div class="row">
        <AddFiles onWrong={(words) => (refused.value = words)} />
        <span class="hint" id="ask-prompt-hint">
          {over.value ? "Let go to add the files." : `${/Mac|iP/.test(navigator.platform) ? "⌘" : "Ctrl"} + Enter sends`}
        </span>
      </div>
    </div>
  );
}

/** For browsers whose fields do not grow by themselves yet. */
function fit(area: HTMLTextAreaElement): void {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}
