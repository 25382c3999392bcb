/** What is always in sight of a run: the question, how far it is, time and money, what clashes, and how to stop it. */

import { useSignal, useSignalEffect, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { RunView, Stage } from "../run";
import { has } from "../run";
import { count, money, seconds, short } from "../words";
import { announce } from "./announcer";
import { useBeat } from "./clock";
import { analysisMeaning, degradation, failing } from "./meanings";
import { namesOf } from "./sign";
import { Stages } from "./stages";
import "./status.css";

const STATES: Record<Stage, readonly [sign: string, word: string]> = {
  loading: ["○", "loading"], panel: ["●", "running"], analysis: ["●", "running"], writing: ["●", "running"],
  done: ["✓", "done"], failed: ["✕", "failed"], cancelled: ["■", "stopped"], missing: ["?", "not found"],
};

export function Status({ view, stop }: { view: RunView; stop: () => void }) {
  const open = useSignal(false);
  const [sign, word] = STATES[view.stage.value];
  const title = view.header.value?.title || view.prompt.value;
  return (
    <>
      <div class="status">
        <div class="asked">
          <h1 title={title} dir="auto">{title || (view.stage.value === "loading" ? "Loading" : "A run without its question")}</h1>
          <button type="button" class="quiet small" aria-expanded={open.value} aria-controls="question" disabled={!view.prompt.value} onClick={() => (open.value = !open.value)}>
            {open.value ? "Fold" : "Whole question"}
          </button>
        </div>
        <div class="told">
          <Stages view={view} />
          <p class="sums figure">
            <span class={`state ${view.stage.value}`}><span aria-hidden="true">{sign}</span> {word}</span>
            <Elapsed view={view} />
            <span title="Spent so far">{money(String(view.cost.value))}{view.run.value?.cost_known === false && <span class="soft"> at least</span>}</span>
            <Clashes view={view} />
          </p>
        </div>
        {view.running.value && <button type="button" class="stop" onClick={stop}>Stop</button>}
      </div>
      <Question view={view} open={open} />
    </>
  );
}

function Question({ view, open }: { view: RunView; open: Signal<boolean> }) {
  return <div id="question" class="question card" hidden={!open.value} tabIndex={0} role="group" aria-label="The whole question" dir="auto">{view.prompt.value}</div>;
}

function Elapsed({ view }: { view: RunView }) {
  useBeat(view.running.value);
  const { finished_at, created_at } = view.run.value ?? {};
  if (finished_at && created_at) return <span>{seconds(finished_at - created_at)}</span>;
  if (!view.running.value || !view.startedAt.value) return <span class="soft">–</span>;
  const whole = Math.max(0, Math.floor(view.now() - view.startedAt.value));
  return <span>{whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`}</span>;
}

function Clashes({ view }: { view: RunView }) {
  const analysis = view.analysis.value;
  if (!analysis) return null;
  const clashes = analysis.contradictions.length;
  const words = count(clashes, "contradiction");
  return <a class={clashes > 0 ? "clash" : "soft"} href="#agreement" aria-label={words}><span class="long">{words}</span><span class="brief" aria-hidden="true">≠ {clashes}</span></a>;
}

/** What is not as it should be, each with what it means. */
export function Bands({ view }: { view: RunView }) {
  const run = view.run.value;
  const failed = view.seats.value.filter((seat) => seat.state.value === "failed");
  const running = view.running.value;
  const names = namesOf(view.seats.value.map((seat) => seat.model));
  const heard = view.seats.value.filter(has).length;
  const word = run?.degraded ?? "";
  const told = (word === "no_analysis" && view.analysisFailure.value !== "") || (word === "degraded" && failed.length > 0);
  const degraded = told ? "" : degradation(word);
  const lines = [
    ...(failed.length > 0 && view.stage.value !== "cancelled"
      ? [`${heard} of ${view.seats.value.length} models ${running ? "have answered so far" : "answered"}. ${failed.map((seat) => `${names[seat.seat]}: ${why(seat.final.value)}`).join("; ")}.`]
      : []),
    ...(view.analysisFailure.value ? [`No comparison: ${analysisMeaning(view.analysisFailure.value)}.`] : []),
    ...(degraded ? [degraded] : []),
    ...(run?.warnings ?? []),
  ];
  return (
    <div class="bands">
      {!view.connected.value && <p class="band warn">The connection to the server is lost. The run goes on there; this page joins it again as soon as it can.</p>}
      {view.stage.value === "cancelled" && <p class="band warn"><strong>Stopped.</strong> {money(String(view.cost.value))} had been spent by then. What had been said stands below.</p>}
      {view.stage.value === "failed" && <Failure view={view} />}
      {unkept(view) && <p class="band aside">The texts of this run were not kept, as the server is set. Its figures were.</p>}
      {view.followed.value && lines.length === 0 && view.connected.value && !troubled(view) && <p class="band aside">{running ? atWork(view) : atRest(view)}</p>}
      {lines.length > 0 && <div class="band warn">{lines.length === 1 ? <p>{lines[0]}</p> : <ul>{lines.map((one) => <li key={one}>{one}</li>)}</ul>}</div>}
    </div>
  );
}

/** What is going on, in the place where trouble would stand: so that nothing moves when there is some. */
function atWork(view: RunView): string {
  if (view.stage.value === "writing") return `${short(view.writer.value) || "The writer"} is writing the answer.`;
  if (view.stage.value === "analysis") return `${short(view.analyst.value) || "The analyst"} is comparing the answers.`;
  const seats = view.seats.value.length;
  return seats === 0 ? "The run begins." : `${count(seats, "model")} ${seats === 1 ? "was" : "were"} asked, at the same time and without knowing of each other.`;
}

/** The same place for who has watched it to its end; short, and without names, so that it takes no line more. */
function atRest(view: RunView): string {
  const heard = view.seats.value.filter(has).length;
  if (heard === 0) return "The model answered by itself.";
  const fused = view.answer.value !== "" ? "fused" : "";
  const compared = view.analysis.value ? "compared" : "";
  const became = [compared, fused].filter(Boolean).join(" and ");
  return `${count(heard, "model")} answered${became ? `; what they said was ${became}` : ""}.`;
}

/** Whether another band stands in that place. */
function troubled(view: RunView): boolean {
  return view.stage.value === "cancelled" || view.stage.value === "failed" || unkept(view);
}

function why(seat: { readonly reason: string; readonly error: string } | null): string {
  return seat?.reason.replaceAll("_", " ") || seat?.error || "no reason given";
}

function Failure({ view }: { view: RunView }) {
  const someone = view.seats.value.some(has);
  return (
    <div class="band bad" role="alert">
      <p><strong>The run failed:</strong> {view.error.value || "nothing is known about the reason"}</p>
      {failing(view.kind.value) && <p>{failing(view.kind.value)}</p>}
      <p>
        {money(String(view.cost.value))} had been spent.{" "}
        {someone ? "The answers of the panel are there and can be fused again without paying for them." : "Look at the reasons below, then run it again or with another panel."}
      </p>
    </div>
  );
}

function unkept(view: RunView): boolean {
  return view.stage.value === "done" && !view.prompt.value && !view.answer.value && view.seats.value.every((seat) => !seat.content.value);
}

/** Tells those who hear the page what has happened since the last time, once for each thing. */
export function useTold(view: RunView): void {
  const known = useRef({ ended: 0, stage: "loading" as Stage, analysed: false });
  useSignalEffect(() => {
    if (!view.followed.value) return;
    const ended = view.seats.value.filter((seat) => seat.final.value);
    const analysed = view.analysis.value !== null;
    const stage = view.stage.value;
    const last = known.current;
    known.current = { ended: ended.length, stage, analysed };
    if (stage !== last.stage && view.over.value) announce(ENDS[stage] ?? "");
    else if (analysed && !last.analysed) announce(`Analysis: ${count(view.analysis.value!.contradictions.length, "contradiction")}.`);
    else if (ended.length > last.ended) announce(`${latest(view)}, ${ended.length} of ${view.seats.value.length}.`);
  });
}

const ENDS: Partial<Record<Stage, string>> = { done: "The answer is ready.", failed: "The run failed.", cancelled: "The run was stopped." };

function latest(view: RunView): string {
  const names = namesOf(view.seats.value.map((seat) => seat.model));
  const seat = view.seats.value.filter((one) => one.final.value).toSorted((one, other) => other.endedAt.value - one.endedAt.value)[0];
  return seat ? `${names[seat.seat]} ${seat.state.value === "failed" ? "failed" : "is done"}` : "";
}

/** The name of the page in the browser's tab. */
export function useTitle(view: RunView): void {
  const title = view.header.value?.title || view.prompt.value;
  useEffect(() => {
    const before = document.title;
    if (title) document.title = `${title.slice(0, 60)} · Fuseline`;
    return () => { document.title = before; };
  }, [title]);
}
