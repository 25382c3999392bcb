/** Ask: the question, who shall answer it, what that would cost, and two ways to send it. */

import { effect, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api, Refused } from "../api";
import { lineup, maxCost, sent, wish } from "../draft";
import { announce } from "../parts/announcer";
import { Code } from "../parts/code";
import { Composer } from "../parts/composer";
import { EstimateLine } from "../parts/estimate";
import { Examples } from "../parts/examples";
import { Options, type Place as OptionPlace } from "../parts/options";
import { Picker, Presets, type Place as PickerPlace } from "../parts/picker";
import { go } from "../router";
import { begin, desk } from "../session";
import "./ask.css";

type Place = "prompt" | "form" | PickerPlace | OptionPlace;
type Errors = Partial<Record<Place, string>>;

export function Ask() {
  const errors = useSignal<Errors>({});
  const sending = useSignal(false);
  const coding = useSignal(false);
  const problem = desk.value?.problem ?? null;
  const disabled = problem !== null;
  useEffect(() => effect(() => {
    void [wish.value, maxCost.value]; // whatever was wrong with them may be right now
    errors.value = {};
  }), []);
  const send = async (panelOnly: boolean) => {
    if (disabled || sending.value) return;
    errors.value = missing();
    if (Object.keys(errors.value).length === 0) {
      sending.value = true;
      errors.value = await submit(panelOnly);
      sending.value = false;
    }
    focusFirst(errors.value);
  };
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    void send(false);
  };
  return (
    <>
      <form class="ask" aria-busy={desk.value === null} noValidate onKeyDown={press} onSubmit={(event) => event.preventDefault()}>
        <h1>Ask several models</h1>
        {problem ? <Problem {...problem} /> : null}
        <fieldset disabled={disabled} class="ask-grid" {...(problem ? { "aria-describedby": "ask-problem" } : {})}>
          <legend class="unseen">Question and panel</legend>
          <div class="ask-question">
            <Composer error={errors.value.prompt} disabled={disabled} />
            <Sending sending={sending.value} onSend={(panelOnly) => void send(panelOnly)} onCode={() => (coding.value = true)} />
            {errors.value.form ? <p class="band bad" role="alert">{errors.value.form}</p> : null}
          </div>
          <Side errors={errors.value} />
          <Examples disabled={disabled} />
        </fieldset>
      </form>
      {coding.value ? <Code onEnd={() => (coding.value = false)} /> : null}
    </>
  );
}

interface Sent { readonly sending: boolean; readonly onSend: (panelOnly: boolean) => void; readonly onCode: () => void }

function Sending({ sending, onSend, onCode }: Sent) {
  return (
    <div class="send">
      <EstimateLine />
      <div class="row">
        <button type="button" class="main" disabled={sending} onClick={() => onSend(false)}>{sending ? "Sending" : "Ask"}</button>
        <button type="button" disabled={sending} aria-describedby="compare-first" onClick={() => onSend(true)}>
          Compare first
        </button>
        <button type="button" class="quiet" onClick={onCode}>Show as code</button>
      </div>
      <p class="hint" id="compare-first">
        Compare first stops once the panel was heard: read the answers, edit or drop some, then have them fused.
      </p>
    </div>
  );
}

function Side({ errors }: { errors: Errors }) {
  return (
    <div class="ask-side">
      <section class="card" aria-labelledby="ask-who">
        <h2 id="ask-who">Panel</h2>
        <Presets />
        <Picker errors={errors} />
      </section>
      <section class="card" aria-labelledby="ask-how">
        <h2 id="ask-how">How</h2>
        <Options errors={errors} />
      </section>
    </div>
  );
}

function Problem({ message, next }: { message: string; next: string }) {
  return (
    <div class="band warn" id="ask-problem" role="alert">
      <p>{message}</p>
      <p>{next} <a data-in href="/settings">Where keys are set</a></p>
    </div>
  );
}

/** What the page can see is wrong before the server is asked. */
function missing(): Errors {
  if (!desk.value) return { form: "The models are still being listed." };
  return {
    ...(wish.value.prompt === "" ? { prompt: "There is no question yet." } : {}),
    ...(lineup.value.panel.length === 0 ? { panel: "A panel needs at least one model." } : {}),
    ...(maxCost.value.trim() && !(Number(maxCost.value) > 0) ? { max_cost: "Give dollars above zero, such as 0.50." } : {}),
  };
}

async function submit(panelOnly: boolean): Promise<Errors> {
  try {
    const { id } = await api.ask({ ...wish.value, ...(panelOnly ? { stop_after_panel: true } : {}) });
    sent();
    announce("The question is sent");
    go(`/runs/${encodeURIComponent(id)}`);
    return {};
  } catch (error) {
    if (error instanceof Refused && error.status === 401) void begin(); // the session has ended: sign in again
    return refused(error);
  }
}

/** The words of a refusal at the field it names; the path may be that of the wish or of the plugin it becomes. */
function refused(error: unknown): Errors {
  const words = error instanceof Error ? error.message : String(error);
  const param = error instanceof Refused ? error.param : "";
  const place = PLACES.find(([pattern]) => pattern.test(param))?.[1] ?? "form";
  return { [place]: words };
}

const PLACES: readonly (readonly [pattern: RegExp, place: Place])[] = [
  [/panel|analysis_models|preset/, "panel"],
  [/analyst|(^|\.)model$/, "analyst"],
  [/writer/, "writer"],
  [/max_cost/, "max_cost"],
  [/collections/, "collections"],
  [/tools/, "tools"],
  [/system|instructions/, "system"],
  [/prompt|messages|input/, "prompt"],
];

function focusFirst(errors: Errors): void {
  const place = Object.keys(errors)[0];
  if (place) requestAnimationFrame(() => document.getElementById(`ask-${place}`)?.focus());
}
