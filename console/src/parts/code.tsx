/** The wish as code, to be copied: one language at a time. */

import { useSignal } from "@preact/signals";
import { like, question, wish } from "../draft";
import { LANGUAGES, sample, type Language } from "../samples";
import { session } from "../session";
import { announce } from "./announcer";
import { Dialog } from "./dialog";
import { Chips } from "./field";
import "./code.css";

const SHOWN = 20_000;

export function Code({ onEnd }: { onEnd: () => void }) {
  const language = useSignal<Language>("curl");
  const copied = useSignal("");
  const keyed = session.value?.auth === "key";
  const wished = { ...wish.value, prompt: question.value || "..." };
  const text = sample(language.value, wished, location.origin, keyed);
  const copy = async () => {
    copied.value = await navigator.clipboard.writeText(text).then(() => "Copied", () => "The browser did not let it be copied");
    announce(copied.value);
  };
  const choose = (one: Language) => {
    language.value = one;
    copied.value = "";
  };
  return (
    <Dialog title="The same request as code" onEnd={onEnd}>
      <div class="row code-head">
        <Chips
          legend="Language" name="language" value={language.value} onChoose={choose}
          options={LANGUAGES.map((one) => [one, one] as const)}
        />
        <span class="row"><span class="soft">{copied}</span><button type="button" onClick={() => void copy()}>Copy</button></span>
      </div>
      <pre class="code" tabIndex={0} role="region" aria-label={`The request in ${language.value}`}>
        {text.slice(0, SHOWN)}{text.length > SHOWN ? "\n…" : ""}
      </pre>
      <p class="hint">
        {text.length > SHOWN ? "Only its beginning is shown; what you copy is whole. " : ""}
        {like.value ? "What goes along from another run is not in it. " : ""}
        {keyed ? "FUSELINE_KEY is a key of this gateway. It is never shown here." : "This gateway asks for no key."}
      </p>
    </Dialog>
  );
}
