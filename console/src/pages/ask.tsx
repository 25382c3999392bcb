/** Ask: the question, who shall answer it, what that would cost, and two ways to send it. It is shown once the desk is known. */

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";
import { takeUp } from "../draft";
import { Code } from "../parts/code";
import { Composer } from "../parts/composer";
import { EstimateLine } from "../parts/estimate";
import { Examples } from "../parts/examples";
import { useSendKey } from "../parts/keys";
import { Likeness } from "../parts/likeness";
import { Options } from "../parts/options";
import { Picker, Presets } from "../parts/picker";
import { Sending, type Errors, type Way } from "../sending";
import { begin, desk } from "../session";
import "./ask.css";

export function Ask() {
  const sending = useMemo(() => new Sending(), []);
  const coding = useSignal(false);
  const problem = desk.value?.problem ?? null;
  useLayoutEffect(takeUp, []);
  useEffect(() => sending.attend(), []);
  useSendKey(useMemo(() => () => void sending.send("answer"), []));
  const errors = sending.errors.value;
  return (
    <>
      <form class="ask" noValidate onSubmit={(event) => event.preventDefault()}>
        <h1>Ask several models</h1>
        {problem ? <Problem {...problem} /> : null}
        <fieldset class="ask-grid" {...(problem ? { "aria-describedby": "ask-problem" } : {})}>
          <legend class="unseen">Question and panel</legend>
          <div class="ask-question">
            <Composer error={errors.prompt} />
            <Likeness />
            <Ways
              sending={sending.busy.value} disabled={problem !== null}
              onSend={(way) => void sending.send(way)} onCode={() => (coding.value = true)}
            />
            {errors.form ? <p class="band bad" role="alert">{errors.form}</p> : null}
          </div>
          <Side errors={errors} />
          <Examples />
        </fieldset>
      </form>
      {coding.value ? <Code onEnd={() => (coding.value = false)} /> : null}
    </>
  );
}

interface Told {
  readonly sending: boolean;
  readonly disabled: boolean;
  readonly onSend: (way: Way) => void;
  readonly onCode: () => void;
}

function Ways({ sending, disabled, onSend, onCode }: Told) {
  return (
    <div class="send">
      <EstimateLine />
      <div class="row">
        <button type="button" class="main" disabled={disabled || sending} onClick={() => onSend("answer")}>{sending ? "Sending" : "Ask"}</button>
        <button type="button" disabled={disabled || sending} aria-describedby="compare-first" onClick={() => onSend("panel")}>
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
      <p>What you write here is kept meanwhile. <button type="button" class="small" onClick={() => void begin()}>Look again</button></p>
    </div>
  );
}
